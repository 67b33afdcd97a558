use crate::inventory::parse;

const EXAMPLE: &str = include_str!("../../../etc/inventory.toml.example");

/// The example with one text in the place of another, and every mistake that is found in it.
fn mistakes(from: &str, to: &str) -> Vec<String> {
    assert!(EXAMPLE.contains(from), "{from}");
    let errors = parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err();
    errors.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_shipped_example_has_no_mistake() {
    let inventory = parse(EXAMPLE).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((inventory.pops.len(), inventory.partners.len()), (1, 1));
    assert_eq!((inventory.connections.len(), inventory.vpcs.len()), (1, 1));
    assert_eq!(inventory.default_project.0, inventory.organization.0);
}

#[test]
fn each_mistake_is_told_with_its_place_and_what_was_expected() {
    for (from, to, expected) in [
        ("name = \"DC5\"", "nme = \"DC5\"", "did you mean `name`?"),
        ("region = \"fr-par\"", "region = \"Paris\"", "found \"Paris\""),
        (
            "pops = [\"DC5\"]",
            "pops = [\"DC6\"]",
            "there is no PoP \"DC6\": the PoPs are \"DC5\"",
        ),
        ("pop = \"DC5\"", "pop = \"DC6\"", "there is no PoP \"DC6\""),
        ("asn = 39801", "asn = 65535", "an AS number is from 1 to 65534"),
        (
            "start = 2000",
            "start = 1499",
            "the provider's VLAN ids are from 1500 to 3899",
        ),
        ("start = 2000", "start = 2100", "`start` is behind `end`"),
        ("\"fd00:10::/64\"", "\"fd00:10::1/64\"", "has host bits set"),
        ("\"169.254.0.0/16\"", "\"169.254.0.0/32\"", "there is no /31 in it"),
        (
            "bandwidth_mbps = 10000",
            "bandwidth_mbps = 4000",
            "no link on it carries more",
        ),
        ("3dac4d6c-b3d7-4e4e-d2e6-9fb0ac4d8e04", "prod", "this is no UUID"),
        (
            "3dac4d6c-b3d7-4e4e-d2e6-9fb0ac4d8e04",
            "0a8c1f37-64c1-4f0b-8a39-3f0f3c1d5e01",
            "another object has this id",
        ),
    ] {
        let found = mistakes(from, to);
        assert!(found.iter().any(|line| line.contains(expected)), "{to}: {found:?}");
        let place = found[0]
            .split(':')
            .take(2)
            .map(str::parse::<usize>)
            .collect::<Result<Vec<_>, _>>();
        assert!(place.is_ok_and(|place| place.len() == 2), "{found:?}");
    }
}

#[test]
fn a_mistake_is_where_it_is_written() {
    let line = EXAMPLE.lines().position(|line| line == "asn = 39801").unwrap() + 1;
    let found = mistakes("asn = 39801", "asn = 0");
    assert!(
        found[0].starts_with(&format!("{line}:7: partner \"FranceIX\": asn: ")),
        "{found:?}"
    );
}

//! Files with mistakes: `check` and `run` say the same of them, and change nothing.

use std::fs;
use std::process::Command;

use interlink_tests::lab::Lab;

use crate::kernel::assert_untouched;
use crate::support::{CONFIG, Said, ask, copy_for_anybody, fails, path, second_link, succeeds, to_its_end, with};

#[test]
fn a_file_that_isnt_there_is_named() {
    let lab = Lab::new();
    let words = format!(
        "can't read {}: No such file or directory (os error 2)",
        path(&lab.config())
    );
    refused(&lab, &words);
}

#[test]
fn a_file_that_cant_be_read_is_named() {
    let lab = Lab::new();
    fs::create_dir(lab.config()).unwrap();
    let words = format!("can't read {}: Is a directory (os error 21)", path(&lab.config()));
    refused(&lab, &words);
}

#[test]
fn a_file_that_isnt_toml_is_told_where() {
    mistaken(
        &with(CONFIG, "table = 100", "table == 100"),
        &[
            "6:8: extra `=`, expected nothing",
            "6:10: unexpected key or value, expected newline, `#`",
        ],
    );
}

#[test]
fn an_unknown_key_is_told_with_the_one_that_was_meant() {
    mistaken(
        &with(CONFIG, "vpc = \"prod\"", "vpcs = \"prod\""),
        &["23:1: link \"paris\": there is no key `vpcs`: did you mean `vpc`?"],
    );
}

#[test]
fn host_bits_are_told_with_the_network() {
    mistaken(
        &with(CONFIG, "10.20.0.0/16", "10.20.0.1/16"),
        &[
            "10:22: routing_policy \"prod-v4\": prefix_filter_in: 10.20.0.1/16 has host bits set: the network is \
             10.20.0.0/16",
        ],
    );
}

#[test]
fn a_prefix_of_the_other_family_is_told_with_what_decides_it() {
    mistaken(
        &with(CONFIG, "10.20.0.0/16", "2001:db8::/32"),
        &[
            "10:22: routing_policy \"prod-v4\": prefix_filter_in: 2001:db8::/32 is IPv6, not IPv4: a policy holds \
             prefixes of one family, which `is_ipv6` says",
        ],
    );
}

#[test]
fn a_policy_of_the_other_family_is_no_policy_for_the_link() {
    mistaken(
        &with(
            CONFIG,
            "routing_policy_v4 = \"prod-v4\"",
            "routing_policy_v4 = \"prod-v6\"",
        ),
        &["24:21: link \"paris\": routing_policy_v4: routing_policy \"prod-v6\" is of IPv6, expected one of IPv4"],
    );
}

#[test]
fn two_links_on_one_vlan_are_told_with_the_first() {
    mistaken(
        &(CONFIG.to_owned() + &second_link("link0")),
        &["30:1: link \"milan\": vlan: link0 (untagged) is the place of link \"paris\" already"],
    );
    let tagged = with(CONFIG, "interface = \"link0\"\n", "interface = \"link0\"\nvlan = 7\n");
    mistaken(
        &(tagged + &second_link("link0") + "vlan = 7\n"),
        &["34:8: link \"milan\": vlan: link0 (VLAN 7) is the place of link \"paris\" already"],
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_their_places() {
    let config = with(CONFIG, "10.20.0.0/16", "10.20.0.1/16");
    let config = with(&config, "vpc = \"prod\"", "vpc = \"other\"");
    let config = with(
        &config,
        "routing_policy_v4 = \"prod-v4\"",
        "routing_policy_v4 = \"none\"",
    );
    mistaken(
        &with(&config, "enable_route", "enable_routes"),
        &[
            "10:22: routing_policy \"prod-v4\": prefix_filter_in: 10.20.0.1/16 has host bits set: the network is \
             10.20.0.0/16",
            "23:7: link \"paris\": vpc: there is no vpc \"other\": add a `[[vpc]]` with that name, or correct it",
            "24:21: link \"paris\": routing_policy_v4: there is no routing_policy \"none\": add a `[[routing_policy]]` \
             with that name, or correct it",
            "26:1: link \"paris\": there is no key `enable_routes_propagation`: did you mean `enable_route_propagation`?",
        ],
    );
}

#[test]
fn a_file_is_checked_by_anybody_and_nothing_is_changed() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let config = lab.config();
    let valid = format!(
        "{}: valid, with 1 links, 2 routing policies and 1 VPCs\n",
        path(&config)
    );
    assert_eq!(succeeds(&lab, &["check", path(&config)]), valid);
    assert_untouched(&lab);

    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--clear-groups"])
        .arg(copy_for_anybody(&lab));
    command.arg("check").arg(&config);
    let expected = Said {
        code: Some(0),
        stdout: valid,
        stderr: String::new(),
    };
    assert_eq!(to_its_end(command), expected);
}

#[test]
fn what_check_prints_says_every_default_and_reads_the_same_again() {
    let lab = Lab::new();
    lab.write_config(&with(CONFIG, "status = \"active\"\n", ""));
    let printed = succeeds(&lab, &["check", "--print", path(&lab.config())]);
    for default in [
        "status = \"active\"\n",
        "is_ipv6 = false\n",
        "graceful_restart_time = 120\n",
    ] {
        assert!(printed.contains(default), "{default:?} isn't in {printed}");
    }
    lab.write_config(&printed);
    assert_eq!(succeeds(&lab, &["check", "--print", path(&lab.config())]), printed);
}

/// Refused with these mistakes, each behind the name of the file.
#[track_caller]
fn mistaken(config: &str, mistakes: &[&str]) {
    let lab = Lab::new();
    lab.write_config(config);
    let file = lab.config();
    let lines: Vec<_> = mistakes
        .iter()
        .map(|mistake| format!("{}:{mistake}", file.display()))
        .collect();
    refused(&lab, &lines.join("\n"));
}

#[track_caller]
fn refused(lab: &Lab, words: &str) {
    let config = lab.config();
    for command in [&["check"][..], &["run", "--config"]] {
        assert_eq!(ask(lab, &[command, &[path(&config)]].concat()), fails(3, words));
        assert_untouched(lab);
    }
}

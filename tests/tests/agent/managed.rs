//! Interfaces and rules that the agent makes, keeps and removes, as `ip` shows them.

use interlink_tests::agent::{self, Agent};
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{LINK, Lab, ON_PREMISES, VPC_HOST};

use crate::kernel::assert_untouched;
use crate::support::{CONFIG, apply, enforcing, eventually, settled, start, succeeds, with};

/// [`CONFIG`] with an interface that is managed, and a table that the VPC's side looks up.
fn managed() -> String {
    let text = with(
        CONFIG,
        "status = \"active\"",
        "status = \"active\"\nmanage_interface = true",
    );
    with(
        &text,
        "table = 100",
        "table = 100\niif = [\"vpc0\"]\nrule_priority = 99",
    )
}

/// A lab whose gateway has none of the link's addresses and no rule, and whose NIC is down.
fn bare() -> Lab {
    let lab = Lab::new();
    for arguments in [
        "link set link0 down",
        "address flush dev link0",
        "-4 rule del iif vpc0 lookup 100",
        "-6 rule del iif vpc0 lookup 100",
    ] {
        lab.gateway.ip(arguments);
    }
    lab
}

fn addresses(lab: &Lab, interface: &str) -> Vec<String> {
    let rows = lab
        .gateway
        .ip_json(&format!("address show dev {interface} scope global"));
    let infos = rows.iter().flat_map(|row| row["addr_info"].as_array().unwrap());
    let address = |info: &serde_json::Value| {
        let (local, length) = (info["local"].as_str()?, info["prefixlen"].as_u64()?);
        Some(format!("{local}/{length}"))
    };
    infos.filter_map(address).collect()
}

/// The rules of both families that look the VPC's table up.
fn rules(lab: &Lab) -> Vec<String> {
    let rows = ["-4", "-6"].map(|family| lab.gateway.ip(&format!("{family} -N rule show table 100")));
    let lines = rows.iter().flat_map(|rows| rows.lines());
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// The ends of the VPC's table.
fn ends(lab: &Lab) -> Vec<String> {
    let rows = ["-4", "-6"].map(|family| {
        let output = lab.gateway.try_ip(&format!("{family} route show table 100")).stdout;
        String::from_utf8(output).unwrap()
    });
    let ends = rows
        .iter()
        .flat_map(|rows| rows.lines())
        .filter(|row| row.contains("4294967295"));
    ends.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

const ADDRESSES: [&str; 2] = ["169.254.0.100/31", "fd00::/127"];
const RULES: [&str; 2] = ["99: from all iif vpc0 lookup 100 proto 73"; 2];
const ENDS: [&str; 2] = [
    "unreachable default proto 73 metric 4294967295",
    "unreachable default dev lo proto 73 metric 4294967295 pref medium",
];

#[test]
fn a_bare_gateway_forwards_once_the_agent_runs_and_is_bare_again_after_unload() {
    let lab = bare();
    lab.write_config(&managed());
    let agent = start(&lab);
    assert_eq!(addresses(&lab, LINK), ADDRESSES);
    assert_eq!(rules(&lab), RULES);
    assert_eq!(ends(&lab), ENDS);
    for (from, to) in [(ON_PREMISES.v4, VPC_HOST.v4), (ON_PREMISES.v6, VPC_HOST.v6)] {
        eventually("packets to arrive", || arrives(&lab, from, to));
    }
    agent.signal("TERM");
    agent.wait();
    assert_eq!(
        (addresses(&lab, LINK).len(), rules(&lab).len()),
        (2, 2),
        "they outlive the agent"
    );
    assert_eq!(
        succeeds(&lab, &["unload"]),
        "4 routes removed\n2 rules removed\nlink0: without 169.254.0.100/31, fd00::/127\nlink0: detached; every packet \
         passes on it\n"
    );
    assert_eq!(addresses(&lab, LINK), [""; 0]);
    assert_eq!(rules(&lab), [""; 0]);
    assert_untouched(&lab);
}

#[test]
fn what_somebody_does_to_them_is_undone_within_a_second_and_logged_once() {
    let lab = bare();
    lab.write_config(&managed());
    let _agent = start(&lab);
    let logged = || agent::log(&lab).matches("putting it back").count();
    for (number, damage) in [
        "address del 169.254.0.100/31 dev link0",
        "address del fd00::/127 dev link0",
        "-4 rule del iif vpc0 lookup 100",
        "-6 rule del iif vpc0 lookup 100",
        "-4 route del unreachable default table 100 metric 4294967295",
        "-6 route del unreachable default table 100 metric 4294967295",
        "-4 route del 10.20.0.0/16 table 100",
    ]
    .into_iter()
    .enumerate()
    {
        lab.gateway.ip(damage);
        let began = std::time::Instant::now();
        eventually(damage, || {
            addresses(&lab, LINK) == ADDRESSES
                && rules(&lab) == RULES
                && ends(&lab) == ENDS
                && crate::kernel::routes(&lab).len() == 4
        });
        assert!(
            began.elapsed() < std::time::Duration::from_secs(2),
            "{damage}: {:?}",
            began.elapsed()
        );
        settled(&lab);
        assert_eq!(logged(), number + 1, "{damage}:\n{}", agent::log(&lab));
    }
}

#[test]
fn others_rules_and_addresses_stay_and_are_listed() {
    let lab = bare();
    lab.gateway.ip("rule add iif vpc0 lookup 100 priority 77");
    lab.gateway.ip("address add 192.0.2.1/24 dev link0");
    lab.gateway
        .ip("route add 198.51.100.0/24 dev vpc0 table 100 proto static");
    lab.write_config(&managed());
    let _agent = start(&lab);
    let status = settled(&lab);
    assert_eq!(
        status["foreign_rules"][0],
        "IPv4 77: from all iif vpc0 lookup 100 proto unspec"
    );
    assert_eq!(
        status["foreign_routes_named"][0],
        "198.51.100.0/24 table 100 proto static metric 0"
    );
    apply(&lab, CONFIG);
    assert_eq!(rules(&lab), ["77: from all iif vpc0 lookup 100"]);
    assert!(addresses(&lab, LINK).contains(&"192.0.2.1/24".to_owned()));
    assert_eq!(ends(&lab), [""; 0]);
}

#[test]
fn an_address_that_is_missing_is_named_where_somebody_else_manages_it() {
    let (lab, _agent) = enforcing();
    lab.gateway.ip("address del 169.254.0.100/31 dev link0");
    let status = agent::wait_for(&lab, "the trouble", |status| status["state"] == "degraded");
    assert_eq!(
        status["troubles"][0],
        "interface link0 lacks the link's address: run `ip address add 169.254.0.100/31 dev link0`, or have the agent \
         see to it with `manage_interface = true`"
    );
    lab.gateway.ip("address add 169.254.0.100/31 dev link0");
    settled(&lab);
}

#[test]
fn routes_are_listed_with_how_they_stand() {
    let lab = bare();
    lab.gateway
        .ip("route add 10.20.0.0/16 dev vpc0 table 100 metric 100 proto static");
    lab.write_config(&managed());
    let _agent = Agent::start(&lab);
    agent::wait_for(&lab, "the refusal", |status| {
        status["links"][0]["families"][0]["routes"]["refused"][0].is_string()
    });
    let listed = succeeds(&lab, &["routes", "--vpc", "prod"]);
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), 4, "{listed}");
    assert!(
        lines[1]
            .starts_with("rejected  10.20.0.0/16 via 169.254.0.101 dev link0 table 100 metric 100: a route of another")
            || lines[0].starts_with("rejected  10.20.0.0/16"),
        "{listed}"
    );
    assert!(
        listed.contains("installed 2001:db8:20::/48 via fd00::1 dev link0 table 100 metric 100\n"),
        "{listed}"
    );
    assert_eq!(succeeds(&lab, &["routes", "--link", "paris"]).lines().count(), 2);
    let json = succeeds(&lab, &["routes", "--json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(rows.iter().filter(|row| row["state"] == "installed").count(), 3);
    let unknown = crate::support::ask(&lab, &["routes", "--vpc", "test"]);
    assert_eq!(
        unknown,
        crate::support::fails(2, "there is no vpc \"test\": there are \"prod\"")
    );
}

#[test]
fn a_vlan_interface_and_a_vrf_are_made_followed_and_removed() {
    let lab = Lab::new();
    let has = |arguments: &str| lab.gateway.try_ip(arguments).status.success();
    if !has("link add link link0 name probe type vlan id 1") || !has("link add probe-vrf type vrf table 9") {
        interlink_tests::skip("this kernel has no 802.1Q or no VRF (`ip link add … type vlan`, `type vrf`)");
        return;
    }
    lab.gateway.ip("link del probe");
    lab.gateway.ip("link del probe-vrf");
    let text = with(
        &managed(),
        "table = 100\niif = [\"vpc0\"]\nrule_priority = 99",
        "vrf = \"red\"",
    );
    let text = with(&text, "interface = \"link0\"", "interface = \"link0\"\nvlan = 7");
    lab.write_config(&text);
    let _agent = Agent::start(&lab);
    let status = agent::wait_for(&lab, "the trouble", |status| status["state"] == "degraded");
    assert!(
        status["troubles"][0].as_str().unwrap().starts_with("red is no VRF"),
        "{status}"
    );
    lab.gateway.ip("link add red type vrf table 77");
    lab.gateway.ip("link set red up");
    settled(&lab);
    let routes = || lab.gateway.ip("-4 route show table 77 proto 73").lines().count();
    let vlan = || {
        let rows = lab.gateway.ip_json("link show link0.7");
        (
            rows[0]["linkinfo"]["info_data"]["id"].as_u64(),
            rows[0]["ifalias"].as_str().map(str::to_owned),
        )
    };
    assert_eq!(routes(), 1);
    assert_eq!(vlan(), (Some(7), Some("made by interlink".to_owned())));
    assert_eq!(addresses(&lab, "link0.7"), ADDRESSES);
    for damage in ["link del link0.7", "link set link0.7 down", "link set link0.7 mtu 1400"] {
        lab.gateway.ip(damage);
        eventually(damage, || {
            lab.gateway.try_ip("link show link0.7").status.success()
                && addresses(&lab, "link0.7") == ADDRESSES
                && routes() == 1
                && lab.gateway.ip_json("link show link0.7")[0]["mtu"] == 1500
        });
    }
    // Before Linux 6.2 an interface that is up keeps its name.
    lab.gateway
        .ip_batch("link set link0.7 down\nlink set link0.7 name uplink\nlink set uplink up\n");
    settled(&lab);
    eventually("the routes to follow the name", || {
        lab.gateway.ip("-4 route show table 77 proto 73").contains("dev uplink")
    });
    apply(&lab, &with(&text, "vlan = 7", "vlan = 8"));
    assert!(!has("link show uplink") && has("link show link0.8"));
}

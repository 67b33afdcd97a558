//! Plans as they are printed: the steps, their order, and nothing besides.

use std::collections::BTreeMap;

use super::kernels::{holding, interfaces};
use crate::config::Config;
use crate::domain::Vlan;
use crate::plan::{Op, plan};
use crate::state::{AttachMode, Attachment, Desired, Facts, ForeignProgram, Observed, TagStripping, VlanOf, derive};
use crate::testing::{OPEN_LINK, interface};

#[test]
fn at_rest_there_is_nothing_to_do() {
    let desired = desired(&open());
    assert_eq!(told(&desired, &holding(&desired, interfaces())), "nothing to do\n");
}

#[test]
fn from_nothing_the_program_comes_first_and_routes_last() {
    assert_eq!(
        told(&desired(&open()), &fresh()),
        "  1. load the program for eth1: nothing of ours is loaded there\n  \
           2. set the link on eth1 (untagged): IPv4 open, IPv6 open: the link is not in the tables\n  \
           3. attach the program to eth1 in native mode: it is not attached\n  \
           4. add 3 routes (172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100; 192.0.2.0/24 via \
         169.254.0.100 dev eth1 table 100 metric 100; 2001:db8:4::/48 via fd00:: dev eth1 table 100 metric 100): \
         missing or different\n"
    );
}

#[test]
fn closing_blocks_and_then_withdraws() {
    assert_eq!(
        change(&open(), &open().replace("propagation = true", "propagation = false")),
        "  1. set the link on eth1 (untagged): IPv4 propagation_disabled, IPv6 propagation_disabled: a gate closes\n  \
           2. remove 3 routes (172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100; 192.0.2.0/24 via \
         169.254.0.100 dev eth1 table 100 metric 100; 2001:db8:4::/48 via fd00:: dev eth1 table 100 metric 100): not \
         wanted\n"
    );
}

#[test]
fn opening_routes_and_then_lets_pass() {
    assert_eq!(
        change(&open().replace("propagation = true", "propagation = false"), &open()),
        "  1. add 3 routes (172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100; 192.0.2.0/24 via \
         169.254.0.100 dev eth1 table 100 metric 100; 2001:db8:4::/48 via fd00:: dev eth1 table 100 metric 100): a gate \
         opens\n  \
           2. set the link on eth1 (untagged): IPv4 open, IPv6 open: a gate opens\n"
    );
}

#[test]
fn an_open_link_loses_routes_before_it_is_switched_and_gains_them_after() {
    assert_eq!(
        change(&open(), &open().replace("\"192.0.2.0/24\"", "\"198.51.100.0/24\"")),
        "  1. remove 1 route (192.0.2.0/24 via 169.254.0.100 dev eth1 table 100 metric 100): not wanted\n  \
           2. set the link on eth1 (untagged): IPv4 open, IPv6 open: prefixes, addresses or reason differ\n  \
           3. add 1 route (198.51.100.0/24 via 169.254.0.100 dev eth1 table 100 metric 100): missing or different\n"
    );
}

#[test]
fn where_one_family_closes_and_the_other_opens_each_has_its_own_order() {
    let v4 = open().replace("routing_policy_v6 = \"prod-v6\"\n", "");
    let v6 = open().replace("routing_policy_v4 = \"prod-v4\"\n", "");
    assert_eq!(
        change(&v4, &v6),
        "  1. set the link on eth1 (untagged): IPv4 no_routing_policy, IPv6 no_routing_policy: a gate closes\n  \
           2. remove 2 routes (172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100; 192.0.2.0/24 via \
         169.254.0.100 dev eth1 table 100 metric 100): not wanted\n  \
           3. add 1 route (2001:db8:4::/48 via fd00:: dev eth1 table 100 metric 100): a gate opens\n  \
           4. set the link on eth1 (untagged): IPv4 no_routing_policy, IPv6 open: a gate opens\n"
    );
}

#[test]
fn a_closed_link_that_is_closed_for_another_reason_is_switched_alone() {
    let closed = open().replace("propagation = true", "propagation = false");
    assert_eq!(
        change(&closed, &closed.replace("vpc = \"prod\"\n", "")),
        "  1. set the link on eth1 (untagged): IPv4 no_vpc, IPv6 no_vpc: prefixes, addresses or reason differ\n"
    );
}

#[test]
fn of_two_links_that_share_a_route_one_closes_and_the_other_carries_on() {
    let both = open() + SECOND_LINK;
    let one = open() + &SECOND_LINK.replace("vpc = \"prod\"\n", "");
    assert_eq!(
        change(&both, &one),
        "  1. set the link on eth2 (untagged): IPv4 no_vpc, IPv6 no_vpc: a gate closes\n  \
           2. add 2 routes (172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100; 192.0.2.0/24 via \
         169.254.0.100 dev eth1 table 100 metric 100): a next hop is not wanted\n"
    );
    assert_eq!(
        change(&one, &both),
        "  1. add 2 routes (172.16.4.0/22 nexthop via 169.254.0.100 dev eth1 nexthop via 169.254.0.102 dev eth2 table \
         100 metric 100; 192.0.2.0/24 nexthop via 169.254.0.100 dev eth1 nexthop via 169.254.0.102 dev eth2 table 100 \
         metric 100): a gate opens\n  \
           2. set the link on eth2 (untagged): IPv4 open, IPv6 no_routing_policy: a gate opens\n"
    );
}

#[test]
fn a_route_that_moves_to_another_router_is_replaced_before_the_switch() {
    let moved = open().replace("169.254.0.10", "169.254.1.10");
    assert_eq!(
        change(&open(), &moved),
        "  1. add 2 routes (172.16.4.0/22 via 169.254.1.100 dev eth1 table 100 metric 100; 192.0.2.0/24 via \
         169.254.1.100 dev eth1 table 100 metric 100): missing or different\n  \
           2. set the link on eth1 (untagged): IPv4 open, IPv6 open: prefixes, addresses or reason differ\n"
    );
}

/// The NIC stays protected: whoever stops using it decides what comes then, with `unload`.
#[test]
fn a_nic_without_links_keeps_its_program() {
    assert_eq!(
        change(&(open() + SECOND_LINK), &open()),
        "  1. remove the link on eth2 (untagged): the link is not configured\n  \
           2. add 2 routes (172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100; 192.0.2.0/24 via \
         169.254.0.100 dev eth1 table 100 metric 100): a next hop is not wanted\n"
    );
}

#[test]
fn a_link_that_somebody_took_out_is_routed_and_put_back() {
    let desired = desired(&open());
    let mut observed = holding(&desired, interfaces());
    observed.nics.get_mut(&interface("eth1")).unwrap().links.clear();
    observed.routes = std::sync::Arc::default();
    let told = told(&desired, &observed);
    let steps: Vec<_> = told.lines().map(|line| line.get(..12).unwrap()).collect();
    assert_eq!(steps, ["  1. add 3 r", "  2. set the"]);
    assert!(
        told.ends_with("IPv4 open, IPv6 open: the link is not in the tables\n"),
        "{told}"
    );
}

#[test]
fn what_is_loaded_is_put_right_before_it_is_attached() {
    let desired = desired(&open());
    let mut observed = holding(&desired, interfaces());
    let nic = observed.nics.get_mut(&interface("eth1")).unwrap();
    nic.attachment = Attachment::Loaded;
    nic.outdated = true;
    let state = nic.links.remove(&Vlan::UNTAGGED).unwrap();
    nic.links.insert(Vlan::tagged(7).unwrap(), state);
    assert_eq!(
        told(&desired, &observed),
        "  1. replace the program of eth1: it is another version's\n  \
           2. remove the link on eth1 (VLAN 7): the link is not configured\n  \
           3. set the link on eth1 (untagged): IPv4 open, IPv6 open: the link is not in the tables\n  \
           4. attach the program to eth1 in native mode: it is not attached\n"
    );
}

#[test]
fn what_is_loaded_and_right_is_only_attached() {
    let desired = desired(&open());
    let mut observed = holding(&desired, interfaces());
    observed.nics.get_mut(&interface("eth1")).unwrap().attachment = Attachment::Loaded;
    assert_eq!(
        told(&desired, &observed),
        "  1. attach the program to eth1 in native mode: it is not attached\n"
    );
}

#[test]
fn tags_are_kept_before_the_first_packet_of_a_tagged_link_and_after_all_else_of_an_untagged_one() {
    let steps = |text: &str, attachment, stripping| {
        let desired = desired(text);
        let mut observed = holding(&desired, interfaces());
        observed.nics.get_mut(&interface("eth1")).unwrap().attachment = attachment;
        observed.interfaces.get_mut(&interface("eth1")).unwrap().tag_stripping = stripping;
        told(&desired, &observed)
    };
    let tagged = open().replace("interface = \"eth1\"", "interface = \"eth1\"\nvlan = 20");
    let kept = "have eth1 leave the VLAN tags in frames: the program has to see them\n";
    let attached = "attach the program to eth1 in native mode: it is not attached\n";
    let (loaded, running) = (Attachment::Loaded, Attachment::Attached(AttachMode::Native));
    let on = TagStripping::On;
    assert_eq!(steps(&tagged, loaded, on), format!("  1. {kept}  2. {attached}"));
    assert_eq!(steps(&open(), loaded, on), format!("  1. {attached}  2. {kept}"));
    assert_eq!(steps(&tagged, running, on), format!("  1. {kept}"));
    assert_eq!(steps(&open(), running, TagStripping::Fixed), "nothing to do\n");
    let refused = "  !  eth1 takes the VLAN tags out of frames, so nobody can tell its links apart, and doesn't stop \
                   (`ethtool -k` says `rx-vlan-offload: on [fixed]`): use a NIC whose driver lets `ethtool -K eth1 \
                   rxvlan off` turn that off, or have it carry one untagged link alone\n";
    assert_eq!(
        steps(&tagged, running, TagStripping::Fixed),
        refused,
        "it stays protected"
    );
    let not_attached = steps(&tagged, loaded, TagStripping::Fixed);
    assert!(
        not_attached.starts_with("  1. remove 3 routes") && not_attached.ends_with(refused),
        "{not_attached}"
    );
}

/// What remains of programs that can't be adopted is the loader's to replace.
#[test]
fn what_is_absent_is_loaded_even_where_something_outdated_is_left() {
    let desired = desired(&open());
    let mut observed = holding(&desired, interfaces());
    let nic = observed.nics.get_mut(&interface("eth1")).unwrap();
    nic.attachment = Attachment::Absent;
    nic.outdated = true;
    nic.links.clear();
    let told = told(&desired, &observed);
    let steps: Vec<_> = told.lines().map(|line| line.get(..12).unwrap()).collect();
    assert_eq!(steps, ["  1. load th", "  2. set the", "  3. attach "]);
}

#[test]
fn a_program_of_somebody_else_stays_and_nothing_is_routed_past_it() {
    let desired = desired(&open());
    let mut observed = holding(&desired, interfaces());
    let nic = observed.nics.get_mut(&interface("eth1")).unwrap();
    nic.attachment = Attachment::Loaded;
    nic.foreign = Some(ForeignProgram {
        id: 12,
        name: "cilium".to_owned(),
    });
    assert_eq!(
        told(&desired, &observed),
        "  1. remove 3 routes (172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100; 192.0.2.0/24 via \
         169.254.0.100 dev eth1 table 100 metric 100; 2001:db8:4::/48 via fd00:: dev eth1 table 100 metric 100): not \
         wanted\n  \
           !  eth1 runs an XDP program that isn't ours, program 12 (cilium): detach it first (`ip link set dev eth1 xdp \
         off`, or stop what attached it)\n"
    );
}

#[test]
fn a_mode_is_never_changed_under_way() {
    let generic = open() + "[[nic]]\ninterface = \"eth1\"\nxdp_mode = \"generic\"\n";
    assert_eq!(
        change(&open(), &generic),
        "  !  eth1 is attached in native mode and should be in generic mode: run `interlink-agent unload`, which leaves \
         it open until the agent attaches it again\n"
    );
}

#[test]
fn a_nic_is_closed_to_others_first_and_opened_to_them_last() {
    let nic = |keys: &str| open() + SECOND_LINK + "[[nic]]\ninterface = \"eth2\"\n" + keys;
    let (shared, lacp) = (
        nic("other_vlans = \"pass\"\nlldp = true\n"),
        nic("lacp = true\nlldp = true\n"),
    );
    let closed = |text: &str| text.replace("name = \"lyon\"", "name = \"lyon\"\nstatus = \"locked\"");
    let steps = |from: &str, to: &str| {
        let told = change(from, to);
        let steps = told.lines().map(|line| line.chars().skip(5).take(45).collect());
        steps.collect::<Vec<String>>()
    };
    assert_eq!(
        steps(&closed(&shared), &lacp),
        [
            "set eth2: other VLANs drop, LLDP pass, LACP d",
            "add 2 routes (172.16.4.0/22 nexthop via 169.2",
            "set the link on eth2 (untagged): IPv4 open, I",
            "set eth2: other VLANs drop, LLDP pass, LACP p",
        ]
    );
    assert_eq!(
        steps(&lacp, &closed(&shared)),
        [
            "set eth2: other VLANs drop, LLDP pass, LACP d",
            "set the link on eth2 (untagged): IPv4 link_st",
            "add 2 routes (172.16.4.0/22 via 169.254.0.100",
            "set eth2: other VLANs pass, LLDP pass, LACP d",
        ]
    );
    assert_eq!(
        steps(&shared, &open()),
        [
            "set eth2: other VLANs drop, LLDP drop, LACP d",
            "remove the link on eth2 (untagged): the link ",
            "add 2 routes (172.16.4.0/22 via 169.254.0.100",
        ]
    );
}

#[test]
fn what_a_nic_lets_pass_is_set_before_it_is_attached() {
    let shared = open() + "[[nic]]\ninterface = \"eth1\"\nother_vlans = \"pass\"\n";
    let told = told(&desired(&shared), &fresh());
    let steps: Vec<_> = told.lines().map(|line| line.get(..12).unwrap()).collect();
    assert_eq!(
        steps,
        [
            "  1. load th",
            "  2. set eth",
            "  3. set the",
            "  4. attach ",
            "  5. add 3 r"
        ]
    );
    assert!(
        told.contains("set eth1: other VLANs pass, LLDP drop, LACP drop: the settings of the NIC differ\n"),
        "{told}"
    );
}

#[test]
fn an_interface_that_no_route_can_lead_to_is_named() {
    let tagged = open().replace("interface = \"eth1\"", "interface = \"eth1\"\nvlan = 7");
    let reason = |observed: &Observed| {
        let told = told(&desired(&tagged), observed);
        told.lines().last().unwrap().to_owned()
    };
    assert_eq!(reason(&fresh()), "  !  interface eth1.7 doesn't exist");

    let mut observed = fresh();
    let lo = observed.interfaces[&interface("lo")].clone();
    observed.interfaces.insert(interface("eth1.7"), lo);
    assert_eq!(
        reason(&observed),
        "  !  interface eth1.7 is not the one of the link on eth1 (VLAN 7): rename it, or make the link's with `ip link \
         add link eth1 name NAME type vlan id 7`"
    );

    let mut observed = fresh();
    observed.interfaces.get_mut(&interface("eth1")).unwrap().up = false;
    assert!(
        told(&desired(&open()), &observed)
            .ends_with("  !  interface eth1 is down: bring it up with `ip link set dev eth1 up`\n")
    );
}

#[test]
fn no_route_leads_to_a_vlan_interface_of_another_nic_or_with_another_id() {
    let tagged = desired(&open().replace("interface = \"eth1\"", "interface = \"eth1\"\nvlan = 10"));
    let other = "  !  ";
    for (parent, id, is_the_links) in [("eth1", 10, true), ("eth1", 11, false), ("eth2", 10, false)] {
        let mut observed = fresh();
        observed.interfaces.get_mut(&interface("uplink")).unwrap().vlan = Some(VlanOf {
            parent: interface(parent),
            id,
        });
        let plan = plan(&tagged, &observed);
        assert_eq!(
            plan.steps.iter().any(|step| matches!(step.op, Op::AddRoutes(_))),
            is_the_links
        );
        assert_eq!(plan.to_string().contains(other), !is_the_links, "{plan}");
    }
}

#[test]
fn a_nic_that_is_not_there_is_named_once() {
    let mut observed = fresh();
    observed.interfaces.remove(&interface("eth1"));
    assert_eq!(
        told(&desired(&open()), &observed),
        "  !  interface eth1 doesn't exist\n"
    );
}

#[test]
fn many_routes_are_counted_and_go_in_steps_that_closing_can_wait_for() {
    let prefixes: Vec<_> = (0..20_000)
        .map(|number| format!("\"10.{}.{}.0/24\"", number / 256, number % 256))
        .collect();
    let text = open().replace("\"172.16.4.0/22\", \"192.0.2.0/24\"", &prefixes.join(", "));
    let plan = plan(&desired(&text), &fresh());
    let counts: Vec<_> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.op {
            Op::AddRoutes(routes) => Some(routes.len()),
            _ => None,
        })
        .collect();
    assert_eq!(counts, [8192, 8192, 3617]);
    assert!(
        plan.to_string()
            .contains("; 10.0.2.0/24 via 169.254.0.100 dev eth1 table 100 metric 100; and 8189 more)")
    );
}

/// A static link of the same VPC and policy on another NIC, IPv4 alone.
const SECOND_LINK: &str = r#"
[[link]]
name = "lyon"
interface = "eth2"
vpc = "prod"
routing_policy_v4 = "prod-v4"
enable_route_propagation = true
scw_bgp_config = { ipv4 = "169.254.0.102/31" }
peer_bgp_config = { ipv4 = "169.254.0.103/31" }
"#;

/// A static link without a tag, open in both families.
fn open() -> String {
    ["asn = 12876, ", "asn = 65010, ", "vlan = 2386\n"]
        .iter()
        .fold(OPEN_LINK.to_owned(), |text, part| text.replace(part, ""))
}

fn desired(text: &str) -> Desired {
    derive(&Config::parse(text).unwrap().intent(), &Facts::default(), &interfaces()).desired
}

fn fresh() -> Observed {
    Observed {
        interfaces: interfaces(),
        nics: BTreeMap::new(),
        ..Observed::default()
    }
}

fn change(from: &str, to: &str) -> String {
    told(&desired(to), &holding(&desired(from), interfaces()))
}

fn told(desired: &Desired, observed: &Observed) -> String {
    plan(desired, observed).to_string()
}

//! NICs that go down, away, and come back.

use interlink_tests::agent;
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{LINK, Lab, ON_PREMISES, SPOOFED, VPC_HOST};

use crate::kernel::{attachment, program, routes};
use crate::support::{ROUTES, enforcing, eventually, settled};

#[test]
fn a_nic_that_goes_down_and_up_keeps_its_program_and_gets_its_routes_back() {
    let (lab, _agent) = enforcing();
    let before = (program(&lab, LINK), attachment(&lab));
    lab.gateway.ip("link set link0 down");
    let status = agent::wait_for(&lab, "the trouble", |status| status["state"] == "degraded");
    assert_eq!(
        status["troubles"][0],
        "interface link0 is down: bring it up with `ip link set dev link0 up`"
    );
    assert_eq!(routes(&lab), [""; 0]);
    lab.gateway.ip("link set link0 up");
    // Its IPv6 addresses went with it.
    lab.gateway.ip("address replace fd00::/127 dev link0 nodad");
    settled(&lab);
    assert_eq!(routes(&lab), ROUTES);
    assert_eq!((program(&lab, LINK), attachment(&lab)), before);
    flows_again(&lab);
}

#[test]
fn a_nic_that_is_made_anew_is_protected_again_and_gets_its_routes_back() {
    let (lab, _agent) = enforcing();
    lab.gateway.ip("link delete link0");
    let status = agent::wait_for(&lab, "the trouble", |status| status["state"] == "degraded");
    assert_eq!(status["troubles"][0], "interface link0 doesn't exist");
    assert_eq!(status["nics"][0]["attached"], serde_json::Value::Null);

    make_anew(&lab);
    eventually("the NIC to be protected", || program(&lab, LINK).is_some());
    settled(&lab);
    assert_eq!(routes(&lab), ROUTES);
    flows_again(&lab);
    assert!(!arrives(&lab, SPOOFED.v4, VPC_HOST.v4));
}

#[test]
fn a_nic_that_was_away_while_no_agent_ran_is_protected_by_the_next() {
    let (lab, agent) = enforcing();
    agent.signal("KILL");
    agent.wait();
    lab.gateway.ip("link delete link0");
    make_anew(&lab);
    assert_eq!(program(&lab, LINK), None);
    let _agent = crate::support::start(&lab);
    assert!(program(&lab, LINK).is_some());
    assert_eq!(routes(&lab), ROUTES);
    assert!(!arrives(&lab, SPOOFED.v4, VPC_HOST.v4));
}

#[test]
fn a_nic_that_gets_another_name_stays_closed_until_it_has_its_own_again() {
    let (lab, _agent) = enforcing();
    let before = program(&lab, LINK);
    rename(&lab, "link0", "moved");
    agent::wait_for(&lab, "the loss to be told", |status| {
        status["troubles"][0] == "interface link0 doesn't exist"
    });
    assert_eq!(program(&lab, "moved"), before);
    assert!(!arrives(&lab, SPOOFED.v4, VPC_HOST.v4));

    rename(&lab, "moved", "link0");
    lab.gateway.ip("address replace fd00::/127 dev link0 nodad");
    settled(&lab);
    assert_eq!(program(&lab, LINK), before);
    assert_eq!(routes(&lab), ROUTES);
    flows_again(&lab);
}

/// A NIC of the same name with the same addresses, as a driver makes it that is loaded again.
fn make_anew(lab: &Lab) {
    lab.gateway.veth(LINK, &lab.on_premises, "eth0");
    for (host, interface, addresses) in [
        (&lab.gateway, LINK, ["169.254.0.100/31", "fd00::/127"]),
        (&lab.on_premises, "eth0", ["169.254.0.101/31", "fd00::1/127"]),
    ] {
        for address in addresses {
            host.address(interface, address);
        }
    }
    lab.on_premises.ip("route add default via 169.254.0.100");
    lab.on_premises.ip("route add default via fd00::");
}

/// The other end takes up to a second to see that its cable is plugged in.
fn flows_again(lab: &Lab) {
    eventually("packets to flow", || arrives(lab, ON_PREMISES.v4, VPC_HOST.v4));
}

fn rename(lab: &Lab, from: &str, to: &str) {
    lab.gateway.ip(&format!("link set {from} down"));
    lab.gateway.ip(&format!("link set {from} name {to}"));
    lab.gateway.ip(&format!("link set {to} up"));
}

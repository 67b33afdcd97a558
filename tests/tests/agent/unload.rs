//! `unload` leaves the machine as it was.

use interlink_tests::datagram::arrives;
use interlink_tests::lab::{ON_PREMISES, SPOOFED, VPC_HOST};

use crate::kernel::{assert_untouched, program, routes};
use crate::support::{ROUTES, enforcing, path, succeeds};

#[test]
fn nothing_of_ours_is_left_and_the_nic_is_open() {
    let (lab, agent) = enforcing();
    agent.signal("TERM");
    agent.wait();
    let features = || {
        let mut command = lab.gateway.command("ethtool");
        String::from_utf8(interlink_tests::lab::run(command.args(["-k", "link0"])).stdout).unwrap()
    };
    assert!(features().contains("rx-vlan-offload: off"));
    assert_eq!(
        succeeds(&lab, &["unload"]),
        "2 routes removed\nlink0: detached; every packet passes on it\n"
    );
    assert_untouched(&lab);
    assert!(features().contains("rx-vlan-offload: on"), "tags are taken out again");
    assert!(arrives(&lab, SPOOFED.v4, VPC_HOST.v4));

    assert_eq!(succeeds(&lab, &["unload"]), "nothing of ours was in the kernel\n");
    assert_untouched(&lab);
}

#[test]
fn it_is_refused_while_an_agent_runs() {
    let (lab, _agent) = enforcing();
    let words = format!(
        "another interlink-agent holds {}/interlink: stop it first",
        path(&lab.bpffs())
    );
    assert_eq!(crate::support::ask(&lab, &["unload"]), crate::support::fails(5, &words));
    assert!(program(&lab, "link0").is_some());
    assert_eq!(routes(&lab), ROUTES);
    assert!(arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
}

#[test]
fn what_is_pinned_for_a_nic_that_is_gone_is_removed_too() {
    let (lab, agent) = enforcing();
    agent.signal("KILL");
    agent.wait();
    std::fs::remove_file(lab.socket()).unwrap();
    lab.gateway.ip("link delete link0");
    assert_eq!(
        succeeds(&lab, &["unload"]),
        "0 routes removed\nlink0: was not attached\n"
    );
    assert_untouched(&lab);
}

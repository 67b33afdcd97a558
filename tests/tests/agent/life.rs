//! What the kernel holds while the agent lives, changes, and is gone.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::LINK;

use crate::support::{
    CONFIG, ROUTE, assert_untouched, closed, enforcing, eventually, flows, is_enforcing, pins, program, routes,
};

#[test]
fn a_saved_file_is_followed_and_a_signal_makes_it_look_at_once() {
    let (lab, agent) = enforcing();
    assert_eq!(routes(&lab), [ROUTE]);
    assert!(flows(&lab));
    lab.write_config(&closed());
    eventually("the routes to go", || routes(&lab).is_empty());
    assert!(!flows(&lab));

    fs::write(lab.config(), CONFIG).unwrap();
    agent.signal("HUP");
    eventually("the route to come back", || routes(&lab) == [ROUTE]);

    let elsewhere = lab.directory.join("elsewhere.toml");
    fs::write(&elsewhere, closed()).unwrap();
    fs::remove_file(lab.config()).unwrap();
    symlink(&elsewhere, lab.config()).unwrap();
    eventually("the file behind a link to be followed", || routes(&lab).is_empty());
}

#[test]
fn a_broken_file_changes_nothing_and_says_where() {
    let (lab, _agent) = enforcing();
    lab.write_config(&CONFIG.replace("vpc = \"prod\"", "vpcs = \"prod\""));
    let status = agent::wait_for(&lab, "the mistake to be told", |status| {
        !status["source"]["error"].is_null()
    });
    let error = status["source"]["error"].as_str().unwrap();
    assert!(
        error.contains("interlink.toml:17:1: link \"paris\": there is no key `vpcs`"),
        "{error}"
    );
    assert_eq!(routes(&lab), [ROUTE]);
    assert!(flows(&lab));
    lab.write_config(CONFIG);
    agent::wait_for(&lab, "the mistake to be over", |status| {
        status["source"]["error"].is_null()
    });
}

#[test]
fn what_somebody_removes_comes_back_and_what_is_theirs_stays() {
    let (lab, _agent) = enforcing();
    lab.gateway
        .ip("route add 192.0.2.0/24 via 169.254.0.101 dev link0 table 100 proto static");
    lab.gateway.ip("route del 10.20.0.0/16 table 100");
    eventually("our route to come back", || routes(&lab).contains(&ROUTE.to_owned()));
    assert_eq!(routes(&lab).len(), 2);
    agent::wait_for(&lab, "theirs to be counted", |status| status["foreign_routes"] == 1);
    assert_eq!(
        agent::log(&lab)
            .matches("the kernel doesn't hold what was put into it")
            .count(),
        1
    );

    let before = program(&lab, LINK);
    fs::remove_file(pins(&lab).join(LINK).join("link")).unwrap();
    eventually("the program to be attached again", || {
        program(&lab, LINK).is_some_and(|program| Some(program) != before || flows(&lab))
    });
    agent::wait_for(&lab, "all to be enforced", is_enforcing);
    assert!(flows(&lab));
}

#[test]
fn a_nic_that_is_made_anew_is_protected_again_and_its_routes_return() {
    let (lab, _agent) = enforcing();
    lab.gateway.ip("link del link0");
    agent::wait_for(&lab, "the loss to be told", |status| status["state"] == "degraded");
    lab.gateway.veth(LINK, &lab.on_premises, "eth0");
    lab.gateway.ip("address add 169.254.0.100/31 dev link0");
    eventually("the NIC to be protected", || program(&lab, LINK).is_some());
    eventually("the route to return", || routes(&lab) == [ROUTE]);

    lab.gateway.ip("link set link0 down");
    eventually("the kernel to drop its routes", || routes(&lab).is_empty());
    lab.gateway.ip("link set link0 up");
    eventually("the route to return", || routes(&lab) == [ROUTE]);
}

#[test]
fn a_signal_ends_the_agent_and_not_the_enforcement_which_the_next_adopts() {
    let (lab, agent) = enforcing();
    let before = program(&lab, LINK);
    agent.signal("TERM");
    assert_eq!(agent.wait(), Some(0));
    assert!(!lab.socket().exists());
    assert_eq!((program(&lab, LINK), routes(&lab)), (before, vec![ROUTE.to_owned()]));
    assert!(flows(&lab));

    let agent = Agent::start(&lab);
    agent::wait_for(&lab, "the agent to adopt", is_enforcing);
    assert_eq!(program(&lab, LINK), before);
    agent.signal("KILL");
    assert_eq!(agent.wait(), None);
    assert!(flows(&lab));

    let unloaded = agent::run(&lab, &["unload"]);
    assert_eq!(
        String::from_utf8_lossy(&unloaded.stdout),
        "1 routes removed\nlink0: detached; every packet passes on it\n"
    );
    drop(fs::remove_file(lab.socket()));
    assert_untouched(&lab);
    let again = agent::run(&lab, &["unload"]);
    assert_eq!(
        String::from_utf8_lossy(&again.stdout),
        "nothing of ours was in the kernel\n"
    );
}

#[test]
fn the_socket_is_roots_alone_and_survives_garbage() {
    use std::io::Write as _;
    let (lab, _agent) = enforcing();
    assert_eq!(fs::metadata(lab.socket()).unwrap().permissions().mode() & 0o777, 0o600);
    for garbage in [&b"\n"[..], b"{\"request\":\"status\"", b"\xff\xfe\n", b"[]\n"] {
        let mut stream = std::os::unix::net::UnixStream::connect(lab.socket()).unwrap();
        stream.write_all(garbage).unwrap();
    }
    assert!(agent::status(&lab).is_some());
}

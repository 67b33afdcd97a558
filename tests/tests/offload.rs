//! The agent and a NIC that takes VLAN tags out of frames.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::time::{Duration, Instant};

use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::{self, LINK, Lab};

const CONFIG: &str = r#"
[agent]
role = "provider"

[[link]]
name = "paris"
interface = "link0"
vlan = 7
"#;

#[test]
fn a_tagged_link_has_its_tags_kept_and_unload_undoes_it() {
    let lab = Lab::new();
    assert!(strips(&lab), "veth does, unless it is told not to");
    lab.write_config(CONFIG);
    let agent = Agent::start(&lab);
    enforcing(&lab);
    assert!(!strips(&lab));

    lab::run(lab.gateway.command("ethtool").args(["-K", LINK, "rxvlan", "on"]));
    let give_up = Instant::now() + Duration::from_secs(5);
    while strips(&lab) {
        assert!(
            Instant::now() < give_up,
            "nobody turned it off again: {}",
            agent::log(&lab)
        );
        std::thread::sleep(Duration::from_millis(30));
    }
    let log = agent::log(&lab);
    assert!(
        log.contains("putting it back: have link0 leave the VLAN tags in frames"),
        "{log}"
    );

    agent.signal("TERM");
    assert_eq!(agent.wait(), Some(0));
    assert!(!strips(&lab), "what is enforced stays");
    assert!(agent::run(&lab, &["unload"]).status.success());
    assert!(strips(&lab));
}

#[test]
fn an_untagged_link_has_them_kept_as_well() {
    let lab = Lab::new();
    lab.write_config(&CONFIG.replace("vlan = 7\n", ""));
    let _agent = Agent::start(&lab);
    enforcing(&lab);
    assert!(!strips(&lab), "frames of other VLANs are not its own");
}

fn enforcing(lab: &Lab) {
    agent::wait_for(lab, "an enforcing agent", |status| {
        status["state"] == "enforcing" && status["nics"][0]["attached"] == "native"
    });
}

fn strips(lab: &Lab) -> bool {
    let said = lab::run(lab.gateway.command("ethtool").args(["-k", LINK])).stdout;
    String::from_utf8(said).unwrap().contains("rx-vlan-offload: on")
}

//! An agent may be killed at any moment, and is, again and again.

use std::thread;
use std::time::Duration;

use interlink_tests::agent::Agent;
use interlink_tests::datagram::Stream;
use interlink_tests::lab::{Lab, ON_PREMISES, SPOOFED, VPC_HOST};
use interlink_tests::random::Random;

use crate::support::{CONFIG, settled, start, with};

const KILLS: usize = 100;

/// The longest that an agent lives, in milliseconds: some die before they have read the file, some enforce it.
const LONGEST_LIFE: usize = 300;

/// An address of the on-premises side that some of the policies list.
const SOMETIMES: &str = "10.21.0.1";

#[test]
fn a_hundred_kills_let_nothing_through_and_lose_nothing() {
    let policies = policies();
    let random = &mut Random::new(100);
    let lab = Lab::new();
    lab.on_premises.ip(&format!("address add {SOMETIMES}/32 dev lo"));
    lab.write_config(&policies[0]);
    drop(start(&lab));

    let pairs = [
        (ON_PREMISES.v4, VPC_HOST.v4),
        (ON_PREMISES.v6, VPC_HOST.v6),
        (SPOOFED.v4, VPC_HOST.v4),
        (SPOOFED.v6, VPC_HOST.v6),
        (SOMETIMES, VPC_HOST.v4),
    ];
    let streams = pairs.map(|(from, to)| Stream::start(&lab, from, to));
    for _ in 0..KILLS {
        lab.write_config(&policies[random.below(policies.len())]);
        let agent = Agent::start(&lab);
        sleep(random);
        if random.one_in(2) {
            lab.write_config(&policies[random.below(policies.len())]);
            agent.signal("HUP");
            sleep(random);
        }
        agent.signal("KILL");
        assert_eq!(agent.wait(), None);
    }
    let [v4, v6, spoofed_v4, spoofed_v6, sometimes] = streams.map(Stream::finish);
    for allowed in [v4, v6] {
        assert!(allowed.sent.len() > 1000, "{} datagrams", allowed.sent.len());
        assert_eq!(allowed.arrived.len(), allowed.sent.len(), "every policy allows them");
    }
    for spoofed in [spoofed_v4, spoofed_v6] {
        assert!(spoofed.sent.len() > 1000, "{} datagrams", spoofed.sent.len());
        assert_eq!(spoofed.arrived, [0; 0], "no policy allows them");
    }
    let (sent, arrived) = (sometimes.sent.len(), sometimes.arrived.len());
    assert!(
        arrived > 100 && sent - arrived > 100,
        "{arrived} of {sent}: the policies took turns"
    );

    let _agent = Agent::start(&lab);
    settled(&lab);
}

/// Policies that all list the on-premises host, and none the spoofed one: in the link's entry and in tables, and two of
/// them a single prefix apart.
fn policies() -> Vec<String> {
    let others: Vec<String> = (0..200)
        .map(|i| format!("\"10.{}.{}.0/25\"", 100 + i % 50, i))
        .collect();
    let others = others.join(", ");
    let listing = |v4: &str, v6: &str| {
        let config = with(CONFIG, "\"10.20.0.0/16\"", v4);
        with(&config, "\"2001:db8:20::/48\"", v6)
    };
    vec![
        CONFIG.to_owned(),
        listing("\"10.20.0.0/15\"", "\"2001:db8:20::/47\""),
        listing(&format!("\"10.20.0.0/16\", {others}"), "\"2001:db8:20::/48\""),
        listing(
            &format!("\"10.20.0.0/16\", \"10.21.0.0/24\", {others}"),
            "\"2001:db8:20::/48\"",
        ),
    ]
}

fn sleep(random: &mut Random) {
    let milliseconds = u64::try_from(random.below(LONGEST_LIFE)).unwrap();
    thread::sleep(Duration::from_millis(milliseconds));
}

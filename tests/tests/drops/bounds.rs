//! Nothing is sampled but what somebody watches, and no more than was asked for.

use std::time::{Duration, Instant};

use interlink_common::Reason;
use interlink_tests::agent;
use interlink_tests::packet::Frame;

use crate::support::{Watcher, flood, open, sampled, sampling, until};

fn spoofed() -> Vec<u8> {
    Frame::ethernet().ipv4("10.99.0.1", "172.16.4.10").tcp(1, 2).bytes()
}

#[test]
fn nothing_is_sampled_while_nobody_watches() {
    let (lab, _agent) = open();
    flood(&lab, "spoofed", &spoofed(), 10_000);
    assert_eq!(sampled(&lab, Reason::SourceNotAllowed), [0, 0, 0]);
    let watcher = Watcher::start(&lab, &[]);
    assert!(watcher.is_silent(), "nothing from before it began");
}

#[test]
fn a_flood_is_bounded_and_hides_no_other_reason() {
    let (lab, _agent) = open();
    let watcher = Watcher::start(&lab, &["--per-second", "3"]);
    let begin = Instant::now();
    flood(&lab, "spoofed", &spoofed(), 1_000_000);
    let other = Frame::ethernet()
        .vlan(9)
        .ipv4("10.20.0.1", "172.16.4.10")
        .tcp(1, 2)
        .bytes();
    flood(&lab, "other", &other, 1);
    until(
        || watcher.line().contains("unknown_vlan"),
        "the one packet is seen among a million of another reason",
    );
    let (code, said) = watcher.end("INT");
    let seconds = begin.elapsed().as_secs() + 2;
    let numbers: Vec<u64> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [shown, left_out, lost] = numbers[..] else {
        panic!("{said}")
    };
    assert_eq!(code, Some(0));
    assert!(shown <= 3 * seconds + 1, "{said}, in {seconds} s");
    assert_eq!(shown + left_out + lost, 1_000_001, "every one is accounted for: {said}");
}

#[test]
fn a_ring_that_nobody_empties_loses_and_counts() {
    let (lab, _agent) = open();
    let watcher = Watcher::start(&lab, &["--per-second", "1000000"]);
    watcher.signal("STOP");
    flood(&lab, "spoofed", &spoofed(), 100_000);
    let [_, _, lost] = sampled(&lab, Reason::SourceNotAllowed);
    assert!(lost > 90_000, "{lost}");
    watcher.signal("CONT");
    let (code, said) = watcher.end("INT");
    assert_eq!(code, Some(0));
    assert!(said.contains(&format!(" {lost} lost")), "{said}");
}

#[test]
fn a_killed_watcher_is_forgotten_and_another_takes_over() {
    let (lab, _agent) = open();
    let watcher = Watcher::start(&lab, &["--per-second", "1000"]);
    watcher.signal("KILL");
    drop(watcher);
    assert_ne!(sampling(&lab).until, 0, "it had no time to say goodbye");
    flood(&lab, "spoofed", &spoofed(), 10);
    std::thread::sleep(Duration::from_millis(3200));
    let before = sampled(&lab, Reason::SourceNotAllowed);
    flood(&lab, "spoofed", &spoofed(), 1000);
    assert_eq!(sampled(&lab, Reason::SourceNotAllowed), before);
    assert_eq!(sampling(&lab).until, 0, "the program itself ended it");

    let next = Watcher::start(&lab, &[]);
    assert!(next.is_silent(), "what the killed one left is not shown");
    flood(&lab, "spoofed", &spoofed(), 1);
    assert!(next.line().contains("source_not_allowed"));
}

#[test]
fn a_watcher_outlives_a_program_and_finds_the_next() {
    let (lab, agent) = open();
    let watcher = Watcher::start(&lab, &[]);
    agent.signal("TERM");
    agent.wait();
    assert!(agent::run(&lab, &["unload"]).status.success());
    let _agent = interlink_tests::agent::Agent::start(&lab);
    agent::wait_for(&lab, "an open link", |status| {
        status["links"][0]["families"][0]["enforced"] == true
    });
    until(|| sampling(&lab).until != 0, "the new program samples");
    flood(&lab, "spoofed", &spoofed(), 1);
    assert!(watcher.line().contains("source_not_allowed"));
    assert_eq!(watcher.end("INT").0, Some(0));
}

#[test]
fn it_ends_when_nobody_reads_it() {
    let (lab, _agent) = open();
    let binary = agent::binary();
    let script = format!("{} drops | head -n 1", binary.display());
    let mut command = lab.gateway.command("sh");
    command.args(["-c", &script]);
    command
        .env("INTERLINK_SOCKET", lab.socket())
        .env("INTERLINK_BPFFS", lab.bpffs());
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    until(|| sampling(&lab).until != 0, "the program samples");
    until(
        || {
            flood(&lab, "spoofed", &spoofed(), 1);
            std::thread::sleep(Duration::from_millis(100));
            child.try_wait().unwrap().is_some()
        },
        "it ends",
    );
}

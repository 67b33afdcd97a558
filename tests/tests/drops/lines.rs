//! What is shown of a packet, and of which.

use interlink_tests::agent;
use interlink_tests::lab::{ON_PREMISES, SPOOFED, VPC_HOST};
use interlink_tests::packet::Frame;
use interlink_tests::traffic::{Outcome, Ping};
use serde_json::Value;

use crate::support::{Watcher, flood, open, sampling};

const SPOOFED_PING: &str = "link0 paris source_not_allowed: IP 10.99.0.1 > 172.16.4.10: ICMP echo request, id ";

#[test]
fn a_spoofed_ping_is_shown_and_an_allowed_one_is_not() {
    let (lab, _agent) = open();
    let watcher = Watcher::start(&lab, &[]);
    let allowed = Ping::start(&lab, ON_PREMISES.v4, VPC_HOST.v4).finish();
    let spoofed = Ping::start(&lab, SPOOFED.v4, VPC_HOST.v4).finish();
    assert_eq!((allowed, spoofed), (Outcome::Flows, Outcome::Blocked));
    let line = watcher.line();
    assert!(
        line.starts_with(SPOOFED_PING) && line.ends_with(", seq 1, length 64"),
        "{line}"
    );
    let (code, said) = watcher.end("INT");
    assert_eq!(
        (code, said.as_str()),
        (Some(0), "1 packets shown, 0 left out by --per-second, 0 lost")
    );
    assert_eq!(sampling(&lab).until, 0, "nothing is sampled once nobody watches");
}

#[test]
fn filters_are_kept_by_the_program_itself() {
    let (lab, _agent) = open();
    let syn = Frame::ethernet()
        .ipv4("10.20.0.1", "172.16.99.10")
        .tcp(40000, 443)
        .bytes();
    let unknown = Frame::ethernet()
        .vlan(7)
        .ipv4("10.20.0.1", "172.16.4.10")
        .tcp(40000, 443)
        .bytes();
    let watcher = Watcher::start(&lab, &["--reason", "destination_not_allowed", "--link", "paris"]);
    for _ in 0..3 {
        flood(&lab, "unknown", &unknown, 1);
    }
    flood(&lab, "syn", &syn, 1);
    assert_eq!(
        watcher.line(),
        "link0 paris destination_not_allowed: IP 10.20.0.1.40000 > 172.16.99.10.443: Flags [S], length 0"
    );
    assert!(watcher.is_silent());
    assert_eq!(watcher.end("TERM").0, Some(0));

    let watcher = Watcher::start(&lab, &["--reason", "unknown_vlan", "--count", "2"]);
    flood(&lab, "syn", &syn, 1);
    flood(&lab, "unknown", &unknown, 2);
    let line = "link0 (no link) unknown_vlan: vlan 7, IP 10.20.0.1.40000 > 172.16.4.10.443: Flags [S], length 0";
    assert_eq!([watcher.line(), watcher.line()], [line, line]);
    assert_eq!(watcher.wait().0, Some(0), "--count ends it");
}

#[test]
fn json_has_every_field() {
    let (lab, _agent) = open();
    let watcher = Watcher::start(&lab, &["--json", "--count", "1"]);
    let frame = Frame::ethernet()
        .ipv4("10.99.0.1", "172.16.4.10")
        .udp(53, 54, &[7; 200])
        .bytes();
    flood(&lab, "udp", &frame, 1);
    let line: Value = serde_json::from_str(&watcher.line()).unwrap();
    assert_eq!(line["link"], "paris");
    assert_eq!(line["reason"], "source_not_allowed");
    assert_eq!(line["packet"], "IP 10.99.0.1.53 > 172.16.4.10.54: UDP, length 200");
    assert_eq!(line["length"], frame.len());
    assert_eq!(line["frame"].as_str().unwrap().len(), 2 * 128);
    assert!(line["time"].as_str().unwrap().ends_with('Z') && line["vlan"].is_null() && line["cpu"].is_u64());
}

#[test]
fn it_works_without_the_agent_but_for_the_names() {
    let (lab, agent) = open();
    drop(agent);
    let watcher = Watcher::start(&lab, &[]);
    let frame = Frame::ethernet().ipv4("10.99.0.1", "172.16.4.10").tcp(1, 2).bytes();
    flood(&lab, "tcp", &frame, 1);
    let line = watcher.line();
    assert!(line.starts_with("link0 (untagged) source_not_allowed: IP "), "{line}");
    let refused = agent::run(&lab, &["drops", "--link", "paris"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(6), "{said}");
    assert!(said.contains("only a running agent knows what --link names"), "{said}");
}

#[test]
fn what_cant_be_watched_is_said() {
    let (lab, agent) = open();
    let said = |arguments: &[&str]| {
        let output = agent::run(&lab, &[&["drops"], arguments].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text) = said(&["--reason", "source_not_alowed"]);
    assert_eq!(code, Some(2));
    assert!(
        text.contains("source_not_allowed") && text.contains("similar"),
        "{text}"
    );
    let (code, text) = said(&["--reason", "allowed"]);
    assert_eq!(code, Some(2), "what passes is no reason to drop: {text}");
    let (code, text) = said(&["--link", "lyon"]);
    assert_eq!(
        (code, text.trim()),
        (
            Some(2),
            "interlink-agent: there is no link \"lyon\": the links are \"paris\""
        )
    );

    let first = Watcher::start(&lab, &[]);
    let (code, text) = said(&[]);
    assert_eq!(code, Some(5), "{text}");
    assert!(
        text.contains("another `interlink-agent drops` watches link0: end it first"),
        "{text}"
    );
    assert_eq!(first.end("INT").0, Some(0));

    agent.signal("TERM");
    agent.wait();
    assert!(agent::run(&lab, &["unload"]).status.success());
    let (code, text) = said(&[]);
    assert_eq!(code, Some(6), "{text}");
    assert!(text.contains("no program of ours is loaded below "), "{text}");
}

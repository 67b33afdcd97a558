//! The socket, and what others may do to it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::{self, Lab};
use serde_json::Value;

use crate::kernel::routes;
use crate::support::{CONFIG, ROUTES, enforcing, eventually, start, succeeds};

#[test]
fn the_socket_is_for_its_owner_alone() {
    let (lab, _agent) = enforcing();
    let mode = fs::metadata(lab.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}

#[test]
fn garbage_is_answered_as_such_and_changes_nothing() {
    let (lab, _agent) = enforcing();
    for garbage in [
        &b"\n"[..],
        b"hello\n",
        b"\xff\xfe\x00\n",
        b"[]\n",
        b"{\"request\":\"frobnicate\"}\n",
        b"{\"request\":\"explain\",\"source\":\"here\"}\n",
        b"{\"request\":\"try\",\"candidate\":\"\",\"confirm_within_seconds\":0}\n",
    ] {
        let answer = exchange(&lab, garbage);
        assert_eq!(answer["answer"], "refused", "{answer}");
        assert_eq!(answer["code"], 2, "{answer}");
        let text = answer["text"].as_str().unwrap();
        assert!(text.starts_with("that is no request of this version: "), "{text}");
    }
    assert_eq!(succeeds(&lab, &["plan"]), "nothing to do\n");
}

#[test]
fn a_candidate_with_mistakes_is_refused_also_past_the_command() {
    let (lab, _agent) = enforcing();
    let answer = exchange(
        &lab,
        b"{\"request\":\"try\",\"candidate\":\"[agent]\\nrole = 7\",\"confirm_within_seconds\":60}\n",
    );
    assert_eq!(answer["code"], 3, "{answer}");
    let text = answer["text"].as_str().unwrap();
    assert!(text.starts_with("candidate:2:8: agent: role: found 7"), "{text}");
    assert_eq!(routes(&lab), ROUTES);
}

#[test]
fn clients_that_say_half_a_line_or_nothing_keep_nobody_from_being_answered() {
    let (lab, _agent) = enforcing();
    let mut half = connect(&lab);
    half.write_all(b"{\"request\":\"sta").unwrap();
    let _silent: Vec<_> = (0..40).map(|_| connect(&lab)).collect();
    assert!(agent::status(&lab).is_some());
    half.write_all(b"tus\"}\n").unwrap();
    assert_eq!(answer(half)["answer"], "status");
}

#[test]
fn more_clients_than_the_agent_hears_keep_it_neither_from_its_work_nor_from_the_next() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let agent = start(&lab);
    // As many descriptors as this leave none to spare if every client costs one.
    limit_descriptors(&agent, 120);
    let silent: Vec<_> = (0..200).map(|_| connect(&lab)).collect();
    lab.gateway.ip("route del 10.20.0.0/16 table 100");
    eventually("the route to come back", || routes(&lab) == ROUTES);
    assert!(
        !agent::log(&lab).contains("Too many open files"),
        "{}",
        agent::log(&lab)
    );
    drop(silent);
    assert!(agent::status(&lab).is_some());
}

#[test]
fn clients_that_go_away_before_their_answer_do_no_harm() {
    let (lab, _agent) = enforcing();
    for _ in 0..50 {
        connect(&lab).write_all(b"{\"request\":\"status\"}\n").unwrap();
    }
    assert!(agent::status(&lab).is_some());
}

fn connect(lab: &Lab) -> UnixStream {
    let stream = UnixStream::connect(lab.socket()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn exchange(lab: &Lab, line: &[u8]) -> Value {
    let mut stream = connect(lab);
    stream.write_all(line).unwrap();
    answer(stream)
}

fn answer(stream: UnixStream) -> Value {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
}

fn limit_descriptors(agent: &Agent, most: u32) {
    let (pid, limit) = (agent.id().to_string(), format!("--nofile={most}"));
    lab::run(Command::new("prlimit").args(["--pid", &pid, &limit]));
}

//! Commands that ask before they change: plan, explain, and changes on trial.

use std::fs;

use interlink_tests::agent;
use interlink_tests::lab::Lab;
use interlink_tests::traffic::{Outcome, Ping};

use crate::support::{CONFIG, ROUTE, closed, enforcing, eventually, failure, routes};

#[test]
fn a_plan_says_what_would_be_done_and_does_nothing() {
    let (lab, _agent) = enforcing();
    assert_eq!(stdout(&lab, &["plan"]), "nothing to do\n");
    let candidate = candidate(&lab, &closed());
    assert_eq!(
        stdout(&lab, &["plan", "--config", &candidate]),
        "  1. set the link on link0 (untagged): IPv4 propagation_disabled, IPv6 no_routing_policy: a gate closes\n  \
         2. remove 1 route (10.20.0.0/16 via 169.254.0.101 dev link0 table 100 metric 100): not wanted\n"
    );
    assert_eq!(routes(&lab), [ROUTE]);
}

#[test]
fn explain_agrees_with_a_real_packet() {
    let (lab, _agent) = enforcing();
    for (source, destination, code, reason) in [
        ("10.20.0.1", "172.16.4.10", 0, "allowed"),
        ("10.99.0.1", "172.16.4.10", 8, "source_not_allowed"),
        ("10.20.0.1", "172.16.99.10", 8, "destination_not_allowed"),
    ] {
        let output = agent::run(&lab, &["explain", source, destination]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains(&format!("reason       {reason}:")), "{text}");
        let expected = if code == 0 { Outcome::Flows } else { Outcome::Blocked };
        assert_eq!(
            Ping::start(&lab, source, destination).finish(),
            expected,
            "{source} to {destination}"
        );
    }
}

#[test]
fn a_trial_is_undone_by_itself_or_by_hand_and_kept_when_confirmed() {
    let (lab, _agent) = enforcing();
    let candidate = candidate(&lab, &closed());
    let try_for = |time: &str| {
        stdout(&lab, &["reload", "--config", &candidate, "--confirm-within", time]);
        eventually("the trial to be in force", || routes(&lab).is_empty());
    };
    try_for("1s");
    eventually("the trial to be undone", || routes(&lab) == [ROUTE]);

    try_for("60s");
    assert_eq!(stdout(&lab, &["undo"]), "undone\n");
    eventually("the trial to be undone", || routes(&lab) == [ROUTE]);
    assert_eq!(fs::read_to_string(lab.config()).unwrap(), CONFIG);

    try_for("60s");
    assert_eq!(stdout(&lab, &["confirm"]), "confirmed\n");
    assert_eq!(fs::read_to_string(lab.config()).unwrap(), closed());
    let (code, error) = failure(&agent::run(&lab, &["confirm"]));
    assert_eq!(
        (code, error.as_str()),
        (
            1,
            "interlink-agent: no change is on trial: nothing to confirm or to undo\n"
        )
    );
}

#[test]
fn a_checked_file_prints_as_it_was_understood_and_reads_the_same_again() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let printed = stdout(&lab, &["check", "--print", lab.config().to_str().unwrap()]);
    assert!(printed.contains("status = \"active\"\n"), "{printed}");
    let again = candidate(&lab, &printed);
    assert_eq!(stdout(&lab, &["check", "--print", &again]), printed);
}

fn candidate(lab: &Lab, text: &str) -> String {
    let path = lab.directory.join("candidate.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[track_caller]
fn stdout(lab: &Lab, arguments: &[&str]) -> String {
    let output = agent::run(lab, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

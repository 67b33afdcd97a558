//! Commands that ask before they change: plans, and changes on trial.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use interlink_tests::agent;
use interlink_tests::lab::Lab;

use crate::kernel::routes;
use crate::support::{
    CONFIG, ROUTES, ask, closed, enforcing, eventually, fails, file, path, settled, start, succeeds, with,
};

const NO_TRIAL: &str = "no change is on trial: nothing to confirm or to undo";

#[test]
fn a_plan_says_what_would_be_done_and_does_nothing() {
    let (lab, _agent) = enforcing();
    assert_eq!(succeeds(&lab, &["plan"]), "nothing to do\n");
    let candidate = file(&lab, "next.toml", &closed());
    assert_eq!(
        succeeds(&lab, &["plan", "--config", &candidate]),
        "  1. set the link on link0 (untagged): IPv4 propagation_disabled, IPv6 propagation_disabled: a gate closes\n  \
         2. remove 2 routes (10.20.0.0/16 via 169.254.0.101 dev link0 table 100 metric 100; 2001:db8:20::/48 via \
         fd00::1 dev link0 table 100 metric 100): not wanted\n"
    );
    let elsewhere = file(&lab, "elsewhere.toml", &with(CONFIG, "link0", "link9"));
    let plan = succeeds(&lab, &["plan", "--config", &elsewhere]);
    assert!(plan.ends_with("  !  interface link9 doesn't exist\n"), "{plan}");
    assert_eq!(routes(&lab), ROUTES);
    assert_eq!(fs::read_to_string(lab.config()).unwrap(), CONFIG);
    settled(&lab);
}

#[test]
fn a_trial_is_undone_when_its_time_is_over() {
    let (lab, _agent) = enforcing();
    let candidate = file(&lab, "next.toml", &closed());
    assert_eq!(
        succeeds(&lab, &["reload", "--config", &candidate, "--confirm-within", "2s"]),
        "the candidate is being enforced; it is undone in 2 s unless you run `interlink-agent confirm`\n"
    );
    let status = agent::status(&lab).unwrap();
    let left = status["source"]["confirm_within_seconds"].as_u64().unwrap();
    assert!((1..=2).contains(&left), "{left}");
    eventually("the routes to go", || routes(&lab).is_empty());
    eventually("the trial to be over", || routes(&lab) == ROUTES);
    let status = settled(&lab);
    assert_eq!(status["source"]["confirm_within_seconds"], serde_json::Value::Null);
    assert_eq!(status["source"]["error"], serde_json::Value::Null);
    assert_eq!(fs::read_to_string(lab.config()).unwrap(), CONFIG);
    assert_eq!(ask(&lab, &["confirm"]), fails(1, NO_TRIAL));
}

#[test]
fn a_trial_is_undone_by_hand() {
    let (lab, _agent) = enforcing();
    on_trial(&lab);
    let text = succeeds(&lab, &["status"]);
    assert!(text.contains("  ! on trial: undone in "), "{text}");
    assert_eq!(succeeds(&lab, &["undo"]), "undone\n");
    settled(&lab);
    assert_eq!(routes(&lab), ROUTES);
    assert_eq!(ask(&lab, &["undo"]), fails(1, NO_TRIAL));
}

#[test]
fn a_trial_that_is_confirmed_becomes_the_file_and_its_permissions_and_link_stay() {
    let (lab, agent) = enforcing();
    let real = lab.directory.join("real.toml");
    fs::rename(lab.config(), &real).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.toml", lab.config()).unwrap();
    succeeds(&lab, &["reload"]);

    let beside = file(&lab, "real.new", "another's");
    on_trial(&lab);
    assert_eq!(succeeds(&lab, &["confirm"]), "confirmed\n");
    assert_eq!(fs::read_to_string(&real).unwrap(), closed());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(lab.config().is_symlink());
    assert_eq!(fs::read_to_string(beside).unwrap(), "another's");
    let status = settled(&lab);
    assert_eq!(status["source"]["confirm_within_seconds"], serde_json::Value::Null);

    agent.signal("TERM");
    agent.wait();
    let _agent = start(&lab);
    assert_eq!(routes(&lab), [""; 0]);
}

#[test]
fn a_trial_ends_with_its_agent() {
    let (lab, agent) = enforcing();
    on_trial(&lab);
    agent.signal("KILL");
    agent.wait();
    assert_eq!(routes(&lab), [""; 0]);
    let _agent = start(&lab);
    assert_eq!(routes(&lab), ROUTES);
}

#[test]
fn a_file_that_is_saved_ends_a_trial_for_good() {
    let (lab, _agent) = enforcing();
    on_trial(&lab);
    lab.write_config(&with(CONFIG, "routing_policy_v6 = \"prod-v6\"\n", ""));
    eventually("the file to be followed", || routes(&lab) == ROUTES[..1]);
    assert_eq!(ask(&lab, &["undo"]), fails(1, NO_TRIAL));
}

#[test]
fn a_candidate_with_mistakes_is_not_tried() {
    let (lab, _agent) = enforcing();
    let candidate = file(&lab, "next.toml", &with(CONFIG, "10.20.0.0/16", "10.20.0.0/33"));
    let words = format!(
        "{candidate}:10:22: routing_policy \"prod-v4\": prefix_filter_in: found \"10.20.0.0/33\", expected an IPv4 prefix \
         such as \"10.20.0.0/16\""
    );
    for command in [
        &["plan", "--config", &candidate][..],
        &["reload", "--config", &candidate, "--confirm-within", "60s"],
    ] {
        assert_eq!(ask(&lab, command), fails(3, &words));
    }
    let missing = path(&lab.directory.join("missing.toml")).to_owned();
    let words = format!("can't read {missing}: No such file or directory (os error 2)");
    assert_eq!(ask(&lab, &["plan", "--config", &missing]), fails(3, &words));
    assert_eq!(ask(&lab, &["confirm"]), fails(1, NO_TRIAL));
    assert_eq!(routes(&lab), ROUTES);
}

/// Puts the closed configuration on trial for as long as the test takes.
fn on_trial(lab: &Lab) {
    let candidate = file(lab, "next.toml", &closed());
    succeeds(lab, &["reload", "--config", &candidate, "--confirm-within", "5m"]);
    settled(lab);
    assert_eq!(routes(lab), [""; 0]);
}

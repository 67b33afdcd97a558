//! Who may speak to us.

use std::fs;
use std::thread;
use std::time::Duration;

use interlink_tests::agent::Agent;
use interlink_tests::lab::Lab;

use crate::support::{CONFIG, Customer, established_with, eventually, routes, sessions, wait_until_up};

#[test]
fn segments_are_signed_with_the_key_and_other_keys_are_not_heard() {
    let lab = Lab::new();
    let key = lab.directory.join("key");
    fs::write(&key, "a secret\n").unwrap();
    lab.write_config(&format!("{CONFIG}md5_key_file = \"{}\"\n", key.display()));
    let customer = |password: &str| Customer {
        session: format!("password \"{password}\";"),
        ..Customer::default()
    };
    let bird = customer("another").start(&lab);
    let _agent = Agent::start(&lab);
    eventually(&lab, "the agent to try", || sessions(&lab).len() == 2);
    thread::sleep(Duration::from_secs(5));
    assert!(sessions(&lab).iter().all(|session| session["established"] == 0));
    bird.configure(&customer("a secret").config());
    wait_until_up(&lab);
    eventually(&lab, "both to be learned", || routes(&lab).len() == 2);
}

#[test]
fn a_key_that_cannot_be_read_is_said_and_found_when_it_is_there() {
    let lab = Lab::new();
    let key = lab.directory.join("key");
    lab.write_config(&format!("{CONFIG}md5_key_file = \"{}\"\n", key.display()));
    let customer = Customer {
        session: "password \"a secret\";".to_owned(),
        ..Customer::default()
    };
    let _bird = customer.start(&lab);
    let _agent = Agent::start(&lab);
    let names_it = |session: &serde_json::Value| {
        let error = session["last_error"].as_str();
        error.is_some_and(|error| error.contains("md5_key_file"))
    };
    eventually(&lab, "the missing file to be named", || {
        let sessions = sessions(&lab);
        sessions.len() == 2 && sessions.iter().all(names_it)
    });
    fs::write(&key, "a secret").unwrap();
    wait_until_up(&lab);
}

#[test]
fn what_comes_from_further_away_than_the_link_is_not_heard() {
    let secure = Customer {
        session: "ttl security on;".to_owned(),
        ..Customer::default()
    };
    let config = CONFIG.to_owned() + "ttl_security = true\n";
    let (lab, _agent, bird) = established_with(&config, &secure);
    eventually(&lab, "both to be learned", || routes(&lab).len() == 2);
    // Its packets arrive with a lower TTL now, as if a router were between.
    bird.configure(&Customer::default().config());
    eventually(&lab, "nobody to be heard", || {
        sessions(&lab).iter().all(|session| session["state"] != "established")
    });
    thread::sleep(Duration::from_secs(5));
    assert!(sessions(&lab).iter().all(|session| session["established"] == 1));
}

#[test]
fn a_stranger_on_the_link_is_sent_away() {
    let lab = Lab::new();
    lab.gateway.ip("address add 169.254.1.1/24 dev link0");
    lab.on_premises.ip("address add 169.254.1.3/24 dev eth0");
    let addresses = |text: &str| {
        text.replace("169.254.0.100/31", "169.254.1.1/24")
            .replace("169.254.0.101/31", "169.254.1.2/24")
    };
    lab.write_config(&addresses(CONFIG));
    let _agent = Agent::start(&lab);
    eventually(&lab, "the agent to try", || sessions(&lab).len() == 2);
    let mut connect = lab.on_premises.command("timeout");
    connect.args(["3", "nc", "-s", "169.254.1.3", "169.254.1.1", "179"]);
    let output = connect.output().unwrap();
    assert_eq!(output.stdout, b"", "nothing is said to it");
}

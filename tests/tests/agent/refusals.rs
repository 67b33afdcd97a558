//! Bad input: a sentence, an exit code, and a kernel as it was.

use std::process::Command;

use interlink_tests::agent;
use interlink_tests::lab::Lab;

use crate::support::{CONFIG, assert_untouched, enforcing, failure, program};

/// Each mistake, and what `check` and `run` say of it behind the name of the file.
#[test]
fn mistakes_in_the_file_are_all_told_with_their_places_and_change_nothing() {
    let lab = Lab::new();
    let cases = [
        (
            "vpc = \"prod\"",
            "vpcs = \"prod\"",
            "17:1: link \"paris\": there is no key `vpcs`: did you mean `vpc`?\n",
        ),
        (
            "10.20.0.0/16",
            "10.20.0.1/16",
            "11:22: routing_policy \"prod-v4\": prefix_filter_in: 10.20.0.1/16 has host bits set: the network is \
             10.20.0.0/16\n",
        ),
        (
            "10.20.0.0/16",
            "2001:db8::/32",
            "11:22: routing_policy \"prod-v4\": prefix_filter_in: 2001:db8::/32 is IPv6, not IPv4: a policy holds \
             prefixes of one family, which `is_ipv6` says\n",
        ),
        (
            "policy_v4 = \"prod-v4\"",
            "policy_v4 = \"other\"",
            "18:21: link \"paris\": routing_policy_v4: there is no routing_policy \"other\": add a \
             `[[routing_policy]]` with that name, or correct it\n",
        ),
        (
            "vpc = \"prod\"",
            "vpc = \"other\"",
            "17:7: link \"paris\": vpc: there is no vpc \"other\": add a `[[vpc]]` with that name, or correct it\n",
        ),
    ];
    for (found, replaced, message) in cases {
        lab.write_config(&CONFIG.replace(found, replaced));
        refused(&lab, &[message]);
    }
    let twice = CONFIG.split_once("[[link]]").unwrap().1.replace("paris", "milan");
    lab.write_config(&format!("{CONFIG}\n[[link]]{twice}").replace("10.20.0.0/16", "10.20.0.1/16"));
    refused(
        &lab,
        &[
            "11:22: routing_policy \"prod-v4\": prefix_filter_in: 10.20.0.1/16 has host bits set",
            "link \"milan\": vlan: link0 (untagged) is the place of link \"paris\" already",
        ],
    );
}

#[test]
fn a_file_that_cant_be_read_is_named() {
    let lab = Lab::new();
    let (code, error) = failure(&agent::run(&lab, &["check", "/nowhere/interlink.toml"]));
    assert_eq!(code, 3);
    assert_eq!(
        error,
        "interlink-agent: can't read /nowhere/interlink.toml: No such file or directory (os error 2)\n"
    );
}

#[test]
fn a_nic_that_doesnt_exist_is_named_and_nothing_is_changed() {
    let lab = Lab::new();
    lab.write_config(&CONFIG.replace("link0", "link9"));
    let (code, error) = failure(&run(&lab));
    assert_eq!(code, 7, "{error}");
    assert!(
        error.ends_with("interlink-agent: interface link9 doesn't exist\n"),
        "{error}"
    );
    assert_untouched(&lab);
}

#[test]
fn a_nic_without_native_xdp_says_so_and_works_in_generic_mode_on_request() {
    let lab = Lab::new();
    lab.gateway.ip("link add bridge0 type bridge");
    lab.gateway.ip("link set bridge0 up");
    let config = CONFIG.replace("link0", "bridge0");
    lab.write_config(&config);
    let (code, error) = failure(&run(&lab));
    assert_eq!(code, 7, "{error}");
    assert!(error.contains("bridge0 can't run XDP natively"), "{error}");
    assert!(error.contains("xdp_mode = \"generic\""), "{error}");
    assert_untouched(&lab);
    assert_eq!(program(&lab, "bridge0"), None);

    lab.write_config(&format!(
        "{config}\n[[nic]]\ninterface = \"bridge0\"\nxdp_mode = \"generic\"\n"
    ));
    let _agent = agent::Agent::start(&lab);
    let status = agent::wait_for(&lab, "generic mode", |status| {
        status["nics"][0]["attached"] == "generic"
    });
    assert_eq!(status["nics"][0]["interface"], "bridge0");
}

#[test]
fn somebody_elses_program_is_named_and_left_alone() {
    let (lab, agent) = enforcing();
    agent.signal("TERM");
    agent.wait();
    let theirs = program(&lab, "link0").unwrap();
    // Whoever doesn't see the pins doesn't know the program for its own.
    let elsewhere = lab.directory.join("other");
    std::fs::create_dir(&elsewhere).unwrap();
    interlink_tests::lab::run(Command::new("mount").args(["-t", "bpf", "bpf"]).arg(&elsewhere));
    let mut command = agent::command(&lab, &["run", "--config"]);
    command.arg(lab.config()).env("INTERLINK_BPFFS", &elsewhere);
    let (code, error) = failure(&command.output().unwrap());
    interlink_tests::lab::run(Command::new("umount").arg(&elsewhere));
    assert_eq!(code, 7, "{error}");
    assert!(
        error.contains(&format!(
            "link0 runs an XDP program that isn't ours, program {theirs} (interlink)"
        )),
        "{error}"
    );
    assert_eq!(program(&lab, "link0"), Some(theirs));
}

#[test]
fn a_user_without_the_capabilities_is_told_which_are_missing() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let mut command = agent::command(&lab, &["run", "--config"]);
    command.arg(lab.config());
    let mut as_nobody = lab.gateway.command("setpriv");
    as_nobody.args(["--reuid=65534", "--clear-groups", "--inh-caps=-all"]);
    as_nobody
        .arg(agent::binary())
        .args(["run", "--config"])
        .arg(lab.config());
    as_nobody
        .env("INTERLINK_SOCKET", lab.socket())
        .env("INTERLINK_BPFFS", lab.bpffs());
    let (code, error) = failure(&as_nobody.output().unwrap());
    assert_eq!(code, 4, "{error}");
    assert!(error.contains("CAP_BPF and CAP_NET_ADMIN"), "{error}");
    assert_untouched(&lab);
}

#[test]
fn a_bpffs_that_would_end_with_the_agent_is_refused() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let private = lab.directory.join("private");
    std::fs::create_dir(&private).unwrap();
    let mut command = agent::command(&lab, &["run", "--config"]);
    command.arg(lab.config()).env("INTERLINK_BPFFS", &private);
    let (code, error) = failure(&command.output().unwrap());
    assert_eq!(code, 4, "{error}");
    assert!(
        error.contains("is not visible outside the agent's mount namespace"),
        "{error}"
    );
    assert_untouched(&lab);
}

#[test]
fn a_second_agent_is_refused_by_the_pins_and_by_the_socket() {
    let (lab, _agent) = enforcing();
    let (code, error) = failure(&run(&lab));
    assert_eq!(code, 5, "{error}");
    assert!(error.contains("another interlink-agent holds"), "{error}");
    let (code, error) = failure(&agent::run(&lab, &["unload"]));
    assert_eq!(code, 5, "{error}");
}

#[test]
fn commands_without_an_agent_and_commands_that_dont_exist_have_their_codes() {
    let lab = Lab::new();
    let (code, error) = failure(&agent::run(&lab, &["status"]));
    assert_eq!(code, 6);
    assert!(error.contains("no agent answers on"), "{error}");
    assert_eq!(failure(&agent::run(&lab, &["frobnicate"])).0, 2);
    assert_eq!(failure(&agent::run(&lab, &["reload", "--confirm-within", "60s"])).0, 2);
}

/// `check` and `run` both refuse the lab's configuration with these words, and nothing is changed.
#[track_caller]
fn refused(lab: &Lab, messages: &[&str]) {
    let config = lab.config().to_str().unwrap().to_owned();
    for command in [&["check", &config][..], &["run", "--config", &config]] {
        let (code, error) = failure(&agent::run(lab, command));
        assert_eq!(code, 3, "{command:?}: {error}");
        for message in messages {
            assert!(error.contains(message), "{command:?}: {error}, expected {message}");
        }
        assert!(error.starts_with(&format!("interlink-agent: {config}:")), "{error}");
        assert_untouched(lab);
    }
}

fn run(lab: &Lab) -> std::process::Output {
    agent::run(lab, &["run", "--config", lab.config().to_str().unwrap()])
}

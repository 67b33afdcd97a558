//! What the machine has to offer: rights, a BPF file system, a socket, and nobody else at work.

use std::fs;

use interlink_tests::agent;
use interlink_tests::lab::{LINK, Lab};

use crate::kernel::{assert_untouched, attachment, program, routes};
use crate::support::{
    CONFIG, OtherBpffs, ROUTES, Said, ask, copy_for_anybody, enforcing, fails, file, path, run, settled, succeeds,
    to_its_end,
};

const NO_RIGHTS: &str = "the agent lacks CAP_BPF and CAP_NET_ADMIN: run it as root, or give it these capabilities";

#[test]
fn somebody_without_the_rights_is_told_which_are_missing() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    assert_eq!(
        as_nobody(&lab, &["run", "--config", path(&lab.config())]),
        fails(4, NO_RIGHTS)
    );
    assert_eq!(as_nobody(&lab, &["unload"]), fails(4, NO_RIGHTS));
    assert_untouched(&lab);
}

#[test]
fn somebody_else_may_not_talk_to_the_agent() {
    let (lab, _agent) = enforcing();
    let words = format!("may not talk to the agent on {}: run this as root", path(&lab.socket()));
    assert_eq!(as_nobody(&lab, &["status"]), fails(4, &words));
    settled(&lab);
}

#[test]
fn a_bpffs_that_would_end_with_the_agent_is_refused() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let private = lab.directory.join("private");
    fs::create_dir(&private).unwrap();
    let words = format!(
        "the BPF file system at {} is not visible outside the agent's mount namespace, so enforcement would end with \
         the agent (`ip netns exec` makes such namespaces): mount one outside with `mount -t bpf bpf DIRECTORY`, and \
         name it with --bpffs",
        path(&private)
    );
    assert_eq!(with_bpffs(&lab, path(&private)), fails(4, &words));
    assert_untouched(&lab);
}

#[test]
fn where_no_bpffs_can_be_mounted_the_reason_is_told() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let occupied = lab.directory.join("occupied");
    fs::create_dir_all(occupied.join("by something")).unwrap();
    for (directory, why) in [
        (path(&occupied), "the directory isn't empty"),
        ("/nowhere", "No such file or directory (os error 2)"),
    ] {
        let words = format!(
            "there is no BPF file system at {directory}, and none can be mounted there ({why}): mount one with `mount -t \
             bpf bpf DIRECTORY`, and name it with --bpffs"
        );
        assert_eq!(with_bpffs(&lab, directory), fails(4, &words));
    }
    assert_untouched(&lab);
}

#[test]
fn a_second_agent_on_the_same_pins_is_refused_and_the_first_undisturbed() {
    let (lab, _agent) = enforcing();
    let before = (program(&lab, LINK), attachment(&lab));
    let words = format!(
        "another interlink-agent holds {}/interlink: stop it first",
        path(&lab.bpffs())
    );
    let other_socket = path(&lab.directory.join("other.sock")).to_owned();
    let config = lab.config();
    for arguments in [
        &["run", "--config", path(&config)][..],
        &["run", "--config", path(&config), "--socket", &other_socket],
        &["unload"],
    ] {
        assert_eq!(ask(&lab, arguments), fails(5, &words));
    }
    assert_eq!((program(&lab, LINK), attachment(&lab)), before);
    assert_eq!(routes(&lab), ROUTES);
    settled(&lab);
}

#[test]
fn a_second_agent_on_the_same_socket_is_refused_and_leaves_nothing() {
    let (lab, _agent) = enforcing();
    let other = OtherBpffs::new(&lab);
    let words = format!(
        "another agent answers on {}: stop it first, or give this one its own --socket and --bpffs",
        path(&lab.socket())
    );
    assert_eq!(with_bpffs(&lab, path(&other.0)), fails(5, &words));
    assert!(!other.0.join("interlink").exists());
    settled(&lab);
}

#[test]
fn a_file_in_the_place_of_the_socket_is_not_removed() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let precious = file(&lab, "agent.sock", "precious");
    let words = format!("{precious} is there and is no socket: name another with --socket, or remove it");
    assert_eq!(run(&lab), fails(1, &words));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    fs::remove_file(precious).unwrap();
    assert_untouched(&lab);
}

#[test]
fn a_socket_that_a_killed_agent_left_is_taken_over() {
    let (lab, agent) = enforcing();
    agent.signal("KILL");
    assert_eq!(agent.wait(), None);
    assert!(lab.socket().exists());
    let words = format!(
        "no agent answers on {}: start one with `interlink-agent run --config FILE`, or name its socket with --socket",
        path(&lab.socket())
    );
    assert_eq!(ask(&lab, &["status"]), fails(6, &words));
    let _agent = agent::Agent::start(&lab);
    settled(&lab);
    succeeds(&lab, &["status"]);
}

/// Runs an agent with another BPF file system than the lab's.
fn with_bpffs(lab: &Lab, directory: &str) -> Said {
    ask(lab, &["run", "--config", path(&lab.config()), "--bpffs", directory])
}

/// Runs a command of the agent on the gateway as a user who is nobody.
fn as_nobody(lab: &Lab, arguments: &[&str]) -> Said {
    let mut command = lab.gateway.command("setpriv");
    command
        .args(["--reuid=65534", "--clear-groups"])
        .arg(copy_for_anybody(lab))
        .args(arguments);
    command
        .env("INTERLINK_SOCKET", lab.socket())
        .env("INTERLINK_BPFFS", lab.bpffs());
    to_its_end(command)
}

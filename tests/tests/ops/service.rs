//! The unit, and what the agent tells the service manager.

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use interlink_tests::agent;
use interlink_tests::lab::{self, CONFIG, Lab};

use crate::support::{content, read, shipped};

const UNIT: &str = "systemd/interlink-agent.service";

#[test]
fn systemd_takes_the_unit_and_finds_it_hardened() {
    let lab = Lab::new();
    // It looks whether the programs are there.
    let unit = lab.directory.join("interlink-agent.service");
    let binary = agent::binary();
    let text = read(UNIT).replace("/usr/sbin/interlink-agent", binary.to_str().unwrap());
    std::fs::write(&unit, text).unwrap();
    let analyze = || Command::new("systemd-analyze");
    assert_eq!(content(analyze().args(["verify", "--man=no"]).arg(&unit), ""), "");
    // In tenths: what it calls at most 3.0.
    content(
        analyze()
            .args(["security", "--offline=true", "--threshold=30"])
            .arg(shipped(UNIT)),
        "",
    );
}

#[test]
fn the_service_manager_hears_that_the_agent_is_ready_lives_and_goes() {
    let lab = Lab::new();
    lab.write_config(CONFIG);
    let socket = lab.directory.join("notify.sock");
    let listener = UnixDatagram::bind(&socket).unwrap();
    listener.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut command = agent::command(&lab, &["run", "--config"]);
    command
        .arg(lab.config())
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "600000")
        .env("INTERLINK_LOG", "off")
        .stdin(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut heard = String::new();
    let give_up = Instant::now() + Duration::from_secs(30);
    let mut lives = 0;
    while lives < 3 {
        assert!(Instant::now() < give_up, "{heard}");
        let news = receive(&listener);
        lives += usize::from(news.contains("WATCHDOG=1"));
        heard += &news;
    }
    assert_eq!(heard.matches("READY=1").count(), 1, "{heard}");
    let ready = heard.split("READY=1").next().unwrap();
    assert!(ready.contains("STATUS=enforcing"), "ready before it enforces: {heard}");
    // Ready means protected.
    let links = lab.gateway.ip("-details link show dev link0");
    assert!(links.contains("xdp"), "{links}");

    lab::run(Command::new("kill").args(["-TERM", &child.id().to_string()]));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    listener.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut end = String::new();
    let mut buffer = [0; 4096];
    while let Ok(length) = listener.recv(&mut buffer) {
        end += &String::from_utf8_lossy(&buffer[..length]);
    }
    assert!(end.contains("STOPPING=1"), "{end}");
}

fn receive(listener: &UnixDatagram) -> String {
    let mut buffer = [0; 4096];
    let length = listener.recv(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

//! Exit codes, and command lines that can't be understood.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use interlink_agent::exit::Exit;
use interlink_tests::lab::{LINK, Lab};

use crate::support::{CONFIG, OtherBpffs, Said, ask, enforcing, file, path, with};

#[test]
fn every_exit_code_is_given_for_what_it_means() {
    let (lab, _agent) = enforcing();
    let other = OtherBpffs::new(&lab);
    for exit in Exit::ALL {
        let Said { code, stderr, .. } = provoke(&lab, &other, exit);
        assert_eq!(code, Some(exit.code().into()), "{exit:?}: {stderr}");
    }
}

/// Does what should end with a code.
fn provoke(lab: &Lab, other: &OtherBpffs, exit: Exit) -> Said {
    let config = lab.config();
    match exit {
        Exit::Success => ask(lab, &["status"]),
        Exit::Failure => ask(lab, &["confirm"]),
        Exit::Usage => ask(lab, &["frobnicate"]),
        Exit::Config => ask(lab, &["check", "/nowhere.toml"]),
        Exit::System => ask(lab, &["run", "--config", path(&config), "--bpffs", "/nowhere"]),
        Exit::Busy => ask(lab, &["run", "--config", path(&config)]),
        Exit::NotRunning => ask(lab, &["status", "--socket", "/nowhere.sock"]),
        Exit::Unprotected => {
            let missing = file(lab, "missing.toml", &with(CONFIG, LINK, "link9"));
            let socket = lab.directory.join("other.sock");
            let place = ["--bpffs", path(&other.0), "--socket", path(&socket)];
            ask(lab, &[&["run", "--config", &missing], &place[..]].concat())
        }
        Exit::WouldDrop => ask(lab, &["explain", "192.0.2.1", "192.0.2.2"]),
        Exit::Refused => {
            let (token, url) = (file(lab, "token", "hush"), refusing_api(lab));
            let place = ["--api-url", &url, "--region", "fr-par", "--token-file", &token];
            ask(
                lab,
                &[
                    &["propagation", "disable", "49c5a2a4-6a1c-4a37-9d5e-2f3d1a7b0c11"],
                    &place[..],
                ]
                .concat(),
            )
        }
        Exit::NoApi => {
            let token = file(lab, "token", "hush");
            let place = [
                "--api-url",
                "http://127.0.0.1:9",
                "--region",
                "fr-par",
                "--token-file",
                &token,
            ];
            ask(lab, &[&["dedicated-connection", "list"], &place[..]].concat())
        }
    }
}

/// Has an API on the gateway that answers one request, with a refusal. Gives its URL.
fn refusing_api(lab: &Lab) -> String {
    let listener = lab.gateway.run(|| TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        let body = r#"{"type":"locked","message":"","resource":"link","resource_id":"1"}"#;
        let length = body.len();
        let answer = format!("HTTP/1.1 423 Locked\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        stream.write_all(answer.as_bytes()).unwrap();
    });
    format!("http://127.0.0.1:{port}")
}

#[test]
fn a_command_line_that_cant_be_understood_is_told_what_would_be() {
    let lab = Lab::new();
    for (arguments, words) in [
        (&[][..], " <COMMAND>"),
        (&["frobnicate"], "unrecognized subcommand 'frobnicate'"),
        (&["status", "--yaml"], "unexpected argument '--yaml' found"),
        (&["explain", "192.0.2.1"], "<DESTINATION>"),
        (&["explain", "here", "192.0.2.1"], "invalid value 'here' for '<SOURCE>'"),
        (&["reload", "--config", "next.toml"], "--confirm-within <TIME>"),
        (&["reload", "--confirm-within", "60s"], "--config <FILE>"),
        (
            &["reload", "--config", "next.toml", "--confirm-within", "soon"],
            "found \"soon\", expected a time such as 60s or 5m",
        ),
    ] {
        let said = ask(&lab, arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(words), "{arguments:?}: {}", said.stderr);
    }
}

#[test]
fn what_explain_is_asked_must_be_a_packet_of_a_link() {
    let (lab, _agent) = enforcing();
    for (arguments, words) in [
        (
            &["10.20.0.1", "2001:db8:4::10"][..],
            "10.20.0.1 is IPv4, 2001:db8:4::10 is IPv6: a packet has both of one family",
        ),
        (
            &["10.20.0.1", "172.16.4.10", "--link", "milan"],
            "there is no link \"milan\": the links are \"paris\"",
        ),
    ] {
        let said = ask(&lab, &[&["explain"], arguments].concat());
        assert_eq!(said, crate::support::fails(2, words));
    }
}

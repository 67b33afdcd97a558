use std::os::unix::fs::PermissionsExt as _;

use crate::client::Client;
use crate::process::{Controller, Folder, INVENTORY, NOBODY, dedicated, make, path, refused, run};

fn token(folder: &Folder, name: &str, scope: &str) -> String {
    let output = run(folder, &["token", "add", name, "--scope", scope]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_token_does_what_its_scope_says() {
    let folder = Folder::new();
    let (read, report, full) = (
        token(&folder, "reader", "read-only"),
        token(&folder, "agent", "report"),
        token(&folder, "admin", "full"),
    );
    let controller = Controller::start_with(&folder, INVENTORY, &["--require-tokens"]);
    let mut client = controller.client();
    let with = |token: &str| format!("X-Auth-Token: {token}\r\n");

    for (headers, reason) in [
        (String::new(), "invalid_argument"),
        (with(NOBODY), "not_found"),
        (with("x\u{e9}"), "invalid_argument"),
    ] {
        client.headers = headers;
        let answer = client.get(&path("links"));
        refused(&answer, 401, "denied_authentication");
        assert_eq!(
            (&answer.body["method"], &answer.body["reason"]),
            (&"api_key".into(), &reason.into())
        );
        // Who is nobody isn't told what is there.
        refused(&client.get("/banana"), 401, "denied_authentication");
    }
    client.headers = with(&full);
    let link = make(&mut client, "links", &dedicated());
    let reporting = path(&format!("x-interlink/links/{link}/report"));
    let deleting = path(&format!("links/{link}"));
    for (token, may_read, may_report) in [(&read, true, false), (&report, true, true)] {
        client.headers = with(token);
        assert_eq!(client.get(&path("links")).status == 200, may_read);
        let answer = client.post(&reporting, &serde_json::json!({}));
        assert_eq!(answer.status == 200, may_report, "{:?}", answer.body);
        let answer = client.delete(&deleting);
        refused(&answer, 403, "permissions_denied");
        assert_eq!(
            answer.body["details"],
            serde_json::json!([{ "resource": "link", "action": "write" }])
        );
    }
    client.headers = with(&full);
    assert_eq!(client.post(&reporting, &serde_json::json!({})).status, 200);
    assert_eq!(client.delete(&deleting).status, 200);
}

#[test]
fn a_token_works_from_when_it_is_made_until_it_is_removed() {
    let folder = Folder::new();
    token(&folder, "first", "full");
    let controller = Controller::start_with(&folder, INVENTORY, &["--require-tokens"]);
    let second = token(&folder, "second", "read-only");
    let mut client = controller.client();
    client.headers = format!("X-Auth-Token: {second}\r\n");
    assert_eq!(client.get(&path("links")).status, 200);
    let taken = run(&folder, &["token", "add", "second", "--scope", "full"]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(run(&folder, &["token", "remove", "second"]).status.success());
    refused(&client.get(&path("links")), 401, "denied_authentication");
    assert_eq!(run(&folder, &["token", "remove", "second"]).status.code(), Some(1));
    let listed = String::from_utf8(run(&folder, &["token", "list"]).stdout).unwrap();
    assert!(listed.contains("first") && !listed.contains("second"), "{listed}");
}

#[test]
fn the_file_has_no_token_in_it() {
    let folder = Folder::new();
    let token = token(&folder, "admin", "full");
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let found = bytes.windows(token.len()).any(|window| window == token.as_bytes());
        assert!(!found);
    }
}

#[test]
fn a_web_page_is_refused_where_no_token_is_asked_for() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    client.headers = "Origin: https://evil.example\r\n".to_owned();
    refused(&client.get(&path("links")), 403, "permissions_denied");
    client.headers = "X-Auth-Token: anything\r\n".to_owned();
    assert_eq!(client.get(&path("links")).status, 200);
}

#[test]
fn a_page_whose_name_was_pointed_at_this_machine_reads_nothing() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    for (host, status) in [
        ("evil.example:8420", 403),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("10.0.0.1:8420", 403),
        ("localhost:8420", 200),
        ("127.0.0.1", 200),
        ("[::1]:8420", 200),
    ] {
        let mut client = Client::connect(controller.address());
        let head = format!("GET {} HTTP/1.1\r\nHost: {host}\r\n\r\n", path("links"));
        client.say(head.as_bytes()).unwrap();
        assert_eq!(client.hear().unwrap().status, status, "{host}");
    }
}

#[test]
fn only_its_owner_reads_the_database() {
    let folder = Folder::new();
    let _controller = Controller::start(&folder);
    for entry in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        // The lock holds nothing.
        if name.contains(".db") && !name.contains("lock") {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name}");
        }
    }
}

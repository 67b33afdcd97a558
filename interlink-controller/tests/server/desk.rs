use serde_json::json;

use crate::process::{Controller, Folder, NOBODY, hosted, make, partner, path, run};

#[test]
fn the_partner_takes_a_link_by_its_pairing_key_to_its_end() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = client.post(&path("links"), &hosted()).body;
    let id = link["id"].as_str().unwrap().to_owned();
    let key = link["partner"]["pairing_key"].as_str().unwrap();
    let mut status = || client.get(&path(&format!("links/{id}"))).body["status"].clone();
    for (act, expected) in [
        ("approve", "provisioning"),
        ("complete", "active"),
        ("lock", "locked"),
        ("unlock", "active"),
        ("delete", "deprovisioning"),
    ] {
        let said = partner(&folder, act, key);
        assert!(said.contains(&id) && said.contains(expected), "{said}");
        assert!(!said.contains(key), "{said}");
        assert_eq!(status(), json!(expected));
    }
    assert_eq!(client.delete(&path(&format!("links/{id}"))).body["status"], "deleted");
}

#[test]
fn a_refusal_is_read_by_the_user() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let id = make(&mut client, "links", &hosted());
    partner(&folder, "refuse", &id);
    let link = client.get(&path(&format!("links/{id}"))).body;
    assert_eq!(
        (&link["status"], &link["partner"]["disapproved_reason"]),
        (&json!("refused"), &json!("no capacity"))
    );
}

#[test]
fn what_the_partner_cannot_do_is_said_with_a_code() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let id = make(&mut client, "links", &hosted());
    for (act, link, says) in [
        ("complete", id.as_str(), "requested"),
        ("approve", NOBODY, "there is no link"),
    ] {
        let output = run(&folder, &["partner", act, link]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn only_its_owner_reaches_the_desk() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let _controller = Controller::start(&folder);
    let socket = folder.path().join("controller.db.sock");
    let mode = std::fs::metadata(socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

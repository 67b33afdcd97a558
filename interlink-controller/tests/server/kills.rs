use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::client::Client;
use crate::process::{Controller, Folder, hosted, make, path};

/// How many clients write at once while the controller is killed.
const CLIENTS: usize = 4;

#[test]
fn a_killed_controller_has_everything_that_it_answered() {
    let folder = Folder::new();
    let answered: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let deleted: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    for round in 0..5_u64 {
        let controller = Controller::start(&folder);
        let address = controller.address().to_owned();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (address, answered, deleted) = (address.clone(), Arc::clone(&answered), Arc::clone(&deleted));
                thread::spawn(move || write_until_the_end(&address, number, &answered, &deleted))
            })
            .collect();
        thread::sleep(Duration::from_millis(150 + 70 * round));
        controller.kill();
        for client in clients {
            client.join().unwrap();
        }
    }
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let mut found = BTreeSet::new();
    for page in 1.. {
        let answer = client.get(&path(&format!("links?page={page}&page_size=1000"))).body;
        let links = answer["links"].as_array().unwrap();
        if links.is_empty() {
            break;
        }
        found.extend(links.iter().map(|link| link["id"].as_str().unwrap().to_owned()));
    }
    let (answered, deleted) = (answered.lock().unwrap(), deleted.lock().unwrap());
    println!(
        "{} links answered, {} deletions answered, {} links found",
        answered.len(),
        deleted.len(),
        found.len()
    );
    assert!(answered.len() > 20, "hardly anything was answered");
    assert!(deleted.iter().all(|id| !found.contains(id)), "a deleted link is back");
    let lost: Vec<_> = answered
        .iter()
        .filter(|id| !deleted.contains(*id) && !found.contains(*id))
        .collect();
    // One that was under way when the kill came may have been deleted without an answer: it isn't in `answered` then.
    assert!(lost.is_empty(), "answered and lost: {lost:?}");
}

fn write_until_the_end(
    address: &str,
    number: usize,
    answered: &Mutex<BTreeSet<String>>,
    deleted: &Mutex<BTreeSet<String>>,
) {
    let mut client = Client::connect(address);
    for count in 0_usize.. {
        let body = hosted().to_string();
        let Some(answer) = client.try_ask("POST", &path("links"), Some(body.as_bytes())) else {
            return;
        };
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        let id = answer.body["id"].as_str().unwrap().to_owned();
        if !(count + number).is_multiple_of(3) {
            answered.lock().unwrap().insert(id);
            continue;
        }
        // Only who has the answer to the deletion knows that it was done.
        if client.try_ask("DELETE", &path(&format!("links/{id}")), None).is_none() {
            return;
        }
        answered.lock().unwrap().insert(id.clone());
        deleted.lock().unwrap().insert(id);
    }
}

#[test]
fn a_restart_changes_nothing_of_a_link() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &hosted());
    let policy = make(&mut client, "routing-policies", &crate::process::policy());
    for (action, body) in [
        ("attach-vpc", json!({ "vpc_id": crate::process::PROD })),
        ("attach-routing-policy", json!({ "routing_policy_id": policy })),
        ("enable-route-propagation", json!({})),
    ] {
        client.post(&path(&format!("links/{link}/{action}")), &body);
    }
    crate::process::partner(&folder, "approve", &link);
    crate::process::partner(&folder, "complete", &link);
    let report = json!({
        "bgp_v4_status": "up",
        "learned_routes": [{ "destination": "10.20.1.0/24", "nexthop_ip": "169.254.0.1" }],
    });
    client.post(&path(&format!("x-interlink/links/{link}/report")), &report);
    let paths = [
        path(&format!("links/{link}")),
        path(&format!("routing-policies/{policy}")),
        path("partners"),
        "/vpc/v2/regions/fr-par/routes-with-nexthop".to_owned(),
    ];
    let before: Vec<_> = paths.iter().map(|path| client.get(path).body).collect();
    assert_eq!(before[0]["status"], "active");
    assert_eq!(before[3]["total_count"], 1);
    controller.kill();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let after: Vec<_> = paths.iter().map(|path| client.get(path).body).collect();
    assert_eq!(before, after);
}

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Client;
use crate::process::{Controller, Folder, PROD, hosted, make, path};

/// A follower of the stream.
struct Follower(Client);

impl Follower {
    fn new(controller: &Controller, since: Option<u64>) -> Self {
        let mut client = controller.client();
        let query = since.map_or_else(String::new, |since| format!("?since={since}"));
        let head = format!(
            "GET {}{query} HTTP/1.1\r\nHost: localhost\r\n\r\n",
            path("x-interlink/events")
        );
        client.say(head.as_bytes()).unwrap();
        let answer = client.hear().unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("content-type: text/event-stream\r\n"));
        Self(client)
    }

    fn next(&mut self) -> Value {
        loop {
            let line = self.0.line().unwrap();
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

#[test]
fn a_follower_without_a_past_is_told_to_read_everything() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    make(&mut client, "links", &hosted());
    let mut follower = Follower::new(&controller, None);
    assert_eq!(
        follower.next(),
        json!({ "sequence": 1, "links": [], "routing_policies": [], "reset": true })
    );
    // So is one whose past was another database's.
    assert_eq!(Follower::new(&controller, Some(2)).next()["reset"], true);
}

#[test]
fn a_follower_hears_what_it_missed_also_from_before_a_kill() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let (stays, goes) = (
        make(&mut client, "links", &hosted()),
        make(&mut client, "links", &hosted()),
    );
    client.delete(&path(&format!("links/{goes}")));
    controller.kill();
    let controller = Controller::start(&folder);
    let mut follower = Follower::new(&controller, Some(0));
    assert_eq!(
        follower.next(),
        json!({ "sequence": 3, "links": [stays, goes], "routing_policies": [] })
    );
    let mut client = controller.client();
    client.post(&path(&format!("links/{stays}/attach-vpc")), &json!({ "vpc_id": PROD }));
    assert_eq!(
        follower.next(),
        json!({ "sequence": 4, "links": [stays], "routing_policies": [] })
    );
    assert_eq!(
        Follower::new(&controller, Some(4)).next(),
        json!({ "sequence": 4, "links": [], "routing_policies": [] })
    );
}

#[test]
fn every_follower_hears_of_a_change_at_once() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &hosted());
    let mut followers: Vec<_> = (0..50).map(|_| Follower::new(&controller, Some(1))).collect();
    for follower in &mut followers {
        follower.next();
    }
    let mut waits = Vec::new();
    for round in 0..20 {
        let action = if round % 2 == 0 { "enable" } else { "disable" };
        client.post(&path(&format!("links/{link}/{action}-route-propagation")), &json!({}));
        let answered = Instant::now();
        for follower in &mut followers {
            assert_eq!(follower.next()["links"], json!([link]));
        }
        waits.push(answered.elapsed());
    }
    waits.sort_unstable();
    println!(
        "from the answer to the last of 50 followers: median {:?}, longest {:?}",
        waits[10], waits[19]
    );
    assert!(waits[10] < Duration::from_secs(2));
}

#[test]
fn a_change_that_changes_nothing_is_not_told() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &hosted());
    let mut follower = Follower::new(&controller, Some(1));
    follower.next();
    let report = path(&format!("x-interlink/links/{link}/report"));
    client.post(
        &report,
        &json!({ "bgp_v4_status": "disabled", "bgp_v6_status": "disabled" }),
    );
    client.post(&path(&format!("links/{link}/disable-route-propagation")), &json!({}));
    client.post(&path(&format!("links/{link}/enable-route-propagation")), &json!({}));
    assert_eq!(follower.next()["sequence"], 2);
}

#[test]
fn a_silent_stream_says_that_it_lives() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut follower = Follower::new(&controller, Some(0));
    follower.next();
    let start = Instant::now();
    let alive = std::iter::from_fn(|| follower.0.line()).find(|line| line.starts_with(':'));
    assert_eq!(alive.as_deref(), Some(": alive\n"));
    assert!(start.elapsed() < Duration::from_secs(10));
}

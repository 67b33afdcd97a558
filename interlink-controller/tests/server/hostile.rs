use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Client;
use crate::process::{Controller, Folder, NOBODY, hosted, make, path, refused};

#[test]
fn a_body_that_is_no_order_is_a_typed_refusal() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let deep = "[".repeat(100_000);
    let bodies: Vec<Vec<u8>> = vec![
        b"{".to_vec(),
        b"null".to_vec(),
        b"7".to_vec(),
        b"\"text\"".to_vec(),
        b"{} {}".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"{\"name\":\"\xff\"}".to_vec(),
        b"<html></html>".to_vec(),
        b"{\"name\":\"a\",\"name\":\"b\"}".to_vec(),
        b"{\"bandwidth_mbps\":1e400}".to_vec(),
        b"{\"bandwidth_mbps\":99999999999999999999999}".to_vec(),
        format!("{{\"name\":{deep}").into_bytes(),
        format!("{{\"unknown\":{deep}").into_bytes(),
        vec![0; 4096],
    ];
    for body in bodies {
        let mut client = controller.client();
        for collection in ["links", "routing-policies"] {
            let answer = client.ask("POST", &path(collection), Some(&body));
            refused(&answer, 400, "invalid_arguments");
        }
    }
    let mut client = controller.client();
    assert_eq!(client.get(&path("links")).body["total_count"], 0);
}

#[test]
fn a_body_of_another_content_type_is_refused() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &hosted());
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "",
    ] {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 2\r\n\r\n{{}}",
            path(&format!("links/{link}/enable-route-propagation"))
        );
        client.say(head.as_bytes()).unwrap();
        refused(&client.hear().unwrap(), 400, "invalid_arguments");
    }
    assert_eq!(
        client.get(&path(&format!("links/{link}"))).body["enable_route_propagation"],
        false
    );
    // An action without arguments needs no body; with one, parameters of the type are fine.
    let bare = client.ask("POST", &path(&format!("links/{link}/enable-route-propagation")), None);
    assert_eq!(bare.status, 200);
}

#[test]
fn ids_that_are_none_are_refused_by_name() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let long = "a".repeat(5000);
    for id in [
        "x",
        "..",
        "%2e%2e",
        "0",
        "00000000000000000000000000000001",
        "'--",
        "%00",
        &long,
    ] {
        for resource in ["links", "routing-policies", "pops", "partners", "dedicated-connections"] {
            refused(
                &client.get(&path(&format!("{resource}/{id}"))),
                400,
                "invalid_arguments",
            );
        }
        refused(&client.delete(&path(&format!("links/{id}"))), 400, "invalid_arguments");
        let report = path(&format!("x-interlink/links/{id}/report"));
        refused(&client.post(&report, &json!({})), 400, "invalid_arguments");
    }
}

#[test]
fn pages_and_filters_that_are_none_are_refused_by_name() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    for (query, argument) in [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=4294967296", "page"),
        ("page=x", "page"),
        ("page=", "page"),
        ("page_size=0", "page_size"),
        ("page_size=1001", "page_size"),
        ("order_by=banana", "order_by"),
        ("status=banana", "status"),
        ("kind=banana", "kind"),
        ("bgp_v4_status=banana", "bgp_v4_status"),
        ("bandwidth_mbps=x", "bandwidth_mbps"),
        ("vpc_id=x", "vpc_id"),
        ("pop_id=x", "pop_id"),
        ("pairing_key=x", "pairing_key"),
        ("project_id=x", "project_id"),
        ("organization_id=x", "organization_id"),
    ] {
        let answer = client.get(&path(&format!("links?{query}")));
        refused(&answer, 400, "invalid_arguments");
        assert_eq!(answer.body["details"][0]["argument_name"], argument, "{query}");
    }
    for query in [
        "page=4294967295&page_size=1000",
        "name=%ff%00",
        "banana=1",
        "&&=&",
        "status=unknown_link_status",
    ] {
        assert_eq!(client.get(&path(&format!("links?{query}"))).status, 200, "{query}");
    }
    refused(
        &client.get(&path("x-interlink/events?since=x")),
        400,
        "invalid_arguments",
    );
    refused(
        &client.get(&path("x-interlink/events?since=-1")),
        400,
        "invalid_arguments",
    );
}

#[test]
fn heads_that_are_none_end_their_connection_and_no_other() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let heads: [&[u8]; 6] = [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /interlink/v1beta1/regions/fr-par/links HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /interlink/v1beta1/regions/fr-par/links HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for head in heads {
        let mut client = Client::connect(controller.address());
        client.say(head).unwrap();
        if let Some(answer) = client.hear() {
            assert!((400..500).contains(&answer.status), "{}", answer.head);
        }
    }
    let mut client = controller.client();
    client.headers = format!("X-Long: {}\r\n", "a".repeat(1 << 20));
    if let Some(answer) = client.try_ask("GET", &path("links"), None) {
        assert!((400..500).contains(&answer.status), "{}", answer.head);
    }
    assert_eq!(controller.client().get(&path("links")).status, 200);
}

#[test]
fn a_body_that_is_too_long_is_not_read_to_its_end() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
        path("routing-policies")
    );
    client.say(head.as_bytes()).unwrap();
    let chunk = vec![b' '; 1 << 20];
    // The refusal may come, and the connection end, before everything is sent.
    for _ in 0..66 {
        if client.say(&chunk).is_none() {
            break;
        }
    }
    let start = Instant::now();
    if let Some(answer) = client.hear() {
        refused(&answer, 413, "invalid_arguments");
    }
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "the controller ends it, not the client's patience"
    );
    assert_eq!(controller.client().get(&path("links")).status, 200);
}

#[test]
fn a_policy_of_a_million_prefixes_is_taken_and_given_back() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let prefixes: Vec<String> = (0..1_000_000_u32)
        .map(|number| format!("{}/32", std::net::Ipv4Addr::from_bits(0x0a00_0000 + number)))
        .collect();
    let id = make(
        &mut client,
        "routing-policies",
        &json!({ "name": "all", "prefix_filter_in": prefixes }),
    );
    let found = client.get(&path(&format!("routing-policies/{id}"))).body;
    assert_eq!(found["prefix_filter_in"].as_array().unwrap().len(), 1_000_000);
    assert_eq!(found["prefix_filter_in"][999_999], "10.15.66.63/32");
}

#[test]
fn a_report_that_says_nonsense_changes_nothing() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &hosted());
    let report = path(&format!("x-interlink/links/{link}/report"));
    for body in [
        json!({ "bgp_v4_status": "banana" }),
        json!({ "bgp_v4_status": 1 }),
        json!({ "learned_routes": "all" }),
        json!({ "learned_routes": [{ "destination": "banana", "nexthop_ip": "169.254.0.1" }] }),
        json!({ "learned_routes": [{ "destination": "10.0.0.0/8", "nexthop_ip": "there" }] }),
    ] {
        refused(&client.post(&report, &body), 400, "invalid_arguments");
    }
    let nobody = path(&format!("x-interlink/links/{NOBODY}/report"));
    refused(
        &client.post(&nobody, &json!({ "bgp_v4_status": "up" })),
        404,
        "not_found",
    );
}

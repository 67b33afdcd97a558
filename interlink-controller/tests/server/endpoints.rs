use serde_json::{Value, json};

use crate::process::{
    Controller, DC5, FRANCE_IX, Folder, NOBODY, PROD, RACK, dedicated, hosted, make, path, policy, refused,
};

#[test]
fn what_the_inventory_says_is_listed_and_found() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    for (collection, list, count, id, name) in [
        ("pops", "pops", 2, DC5, "DC5"),
        ("partners", "partners", 2, FRANCE_IX, "FranceIX"),
        ("dedicated-connections", "connections", 2, RACK, "rack-12"),
    ] {
        let all = client.get(&path(collection));
        assert_eq!((all.status, &all.body["total_count"]), (200, &json!(count)));
        assert_eq!(all.body[list].as_array().unwrap().len(), count);
        assert!(all.head.contains("content-type: application/json\r\n"), "{}", all.head);
        let one = client.get(&path(&format!("{collection}/{id}")));
        assert_eq!((one.status, &one.body["name"]), (200, &json!(name)));
        refused(&client.get(&path(&format!("{collection}/{NOBODY}"))), 404, "not_found");
        // There, and in another region.
        let elsewhere = format!("/interlink/v1beta1/regions/nl-ams/{collection}/{id}");
        refused(&client.get(&elsewhere), 404, "not_found");
    }
    let connection = client.get(&path(&format!("dedicated-connections/{RACK}")));
    assert_eq!(connection.body["vlan_range"], json!({ "start": 2000, "end": 2003 }));
    assert_eq!(connection.body["available_link_bandwidths"], json!([100, 1000]));
}

#[test]
fn a_hosted_link_is_as_the_product_writes_it() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = client.post(&path("links"), &hosted()).body;
    let expected = json!({
        "status": "requested",
        "bgp_v4_status": "disabled",
        "bgp_v6_status": "disabled",
        "bandwidth_mbps": 100,
        "enable_route_propagation": false,
        "name": "paris",
        "region": "fr-par",
        "tags": [],
        "vlan": 1500,
        "project_id": "00000000-0000-0000-0000-0000000000ab",
        "organization_id": "00000000-0000-0000-0000-0000000000aa",
        "scw_bgp_config": { "asn": 12876, "ipv4": "169.254.0.0/31", "ipv6": "fd00:10::/127" },
        "peer_bgp_config": { "asn": 39801, "ipv4": "169.254.0.1/31", "ipv6": "fd00:10::1/127" },
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&link[field], value, "{field}");
    }
    assert_eq!(link["partner"]["partner_id"], FRANCE_IX);
    assert_eq!(link["partner"]["disapproved_reason"], "");
    assert_eq!(link["partner"]["pairing_key"].as_str().unwrap().len(), 36);
    for absent in [
        "vpc_id",
        "routing_policy_id",
        "routing_policy_v4_id",
        "routing_policy_v6_id",
        "self",
    ] {
        assert_eq!(link.get(absent), None, "{absent}");
    }
    let created = link["created_at"].as_str().unwrap();
    assert!(
        created.len() == "2026-04-20T09:10:46.809177Z".len() && created.ends_with('Z'),
        "{created}"
    );
    assert_eq!(link["created_at"], link["updated_at"]);
    let id = link["id"].as_str().unwrap();
    assert_eq!(client.get(&path(&format!("links/{id}"))).body, link);
}

#[test]
fn the_four_steps_are_taken_and_taken_back() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &dedicated());
    let (first, second) = (
        make(&mut client, "routing-policies", &policy()),
        make(&mut client, "routing-policies", &policy()),
    );
    let mut act = |action: &str, body: Value| {
        let answer = client.post(&path(&format!("links/{link}/{action}")), &body);
        assert_eq!(answer.status, 200, "{action}: {:?}", answer.body);
        answer.body
    };
    assert_eq!(act("attach-vpc", json!({ "vpc_id": PROD }))["vpc_id"], PROD);
    let attached = act("attach-routing-policy", json!({ "routing_policy_id": first }));
    assert_eq!(
        (&attached["routing_policy_v4_id"], &attached["bgp_v4_status"]),
        (&json!(first), &json!("down"))
    );
    assert_eq!(
        act("enable-route-propagation", json!({}))["enable_route_propagation"],
        true
    );
    let set = act("set-routing-policy", json!({ "routing_policy_id": second }));
    assert_eq!(
        (&set["routing_policy_v4_id"], &set["enable_route_propagation"]),
        (&json!(second), &json!(true))
    );
    assert_eq!(
        act("disable-route-propagation", json!({}))["enable_route_propagation"],
        false
    );
    act("enable-route-propagation", json!({}));
    let detached = act("detach-vpc", json!({}));
    assert_eq!(
        (detached.get("vpc_id"), &detached["enable_route_propagation"]),
        (None, &json!(false))
    );
    let bare = act("detach-routing-policy", json!({ "routing_policy_id": second }));
    assert_eq!(
        (bare.get("routing_policy_v4_id"), &bare["bgp_v4_status"]),
        (None, &json!("disabled"))
    );
    let deleted = client.delete(&path(&format!("links/{link}")));
    assert_eq!((deleted.status, &deleted.body["status"]), (200, &json!("deleted")));
    refused(&client.get(&path(&format!("links/{link}"))), 404, "not_found");
    for policy in [first, second] {
        let gone = client.delete(&path(&format!("routing-policies/{policy}")));
        assert_eq!((gone.status, gone.body), (204, Value::Null));
        refused(
            &client.get(&path(&format!("routing-policies/{policy}"))),
            404,
            "not_found",
        );
    }
}

#[test]
fn patches_change_what_they_name() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &dedicated());
    let path_of = path(&format!("links/{link}"));
    let before = client.get(&path_of).body;
    // `null` says the same as absence.
    let patch = json!({ "name": "lyon", "tags": null, "peer_asn": 65001 });
    let after = client.patch(&path_of, &patch).body;
    assert_eq!((&after["name"], &after["tags"]), (&json!("lyon"), &before["tags"]));
    assert_eq!(after["peer_bgp_config"]["asn"], 65001);
    assert_ne!(after["updated_at"], before["updated_at"]);
    let tags = client.patch(&path_of, &json!({ "tags": ["a", "b"] })).body;
    assert_eq!((&tags["name"], &tags["tags"]), (&json!("lyon"), &json!(["a", "b"])));

    let policy = make(&mut client, "routing-policies", &policy());
    let path_of = path(&format!("routing-policies/{policy}"));
    let after = client.patch(&path_of, &json!({ "prefix_filter_in": [] })).body;
    assert_eq!(after["prefix_filter_in"], json!([]));
    assert_eq!(after["prefix_filter_out"], json!(["172.16.4.0/22"]));
    assert_eq!(after["is_ipv6"], false);
}

#[test]
fn the_product_go_clients_nulls_are_taken_for_absence() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let mut body = dedicated();
    for field in [
        "tags",
        "partner_id",
        "peer_asn",
        "vlan",
        "routing_policy_v4_id",
        "routing_policy_v6_id",
        "project_id",
    ] {
        body[field] = Value::Null;
    }
    make(&mut client, "links", &body);
    let mut body = policy();
    body["tags"] = Value::Null;
    body["prefix_filter_in"] = Value::Null;
    make(&mut client, "routing-policies", &body);
}

#[test]
fn a_report_makes_statuses_and_routes_real() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &dedicated());
    let policy = make(&mut client, "routing-policies", &policy());
    for (action, body) in [
        ("attach-vpc", json!({ "vpc_id": PROD })),
        ("attach-routing-policy", json!({ "routing_policy_id": policy })),
        ("enable-route-propagation", json!({})),
    ] {
        client.post(&path(&format!("links/{link}/{action}")), &body);
    }
    assert_eq!(client.get(&path(&format!("links/{link}"))).body["status"], "ready");
    let report = json!({
        "bgp_v4_status": "up",
        "bgp_v6_status": "disabled",
        "learned_routes": [
            { "destination": "10.20.1.0/24", "nexthop_ip": "169.254.0.1" },
            { "destination": "192.0.2.0/24", "nexthop_ip": "169.254.0.1" },
        ],
    });
    let reported = client.post(&path(&format!("x-interlink/links/{link}/report")), &report);
    assert_eq!((reported.status, &reported.body["status"]), (200, &json!("active")));
    assert_eq!(reported.body["bgp_v4_status"], "up");

    let routes = format!("/vpc/v2/regions/fr-par/routes-with-nexthop?vpc_id={PROD}");
    let table = client.get(&routes).body;
    assert_eq!(table["total_count"], 1);
    let route = &table["routes"][0];
    assert_eq!(route["route"]["destination"], "10.20.1.0/24");
    assert_eq!(route["route"]["type"], "interlink");
    assert_eq!(route["route"]["is_read_only"], true);
    assert_eq!(route["route"]["nexthop_resource_id"], json!(link));
    assert_eq!(route["nexthop_ip"], "169.254.0.1");
    for (filter, count) in [
        ("&is_ipv6=true", 0),
        ("&is_ipv6=false", 1),
        ("&contains=10.20.0.0/16", 1),
        ("&contains=10.21.0.0/16", 0),
        ("&tags=a", 0),
    ] {
        assert_eq!(
            client.get(&format!("{routes}{filter}")).body["total_count"],
            count,
            "{filter}"
        );
    }
    client.post(&path(&format!("links/{link}/disable-route-propagation")), &json!({}));
    assert_eq!(client.get(&routes).body["total_count"], 0);
}

use serde_json::{Value, json};

use crate::process::{
    Controller, DC5, Folder, NOBODY, PATCHING, PROD, TEST, dedicated, hosted, make, partner, path, policy, refused, run,
};

#[test]
fn what_is_missing_is_named_as_the_product_names_it() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = client.get(&path(&format!("links/{NOBODY}")));
    assert_eq!(
        link.body,
        json!({ "message": "resource is not found", "resource": "link", "resource_id": NOBODY, "type": "not_found" })
    );
    let policy = client.get(&path(&format!("routing-policies/{NOBODY}")));
    assert_eq!(
        (policy.status, &policy.body["resource"]),
        (404, &json!("routing_policy"))
    );
    let link = make(&mut client, "links", &hosted());
    for (action, body, resource) in [
        ("attach-vpc", json!({ "vpc_id": NOBODY }), "vpc"),
        (
            "attach-routing-policy",
            json!({ "routing_policy_id": NOBODY }),
            "routing_policy",
        ),
        (
            "set-routing-policy",
            json!({ "routing_policy_id": NOBODY }),
            "routing_policy",
        ),
    ] {
        let answer = client.post(&path(&format!("links/{link}/{action}")), &body);
        refused(&answer, 404, "not_found");
        assert_eq!(answer.body["resource"], resource);
    }
}

/// Sends an order with one thing wrong, and gives the argument and the reason that are named.
#[test]
fn an_order_with_something_wrong_is_told_what_and_why() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let cases = [
        ("name", json!(null), "required"),
        ("name", json!(""), "required"),
        ("name", json!("x".repeat(256)), "constraint"),
        ("name", json!("a\u{7}b"), "constraint"),
        ("name", json!(7), "format"),
        ("tags", json!("a"), "format"),
        ("tags", json!([1]), "format"),
        ("tags", json!(vec!["a"; 101]), "constraint"),
        ("pop_id", json!(null), "required"),
        ("pop_id", json!("DC5"), "format"),
        ("bandwidth_mbps", json!(null), "required"),
        ("bandwidth_mbps", json!(0), "required"),
        ("bandwidth_mbps", json!(-1), "format"),
        ("bandwidth_mbps", json!(1.5), "format"),
        ("bandwidth_mbps", json!(100_000_001), "constraint"),
        ("bandwidth_mbps", json!(99), "constraint"),
        ("connection_id", json!("rack"), "format"),
        ("peer_asn", json!(0), "constraint"),
        ("peer_asn", json!(65_535), "constraint"),
        ("peer_asn", json!(4_294_967_296_u64), "format"),
        ("peer_asn", json!(12_876), "constraint"),
        ("vlan", json!(0), "constraint"),
        ("vlan", json!(4095), "constraint"),
        ("vlan", json!(1999), "constraint"),
        ("routing_policy_v4_id", json!("prod"), "format"),
        ("project_id", json!("mine"), "format"),
    ];
    for (argument, value, reason) in cases {
        let mut body = dedicated();
        body[argument] = value.clone();
        let answer = client.post(&path("links"), &body);
        refused(&answer, 400, "invalid_arguments");
        let details = answer.body["details"].as_array().unwrap();
        let named = details[0]["argument_name"].as_str().unwrap();
        assert!(
            named == argument || named.starts_with(&format!("{argument}[")),
            "{argument}: {details:?}"
        );
        assert_eq!(details[0]["reason"], reason, "{argument} {value}: {details:?}");
        assert!(!details[0]["help_message"].as_str().unwrap().is_empty());
    }
    assert_eq!(client.get(&path("links")).body["total_count"], 0);
}

#[test]
fn a_link_is_carried_by_exactly_one_of_two() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let mut both = hosted();
    both["connection_id"] = json!(crate::process::RACK);
    let mut neither = hosted();
    neither["partner_id"] = Value::Null;
    for (body, reason) in [(both, "constraint"), (neither, "required")] {
        let answer = client.post(&path("links"), &body);
        refused(&answer, 400, "invalid_arguments");
        assert_eq!(answer.body["details"][0]["reason"], reason);
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let answer = client.post(&path("links"), &json!({}));
    refused(&answer, 400, "invalid_arguments");
    let named: Vec<_> = answer.body["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| detail["argument_name"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["name", "pop_id", "bandwidth_mbps", "partner_id"]);
    let prefixes =
        json!({ "name": "x", "prefix_filter_in": ["10.0.0.0/8", "banana"], "prefix_filter_out": ["10.0.0.0/33"] });
    let answer = client.post(&path("routing-policies"), &prefixes);
    assert_eq!(answer.body["details"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_in_the_way_is_a_failed_precondition() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &hosted());
    let (first, second) = (
        make(&mut client, "routing-policies", &policy()),
        make(&mut client, "routing-policies", &policy()),
    );
    let mut act = |action: &str, body: Value| client.post(&path(&format!("links/{link}/{action}")), &body);
    act("attach-vpc", json!({ "vpc_id": PROD }));
    act("attach-routing-policy", json!({ "routing_policy_id": first }));
    for (action, body, precondition) in [
        ("attach-vpc", json!({ "vpc_id": TEST }), "resource_still_in_use"),
        (
            "attach-routing-policy",
            json!({ "routing_policy_id": second }),
            "resource_still_in_use",
        ),
        (
            "detach-routing-policy",
            json!({ "routing_policy_id": second }),
            "attribute_must_be_set",
        ),
    ] {
        let answer = act(action, body);
        refused(&answer, 412, "precondition_failed");
        assert_eq!(answer.body["precondition"], precondition);
        assert!(!answer.body["help_message"].as_str().unwrap().is_empty());
    }
    let in_use = client.delete(&path(&format!("routing-policies/{first}")));
    refused(&in_use, 412, "precondition_failed");
    assert_eq!(in_use.body["precondition"], "resource_still_in_use");
}

#[test]
fn locked_transient_and_exhausted_have_errors_of_their_own() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let link = make(&mut client, "links", &hosted());
    partner(&folder, "lock", &link);
    let locked = client.post(&path(&format!("links/{link}/attach-vpc")), &json!({ "vpc_id": PROD }));
    refused(&locked, 423, "locked");
    assert_eq!(
        (&locked.body["resource"], &locked.body["resource_id"]),
        (&json!("link"), &json!(link))
    );

    let mut body = dedicated();
    body["connection_id"] = json!(PATCHING);
    let transient = client.post(&path("links"), &body);
    refused(&transient, 409, "transient_state");
    assert_eq!(transient.body["current_state"], "configuring");

    for _ in 0..6 {
        make(&mut client, "routing-policies", &policy());
    }
    let exceeded = client.post(&path("routing-policies"), &policy());
    refused(&exceeded, 403, "quotas_exceeded");
    assert_eq!(
        exceeded.body["details"],
        json!([{ "resource": "routing_policies", "quota": 6, "current": 6 }])
    );

    for _ in 0..4 {
        make(&mut client, "links", &dedicated());
    }
    let mut body = dedicated();
    body["peer_asn"] = json!(65_001);
    let exhausted = client.post(&path("links"), &body);
    refused(&exhausted, 503, "out_of_stock");
    assert_eq!(exhausted.body["resource"], "vlan");
}

#[test]
fn paths_methods_and_regions_that_are_not_there_are_told_apart() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    for wrong in [
        "/",
        "/interlink/v1beta1/regions/fr-par/banana",
        "/interlink/v1/regions/fr-par/links",
        "/a%00b/%ff",
    ] {
        refused(&client.get(wrong), 404, "not_found");
    }
    let put = client.ask("PUT", &path("links"), None);
    refused(&put, 405, "invalid_request_error");
    assert!(put.head.contains("allow: GET, POST\r\n"), "{}", put.head);
    refused(
        &client.get(&path(&format!("links/{NOBODY}/attach-vpc"))),
        405,
        "invalid_request_error",
    );
    for region in ["xx-yyy", "FR-PAR", "fr%2dpar", ""] {
        let answer = client.get(&format!("/interlink/v1beta1/regions/{region}/links"));
        refused(&answer, 400, "invalid_arguments");
        assert_eq!(answer.body["details"][0]["argument_name"], "region");
    }
    let elsewhere = client.post(
        "/interlink/v1beta1/regions/nl-ams/links",
        &json!({ "name": "x", "pop_id": DC5, "bandwidth_mbps": 100, "partner_id": NOBODY }),
    );
    refused(&elsewhere, 404, "not_found");
}

#[test]
fn what_cannot_be_served_is_said_before_anything_is_made() {
    for (arguments, says) in [
        (
            vec!["serve", "--inventory", "/nowhere"],
            "cannot read the inventory /nowhere",
        ),
        (
            vec![
                "serve",
                "--inventory",
                crate::process::INVENTORY,
                "--listen",
                "0.0.0.0:0",
            ],
            "--tls-cert",
        ),
        (
            vec!["serve", "--inventory", crate::process::INVENTORY, "--require-tokens"],
            "token add",
        ),
        (
            vec!["partner", "approve", NOBODY],
            "is `interlink-controller serve` running",
        ),
    ] {
        let folder = Folder::new();
        let output = run(&folder, &arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
}

#[test]
fn one_controller_has_a_database() {
    let folder = Folder::new();
    let _first = Controller::start(&folder);
    let second = run(
        &folder,
        &[
            "serve",
            "--inventory",
            crate::process::INVENTORY,
            "--listen",
            "127.0.0.1:0",
        ],
    );
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another controller has the database"));
}

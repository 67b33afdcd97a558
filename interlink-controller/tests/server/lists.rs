use serde_json::{Value, json};

use crate::client::Client;
use crate::process::{Controller, DC5, FRANCE_IX, FREE_PRO, Folder, NOBODY, PROD, RACK, make, partner, path, policy};

const MRS2: &str = "- Interxion MRS2";

fn names(client: &mut Client, collection: &str, field: &str, query: &str) -> Vec<String> {
    let answer = client.get(&path(&format!("{collection}?{query}")));
    assert_eq!(answer.status, 200, "{query}: {:?}", answer.body);
    let items = answer.body[field].as_array().unwrap();
    items
        .iter()
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

fn order(client: &mut Client, name: &str, tags: &[&str], host: &Value) -> Value {
    let mut body = json!({ "name": name, "tags": tags, "pop_id": DC5, "bandwidth_mbps": 100 });
    for (field, id) in host.as_object().unwrap() {
        body[field] = id.clone();
    }
    let answer = client.post(&path("links"), &body);
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body
}

#[test]
fn links_are_filtered_by_everything_that_the_api_names() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let prod = order(
        &mut client,
        "prod-paris",
        &["prod", "paris"],
        &json!({ "partner_id": FRANCE_IX }),
    );
    order(
        &mut client,
        "test-paris",
        &["paris"],
        &json!({ "partner_id": FREE_PRO }),
    );
    order(&mut client, "rack", &[], &json!({ "connection_id": RACK }));
    let id = prod["id"].as_str().unwrap();
    let key = prod["partner"]["pairing_key"].as_str().unwrap();
    let project = prod["project_id"].as_str().unwrap();
    let organization = prod["organization_id"].as_str().unwrap();
    let policy = make(&mut client, "routing-policies", &policy());
    client.post(&path(&format!("links/{id}/attach-vpc")), &json!({ "vpc_id": PROD }));
    client.post(
        &path(&format!("links/{id}/attach-routing-policy")),
        &json!({ "routing_policy_id": policy }),
    );
    partner(&folder, "approve", id);

    let all = ["prod-paris", "test-paris", "rack"];
    let cases: Vec<(String, &[&str])> = vec![
        (String::new(), &all),
        ("name=paris".to_owned(), &all[..2]),
        ("name=Paris".to_owned(), &[]),
        ("tags=paris".to_owned(), &all[..2]),
        ("tags=paris&tags=prod".to_owned(), &all[..1]),
        ("tags=pari".to_owned(), &[]),
        ("status=provisioning".to_owned(), &all[..1]),
        ("status=requested".to_owned(), &all[1..2]),
        ("status=ready".to_owned(), &all[2..]),
        ("status=unknown_link_status".to_owned(), &all),
        ("bgp_v4_status=down".to_owned(), &all[..1]),
        ("bgp_v4_status=disabled".to_owned(), &all[1..]),
        ("bgp_v6_status=disabled".to_owned(), &all),
        ("bgp_v6_status=up".to_owned(), &[]),
        ("bandwidth_mbps=100".to_owned(), &all),
        ("bandwidth_mbps=50".to_owned(), &[]),
        ("kind=hosted".to_owned(), &all[..2]),
        ("kind=self_hosted".to_owned(), &all[2..]),
        ("kind=l2_hosted".to_owned(), &all[..1]),
        ("kind=l3_hosted".to_owned(), &all[1..2]),
        (format!("pop_id={DC5}"), &all),
        (format!("pop_id={NOBODY}"), &[]),
        (format!("partner_id={FREE_PRO}"), &all[1..2]),
        (format!("connection_id={RACK}"), &all[2..]),
        (format!("vpc_id={PROD}"), &all[..1]),
        (format!("routing_policy_id={policy}"), &all[..1]),
        (format!("pairing_key={key}"), &all[..1]),
        (format!("pairing_key={NOBODY}"), &[]),
        (format!("project_id={project}"), &all),
        (format!("project_id={NOBODY}"), &[]),
        (format!("organization_id={organization}"), &all),
        (format!("organization_id={NOBODY}"), &[]),
        (format!("kind=hosted&name=test&partner_id={FREE_PRO}"), &all[1..2]),
    ];
    for (query, expected) in cases {
        assert_eq!(names(&mut client, "links", "links", &query), expected, "{query}");
    }
}

#[test]
fn links_come_in_the_order_that_is_asked_for() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    for (name, host) in [
        ("b", json!({ "partner_id": FRANCE_IX })),
        ("c", json!({ "connection_id": RACK })),
        ("a", json!({ "partner_id": FRANCE_IX })),
    ] {
        order(&mut client, name, &[], &host);
    }
    for (by, expected) in [
        ("created_at_asc", ["b", "c", "a"]),
        ("created_at_desc", ["a", "c", "b"]),
        ("name_asc", ["a", "b", "c"]),
        ("name_desc", ["c", "b", "a"]),
    ] {
        assert_eq!(
            names(&mut client, "links", "links", &format!("order_by={by}")),
            expected,
            "{by}"
        );
    }
    let by_status = names(&mut client, "links", "links", "order_by=status_asc");
    assert_eq!(by_status[0], "c", "ready comes before requested");
    assert_eq!(names(&mut client, "links", "links", "order_by=status_desc")[2], "c");
}

#[test]
fn pages_together_are_the_list_and_one_behind_the_last_is_empty() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    for number in 0..6 {
        let mut body = policy();
        body["name"] = json!(format!("policy-{number}"));
        make(&mut client, "routing-policies", &body);
    }
    let field = "routing_policies";
    let mut collected = Vec::new();
    for page in 1..=2 {
        let query = format!("page={page}&page_size=4&order_by=name_desc");
        let answer = client.get(&path(&format!("routing-policies?{query}"))).body;
        assert_eq!(answer["total_count"], 6);
        collected.extend(names(&mut client, "routing-policies", field, &query));
    }
    let expected: Vec<_> = (0..6).rev().map(|number| format!("policy-{number}")).collect();
    assert_eq!(collected, expected);
    let behind = client.get(&path("routing-policies?page=3&page_size=4")).body;
    assert_eq!(
        (&behind["routing_policies"], &behind["total_count"]),
        (&json!([]), &json!(6))
    );
    assert_eq!(names(&mut client, "routing-policies", field, "ipv6=true").len(), 0);
    assert_eq!(
        names(&mut client, "routing-policies", field, "ipv6=false&name=policy-3"),
        ["policy-3"]
    );
}

#[test]
fn the_inventory_is_filtered_and_ordered_by_name() {
    let folder = Folder::new();
    let controller = Controller::start(&folder);
    let mut client = controller.client();
    let pops: Vec<(String, &[&str])> = vec![
        (String::new(), &[MRS2, "DC5"]),
        ("order_by=name_desc".to_owned(), &["DC5", MRS2]),
        ("name=MRS2".to_owned(), &[MRS2]),
        ("hosting_provider_name=OpCore".to_owned(), &["DC5"]),
        (format!("partner_id={FRANCE_IX}"), &["DC5"]),
        (format!("partner_id={FREE_PRO}"), &[MRS2, "DC5"]),
        ("link_bandwidth_mbps=1000".to_owned(), &["DC5"]),
        ("dedicated_available=true".to_owned(), &["DC5"]),
        ("dedicated_available=false".to_owned(), &[MRS2]),
        ("l3_connectivity_partners=true".to_owned(), &[MRS2, "DC5"]),
    ];
    for (query, expected) in pops {
        assert_eq!(names(&mut client, "pops", "pops", &query), expected, "{query}");
    }
    let partners: Vec<(String, &[&str])> = vec![
        (String::new(), &["FranceIX", "FreePro"]),
        ("order_by=name_desc".to_owned(), &["FreePro", "FranceIX"]),
        (format!("pop_ids={DC5}"), &["FranceIX", "FreePro"]),
        ("pop_ids=00000000-0000-0000-0000-000000000002".to_owned(), &["FreePro"]),
        ("l3_connectivity=false".to_owned(), &["FranceIX"]),
    ];
    for (query, expected) in partners {
        assert_eq!(names(&mut client, "partners", "partners", &query), expected, "{query}");
    }
    let connections: Vec<(&str, &[&str])> = vec![
        ("", &["rack-12", "rack-13"]),
        ("order_by=name_desc", &["rack-13", "rack-12"]),
        ("order_by=status_desc", &["rack-13", "rack-12"]),
        ("status=active", &["rack-12"]),
        ("bandwidth_mbps=1000&name=13", &["rack-13"]),
    ];
    for (query, expected) in connections {
        assert_eq!(
            names(&mut client, "dedicated-connections", "connections", query),
            expected,
            "{query}"
        );
    }
}

use serde_json::{Value, json};

use crate::list::LinkPage;
use crate::request::{CreateLink, CreateRoutingPolicy, UpdateLink};
use crate::vpc::RouteWithNexthop;
use crate::{BgpStatus, Link, LinkStatus, Nullable, Partner, RoutingPolicy, Secret};

/// A link as the product sent it, its ids and its pairing key replaced.
const RECORDED: &str = r#"{"bandwidth_mbps":50,"bgp_v4_status":"disabled","bgp_v6_status":"disabled",
 "created_at":"2026-04-20T09:10:46.809177Z","enable_route_propagation":true,
 "id":"49c5a2a4-6a1c-4a37-9d5e-2f3d1a7b0c11","name":"tf-tests","organization_id":"0d1c…",
 "partner":{"disapproved_reason":"","pairing_key":"7e0f4c0e-1111-4222-8333-444455556666","partner_id":"a1b2…"},
 "peer_bgp_config":{"asn":39801,"ipv4":"169.254.0.101/31","ipv6":"2001:1bc8:3812:fc60:6d65:b2db:53c3:cc01/127"},
 "pop_id":"c3d4…","project_id":"0d1c…","region":"fr-par",
 "scw_bgp_config":{"asn":12876,"ipv4":"169.254.0.100/31","ipv6":"2001:1bc8:3812:fc60:6d65:b2db:53c3:cc00/127"},
 "status":"requested","tags":[],"updated_at":"2026-04-20T09:10:47.002966Z","vlan":2386}"#;

fn recorded() -> (Link, Value) {
    (
        serde_json::from_str(RECORDED).unwrap(),
        serde_json::from_str(RECORDED).unwrap(),
    )
}

#[test]
fn the_recorded_link_is_understood() {
    let (link, _) = recorded();
    assert_eq!(link.status, LinkStatus::Requested);
    assert_eq!(link.bgp_v4_status, BgpStatus::Disabled);
    assert_eq!(link.vlan, 2386);
    assert!(link.enable_route_propagation);
    assert_eq!(link.vpc_id, Nullable::Absent);
    let peer = link.peer_bgp_config.as_option().unwrap();
    assert_eq!((peer.asn, peer.ipv4.as_str()), (39801, "169.254.0.101/31"));
    let partner = link.partner.as_option().unwrap();
    assert_eq!(partner.disapproved_reason, Nullable::Value(String::new()));
    assert!(link.extra.is_empty());
}

#[test]
fn the_recorded_link_is_written_as_it_came() {
    let (link, wire) = recorded();
    assert_eq!(serde_json::to_value(link).unwrap(), wire);
}

#[test]
fn what_is_absent_stays_absent_and_null_stays_null() {
    let (_, mut wire) = recorded();
    wire["vpc_id"] = Value::Null;
    wire["partner"]["pairing_key"] = Value::Null;
    wire["self"] = json!({"connection_id": "c"});
    let link: Link = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(link.vpc_id, Nullable::Null);
    assert_eq!(link.routing_policy_v4_id, Nullable::Absent);
    assert_eq!(serde_json::to_value(link).unwrap(), wire);
}

#[test]
fn fields_and_values_of_tomorrow_survive_at_every_depth() {
    let (_, mut wire) = recorded();
    wire["status"] = json!("hibernating");
    wire["bgp_v6_status"] = json!("flapping");
    wire["mtu"] = json!(9000);
    wire["partner"]["contract"] = json!({"until": null});
    wire["peer_bgp_config"]["md5"] = json!([1, 2.5, "x"]);
    let link: Link = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(link.status, LinkStatus::Other("hibernating".to_owned()));
    assert_eq!(link.extra["mtu"], 9000);
    assert_eq!(serde_json::to_value(link).unwrap(), wire);
    let page = json!({"links": [wire], "total_count": 1, "next": "x"});
    let read: LinkPage = serde_json::from_value(page.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), page);
}

#[test]
fn an_object_without_its_id_is_none() {
    for body in [
        json!({}),
        json!({"status": "active"}),
        json!({"id": null, "status": "active"}),
    ] {
        assert!(serde_json::from_value::<Link>(body.clone()).is_err(), "{body}");
        assert!(serde_json::from_value::<RoutingPolicy>(body.clone()).is_err(), "{body}");
    }
    assert!(serde_json::from_value::<Link>(json!({"id": "x"})).is_err());
    assert!(serde_json::from_value::<LinkPage>(json!({})).is_err());
    assert!(serde_json::from_value::<LinkPage>(json!({"links": []})).is_err());
}

#[test]
fn a_partner_of_april_2026_has_neither_region_nor_l3_connectivity() {
    let wire = json!({"id": "p", "name": "FranceIX", "contact_email": "noc@example.net", "logo_url": "",
        "portal_url": "", "created_at": "2025-04-01T00:00:00Z", "updated_at": "2025-04-01T00:00:00Z"});
    let partner: Partner = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(partner.region, Nullable::Absent);
    assert_eq!(serde_json::to_value(partner).unwrap(), wire);
}

#[test]
fn a_learned_route_is_one_of_the_vpc() {
    let wire = json!({"route": {"id": "r", "description": "", "tags": [], "vpc_id": "v", "destination": "10.20.0.0/16",
        "nexthop_resource_id": "l", "created_at": "2026-04-20T09:10:46Z", "updated_at": "2026-04-20T09:10:46Z",
        "is_read_only": true, "type": "interlink", "region": "fr-par"}, "nexthop_ip": "169.254.0.101",
        "nexthop_name": "paris", "nexthop_resource_type": "interlink"});
    let route: RouteWithNexthop = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(serde_json::to_value(route).unwrap(), wire);
}

#[test]
fn a_request_takes_null_for_nothing() {
    let body = json!({"project_id": null, "name": "x", "tags": null, "pop_id": "p", "bandwidth_mbps": 50,
        "connection_id": null, "partner_id": "q", "peer_asn": null});
    let create: CreateLink = serde_json::from_value(body).unwrap();
    assert_eq!((create.tags.len(), create.connection_id), (0, None));
    let create: CreateRoutingPolicy = serde_json::from_value(json!({"prefix_filter_in": null})).unwrap();
    assert!(create.prefix_filter_in.is_empty());
}

#[test]
fn an_update_writes_only_what_changes() {
    let update = UpdateLink {
        tags: Some(Vec::new()),
        ..UpdateLink::default()
    };
    assert_eq!(serde_json::to_value(update).unwrap(), json!({"tags": []}));
}

#[test]
fn nothing_that_is_printed_shows_a_secret() {
    let (link, _) = recorded();
    assert!(!format!("{link:?} {link:#?}").contains("7e0f4c0e"));
    assert!(
        !serde_json::to_string(&link.without_secrets())
            .unwrap()
            .contains("7e0f4c0e")
    );
    assert_eq!(format!("{:?}", Secret::from("hush")), "Secret(hidden)");
}

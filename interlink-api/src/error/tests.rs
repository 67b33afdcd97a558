use serde_json::{Value, json};

use super::*;

/// One of each kind, with every field that the API has for it.
fn each_kind() -> Vec<Value> {
    vec![
        json!({"type": "invalid_arguments", "message": "no", "details": [
            {"argument_name": "vlan", "reason": "constraint", "help_message": "it is taken"}]}),
        json!({"type": "quotas_exceeded", "message": "no", "details": [
            {"resource": "interlink_links", "quota": 5, "current": 5}]}),
        json!({"type": "transient_state", "message": "no", "resource": "link", "resource_id": "1",
            "current_state": "configuring"}),
        json!({"type": "not_found", "message": "resource is not found", "resource": "link", "resource_id": "1"}),
        json!({"type": "locked", "message": "no", "resource": "link", "resource_id": "1"}),
        json!({"type": "permissions_denied", "message": "no", "details": [
            {"resource": "interlink", "action": "write"}]}),
        json!({"type": "denied_authentication", "message": "no", "method": "api_key", "reason": "expired"}),
        json!({"type": "precondition_failed", "message": "no", "precondition": "resource_still_in_use",
            "help_message": "detach it first"}),
        json!({"type": "resource_expired", "message": "no", "resource": "link", "resource_id": "1",
            "expired_since": "2026-04-20T09:10:46Z"}),
        json!({"type": "out_of_stock", "message": "no", "resource": "port"}),
    ]
}

#[test]
fn each_of_the_ten_kinds_is_read_as_itself_and_written_as_it_came() {
    for wire in each_kind() {
        let error: ApiError = serde_json::from_value(wire.clone()).unwrap();
        assert!(!matches!(error.kind, ErrorKind::Other(_)), "{wire}");
        assert_eq!(error.kind.name(), wire["type"]);
        assert!(error.extra.is_empty(), "{wire}");
        assert_eq!(serde_json::to_value(&error).unwrap(), wire);
        assert!(!error.kind.advice().is_empty());
    }
}

#[test]
fn a_field_of_tomorrow_survives_in_each_kind() {
    for mut wire in each_kind() {
        wire["trace_id"] = json!("abc");
        let error: ApiError = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(error.extra["trace_id"], "abc");
        assert_eq!(serde_json::to_value(error).unwrap(), wire);
    }
}

#[test]
fn a_kind_of_tomorrow_keeps_its_name_and_its_fields() {
    let wire = json!({"type": "too_early", "message": "come back", "details": {"until": 5}});
    let error: ApiError = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(error.kind, ErrorKind::Other("too_early".to_owned()));
    assert_eq!(error.to_string(), "too_early: come back");
    assert_eq!(serde_json::to_value(error).unwrap(), wire);
}

#[test]
fn a_known_kind_with_fields_of_other_types_is_kept_whole() {
    let wire = json!({"type": "invalid_arguments", "message": "no", "details": "everything"});
    let error: ApiError = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(error.kind, ErrorKind::Other("invalid_arguments".to_owned()));
    assert_eq!(serde_json::to_value(error).unwrap(), wire);
}

#[test]
fn a_refusal_says_what_it_is_about() {
    let said = |wire: Value| serde_json::from_value::<ApiError>(wire).unwrap().to_string();
    let kinds = each_kind();
    assert_eq!(
        said(kinds[0].clone()),
        "invalid arguments: vlan (constraint): it is taken: no"
    );
    assert_eq!(said(kinds[3].clone()), "there is no link 1: resource is not found");
    assert_eq!(
        said(kinds[5].clone()),
        "this isn't permitted to the token: write interlink: no"
    );
    assert_eq!(said(json!({"type": "not_found"})), "there is no such object");
}

#[test]
fn what_has_no_type_is_no_refusal() {
    assert!(serde_json::from_value::<ApiError>(json!({"message": "no"})).is_err());
    assert!(serde_json::from_value::<ApiError>(json!({"type": 5})).is_err());
    assert!(serde_json::from_value::<ApiError>(json!([])).is_err());
}

use super::*;

fn read<Q: Query>(pairs: &[(&str, &str)]) -> Result<Q, ParameterError> {
    let mut query = Q::default();
    for (key, value) in pairs {
        query.set(key, value)?;
    }
    Ok(query)
}

#[test]
fn a_query_is_read_as_it_was_written() {
    let query = ListLinks {
        page: Some(2),
        page_size: Some(1000),
        order_by: Some(LinkOrder::StatusDesc),
        tags: vec!["a".to_owned(), "b & c".to_owned()],
        status: Some(LinkStatus::Active),
        bandwidth_mbps: Some(50),
        pairing_key: Some(Secret::from("hush")),
        vpc_id: Some("v".into()),
        kind: Some(LinkKind::L2Hosted),
        ..ListLinks::default()
    };
    let pairs = query.to_pairs();
    let borrowed: Vec<_> = pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
    assert_eq!(read(&borrowed), Ok(query));
    assert!(borrowed.contains(&("tags", "a")) && borrowed.contains(&("tags", "b & c")));
    assert_eq!(borrowed.len(), 10);
}

#[test]
fn an_unknown_status_is_no_filter_and_a_misspelt_one_is_a_mistake() {
    let any: ListLinks = read(&[("status", "unknown_link_status")]).unwrap();
    assert_eq!(any.status, None);
    let error = read::<ListLinks>(&[("status", "Active")]).unwrap_err();
    assert_eq!(error.to_string(), "status takes a status of a link");
}

#[test]
fn numbers_and_booleans_are_read_strictly() {
    for bad in ["", "-1", "1e3", " 1", "18446744073709551616"] {
        assert!(read::<ListLinks>(&[("bandwidth_mbps", bad)]).is_err(), "{bad:?}");
    }
    assert!(read::<ListLinks>(&[("page", "4294967296")]).is_err());
    let error = read::<ListRoutingPolicies>(&[("ipv6", "1")]).unwrap_err();
    assert_eq!(error.to_string(), "ipv6 takes true or false");
}

#[test]
fn a_parameter_of_tomorrow_is_taken_and_forgotten() {
    assert_eq!(read::<ListPops>(&[("colour", "blue")]), Ok(ListPops::default()));
}

#[test]
fn a_pairing_key_in_a_query_is_not_printed() {
    let query = ListLinks {
        pairing_key: Some(Secret::from("hush")),
        ..ListLinks::default()
    };
    assert!(!format!("{query:?}").contains("hush"));
}

use super::*;

#[test]
fn every_documented_value_reads_as_itself_and_no_other_does() {
    for status in LinkStatus::KNOWN {
        assert_eq!(&LinkStatus::from(status.as_str()), status);
        assert!(!matches!(status, LinkStatus::Other(_)));
    }
    assert_eq!(LinkStatus::KNOWN.len(), 14);
    assert_eq!(BgpStatus::KNOWN.len(), 4);
    assert_eq!(DedicatedConnectionStatus::KNOWN.len(), 8);
    assert_eq!(LinkStatus::from("Active"), LinkStatus::Other("Active".to_owned()));
}

#[test]
fn a_value_of_tomorrow_is_written_as_it_came() {
    let status: LinkStatus = serde_json::from_str(r#""half \"open\"""#).unwrap();
    assert_eq!(status, LinkStatus::Other("half \"open\"".to_owned()));
    assert_eq!(serde_json::to_string(&status).unwrap(), r#""half \"open\"""#);
}

//! The statuses of the API, and the agent's stance in each (domain.md §3.1).

use super::super::{BgpStatus, LinkStatus, Stance};
use crate::testing::statuses;

#[test]
fn every_status_is_read_and_written_as_the_api_spells_it() {
    let spelt: Vec<_> = LinkStatus::KNOWN.iter().map(LinkStatus::as_str).collect();
    assert_eq!(
        spelt,
        [
            "unknown_link_status",
            "configuring",
            "failed",
            "requested",
            "refused",
            "expired",
            "provisioning",
            "active",
            "limited_connectivity",
            "all_down",
            "deprovisioning",
            "deleted",
            "locked",
            "ready",
        ]
    );
    for status in statuses() {
        assert_eq!(LinkStatus::from(status.as_str()), status);
        assert_eq!(status.to_string(), status.as_str());
    }

    let spelt: Vec<_> = BgpStatus::KNOWN.iter().map(BgpStatus::as_str).collect();
    assert_eq!(spelt, ["unknown_bgp_status", "up", "down", "disabled"]);
    for status in BgpStatus::KNOWN {
        assert_eq!(BgpStatus::from(status.as_str()), *status);
        assert_eq!(status.to_string(), status.as_str());
    }
}

#[test]
fn a_value_of_a_later_version_is_kept_as_it_is_and_holds() {
    let status = LinkStatus::from("half_open");
    assert_eq!(status, LinkStatus::Other("half_open".to_owned()));
    assert_eq!(status.as_str(), "half_open");
    assert_eq!(status.stance(), Stance::Hold);
    assert_eq!(BgpStatus::from("idle"), BgpStatus::Other("idle".to_owned()));
}

#[test]
fn every_status_has_its_stance() {
    let stances: Vec<_> = LinkStatus::KNOWN
        .iter()
        .map(|status| (status.as_str(), status.stance()))
        .collect();
    assert_eq!(
        stances,
        [
            ("unknown_link_status", Stance::Hold),
            ("configuring", Stance::Hold),
            ("failed", Stance::Block),
            ("requested", Stance::Wait),
            ("refused", Stance::Block),
            ("expired", Stance::Block),
            ("provisioning", Stance::Wait),
            ("active", Stance::Enforce),
            ("limited_connectivity", Stance::Enforce),
            ("all_down", Stance::Connect),
            ("deprovisioning", Stance::Block),
            ("deleted", Stance::Block),
            ("locked", Stance::Block),
            ("ready", Stance::Connect),
        ]
    );
}

#[test]
fn every_status_in_which_nothing_flows_has_its_own_advice() {
    let mut advice: Vec<_> = statuses()
        .iter()
        .filter(|status| status.stance() != Stance::Enforce)
        .map(LinkStatus::advice)
        .collect();
    assert!(advice.iter().all(|advice| advice.len() > 20), "{advice:?}");
    // What is unknown gets the same, whether the API says so or this version does.
    assert_eq!(LinkStatus::Unknown.advice(), LinkStatus::from("paused").advice());
    advice.sort_unstable();
    advice.dedup();
    assert_eq!(advice.len(), 12);
    for status in [LinkStatus::Active, LinkStatus::LimitedConnectivity] {
        assert_eq!(status.advice(), "");
    }
}

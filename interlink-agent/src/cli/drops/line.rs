//! A dropped packet in words.

use std::fmt::{self, Write as _};
use std::time::Duration;

use interlink_common::Reason;
use interlink_core::dissect::Frame;
use interlink_core::domain::{LinkKey, Vlan};
use interlink_core::utc::Utc;
use serde::Serialize;

use super::names::Names;
use crate::clock;
use crate::dataplane::Dropped;
use crate::exit::Failed;

/// What is said of a packet.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    time: String,
    nic: &'a str,
    /// Null where it is of no link, or of one that no agent names.
    link: Option<&'a str>,
    vlan: Option<u16>,
    reason: String,
    cpu: u32,
    length: u32,
    packet: String,
    /// The first bytes, in hex.
    frame: String,
    #[serde(skip)]
    place: String,
}

impl<'a> Line<'a> {
    pub(super) fn new(dropped: &'a Dropped, names: &'a Names) -> Self {
        let Dropped { nic, vlan, sample } = dropped;
        let link = vlan.and_then(|vlan| {
            names.get(&LinkKey {
                interface: nic.clone(),
                vlan,
            })
        });
        let length = usize::try_from(sample.length).unwrap_or(usize::MAX);
        Self {
            time: Utc(clock::ahead() + Duration::from_nanos(sample.time)).to_string(),
            nic: nic.as_str(),
            link,
            vlan: vlan.and_then(Vlan::id),
            reason: Reason::from_code(sample.reason).map_or_else(
                || format!("reason {}", sample.reason),
                |reason| reason.name().to_owned(),
            ),
            cpu: sample.cpu,
            length: sample.length,
            packet: Frame::new(sample.frame(), length).to_string(),
            frame: hex(sample.frame()),
            place: match (link, vlan) {
                (Some(name), _) => name.to_owned(),
                (None, Some(vlan)) => format!("({vlan})"),
                (None, None) => "(no link)".to_owned(),
            },
        }
    }

    pub(super) fn json(&self) -> Result<String, Failed> {
        Ok(serde_json::to_string(self).map_err(anyhow::Error::from)?)
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            time,
            nic,
            place,
            reason,
            packet,
            ..
        } = self;
        write!(f, "{time} {nic} {place} {reason}: {packet}")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string doesn't fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use interlink_common::Sample;
    use interlink_core::name::InterfaceName;

    use super::*;

    #[test]
    fn a_packet_is_one_line_that_says_where_why_and_what() {
        let mut dropped = Dropped {
            nic: InterfaceName::new("link0").unwrap(),
            vlan: None,
            sample: Sample {
                time: 0,
                length: 14,
                cpu: 1,
                slot: 0,
                traffic: 0,
                reason: Reason::UnknownVlan.code(),
                captured: 14,
                data: [0; 128],
            },
        };
        let line = |dropped: &Dropped| {
            let text = Line::new(dropped, &Names::default()).to_string();
            text.split_once(' ').unwrap().1.to_owned()
        };
        let packet = "00:00:00:00:00:00 > 00:00:00:00:00:00, 802.3, length 0";
        assert_eq!(line(&dropped), format!("link0 (no link) unknown_vlan: {packet}"));
        dropped.vlan = Some(Vlan::tagged(2386).unwrap());
        dropped.sample.reason = 1000;
        assert_eq!(line(&dropped), format!("link0 (VLAN 2386) reason 1000: {packet}"));
        let json = Line::new(&dropped, &Names::default()).json().unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((json["vlan"].as_u64(), json["link"].is_null()), (Some(2386), true));
        assert_eq!(json["frame"], "00".repeat(14));
    }
}

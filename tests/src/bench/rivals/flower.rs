//! tc: the classifier `flower` at the ingress, which keeps one hash for each length of prefix, in a batch of commands.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use interlink_core::prefix::Prefix;

use super::{Filter, Policy, Receiving, fed, inside};
use crate::lab::{LINK, Lab, run};

/// More are no longer a matter of minutes, nor of a few gigabytes.
const ROOM: usize = 20_000;

pub(super) struct Flower<'l> {
    lab: &'l Lab,
    _receiving: Receiving<'l>,
}

impl<'l> Flower<'l> {
    pub(super) fn new(lab: &'l Lab, policy: &Policy) -> Result<Self, String> {
        if policy.listed.len() > ROOM {
            return Err(format!("more than {ROOM} filters take it minutes to load"));
        }
        let filter = Self {
            lab,
            _receiving: Receiving::new(lab),
        };
        fed(inside(lab, "tc").args(["-batch", "-"]), &filling(policy))?;
        Ok(filter)
    }
}

fn filling(policy: &Policy) -> String {
    let mut text = format!("qdisc add dev {LINK} clsact\n");
    text += &format!("filter add dev {LINK} ingress protocol ip pref 2 matchall action drop\n");
    for prefix in policy.set.prefixes() {
        writeln!(text, "{}", passing(prefix)).unwrap();
    }
    text
}

fn passing(prefix: Prefix<Ipv4Addr>) -> String {
    format!("filter add dev {LINK} ingress protocol ip pref 1 flower src_ip {prefix} dst_ip 172.16.4.0/22 action pass")
}

impl Filter for Flower<'_> {
    fn dropped(&self) -> u64 {
        let shown =
            run(inside(self.lab, "tc").args(["-s", "-j", "filter", "show", "dev", LINK, "ingress", "pref", "2"]));
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        let actions = shown.as_array().into_iter().flatten();
        actions
            .filter_map(|filter| filter["options"]["actions"][0]["stats"]["packets"].as_u64())
            .sum()
    }
}

impl Drop for Flower<'_> {
    fn drop(&mut self) {
        drop(
            inside(self.lab, "tc")
                .args(["qdisc", "del", "dev", LINK, "clsact"])
                .output(),
        );
    }
}

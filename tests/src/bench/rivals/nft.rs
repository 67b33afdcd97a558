//! nftables: the hook `ingress` of the family `netdev`, before anything else of the kernel's network, and a set with
//! intervals, which one transaction replaces.

use super::{Filter, Policy, Receiving, fed, inside, number_behind};
use crate::lab::{LINK, Lab, run};

pub(super) struct Nft<'l> {
    lab: &'l Lab,
    _receiving: Receiving<'l>,
}

impl<'l> Nft<'l> {
    pub(super) fn new(lab: &'l Lab, policy: &Policy) -> Result<Self, String> {
        let filter = Self {
            lab,
            _receiving: Receiving::new(lab),
        };
        let text = format!(
            "table netdev il {{\n set remote {{ type ipv4_addr; flags interval; }}\n chain ingress {{\n  type filter hook \
             ingress device \"{LINK}\" priority -500; policy accept;\n  ether type != ip accept\n  ip saddr @remote ip \
             daddr 172.16.4.0/22 accept\n  counter drop\n }}\n}}\n"
        );
        fed(inside(lab, "nft").args(["-f", "-"]), &text)?;
        fed(inside(lab, "nft").args(["-f", "-"]), &filling(policy))?;
        Ok(filter)
    }
}

/// Empties the set and fills it.
fn filling(policy: &Policy) -> String {
    let elements: Vec<_> = policy.set.prefixes().map(|prefix| prefix.to_string()).collect();
    let mut text = "flush set netdev il remote\n".to_owned();
    if !elements.is_empty() {
        text += &format!("add element netdev il remote {{ {} }}\n", elements.join(",\n"));
    }
    text
}

impl Filter for Nft<'_> {
    fn dropped(&self) -> u64 {
        let listed = run(inside(self.lab, "nft").args(["list", "chain", "netdev", "il", "ingress"]));
        number_behind(&String::from_utf8_lossy(&listed.stdout), "packets").unwrap()
    }
}

impl Drop for Nft<'_> {
    fn drop(&mut self) {
        drop(
            inside(self.lab, "nft")
                .args(["delete", "table", "netdev", "il"])
                .output(),
        );
    }
}

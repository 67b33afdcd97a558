//! ipset and iptables: a hash of networks asked in the table `raw`, before connections are tracked, and another hash
//! swapped into its place.

use std::fmt::Write as _;

use super::{Filter, Policy, Receiving, fed, inside};
use crate::lab::{LINK, Lab, run};

pub(super) struct Ipset<'l> {
    lab: &'l Lab,
    _receiving: Receiving<'l>,
}

impl<'l> Ipset<'l> {
    pub(super) fn new(lab: &'l Lab, policy: &Policy) -> Result<Self, String> {
        let filter = Self {
            lab,
            _receiving: Receiving::new(lab),
        };
        fed(inside(lab, "ipset").arg("restore"), &filling("remote", policy))?;
        for rule in [
            &["-N", "interlink"][..],
            &[
                "-A",
                "interlink",
                "-m",
                "set",
                "--match-set",
                "remote",
                "src",
                "-d",
                "172.16.4.0/22",
                "-j",
                "ACCEPT",
            ],
            &["-A", "interlink", "-j", "DROP"],
            &["-A", "PREROUTING", "-i", LINK, "-j", "interlink"],
        ] {
            fed(inside(lab, "iptables").args(["-t", "raw"]).args(rule), "")?;
        }
        Ok(filter)
    }
}

/// Makes a set of a policy, with as much room as that takes.
fn filling(name: &str, policy: &Policy) -> String {
    let prefixes: Vec<_> = policy.set.prefixes().collect();
    let room = (prefixes.len() + 1024).next_power_of_two();
    let mut text = format!(
        "create {name} hash:net family inet hashsize {} maxelem {room}\n",
        room / 2
    );
    for prefix in prefixes {
        writeln!(text, "add {name} {prefix}").unwrap();
    }
    text
}

impl Filter for Ipset<'_> {
    fn dropped(&self) -> u64 {
        let listed = run(inside(self.lab, "iptables").args(["-t", "raw", "-nvxL", "interlink"]));
        let text = String::from_utf8_lossy(&listed.stdout).into_owned();
        let rule = text.lines().find(|line| line.contains("DROP")).unwrap();
        rule.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Ipset<'_> {
    fn drop(&mut self) {
        for arguments in [["-t", "raw", "-F"], ["-t", "raw", "-X"]] {
            drop(inside(self.lab, "iptables").args(arguments).output());
        }
        drop(inside(self.lab, "ipset").arg("destroy").output());
    }
}

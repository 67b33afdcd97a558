//! What a gateway's owner would use in place of Interlink, each by its own documented best practice: a whole policy at
//! once, the set that its language has for prefixes, and the earliest hook.
//!
//! Each is given the policy as the fewest prefixes that make up the set, which is the best case for all of them.

mod flower;
mod ipset;
mod nft;
mod ours;
mod xdp_filter;

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use interlink_core::prefix::{Prefix, PrefixSet};
use interlink_core::table::TableChoice;

use crate::lab::{LINK, Lab, run};

pub use ours::Ours;

/// A policy, as it is written and as what it means.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The prefixes.
    pub listed: Vec<Prefix<Ipv4Addr>>,
    /// The addresses in them.
    pub set: PrefixSet<Ipv4Addr>,
}

impl Policy {
    /// Of a list.
    pub fn new(listed: Vec<Prefix<Ipv4Addr>>) -> Self {
        let set = listed.iter().copied().collect();
        Self { listed, set }
    }
}

/// What judges the packets of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rival {
    /// Nobody: everything is forwarded.
    Nobody,
    /// A program that drops everything.
    Bare,
    /// Interlink, with its flat tables.
    Interlink,
    /// Interlink's program on the kernel's LPM tries.
    Lpm,
    /// xdp-filter of xdp-tools, which knows single addresses.
    XdpFilter,
    /// nftables at the device's ingress, with an interval set.
    Nft,
    /// iptables' table `raw`, with an ipset of the type hash:net.
    Ipset,
    /// tc's classifier `flower`, with one filter for each prefix.
    Flower,
}

/// What is installed, and removed when it is dropped.
pub trait Filter {
    /// How many packets it has dropped.
    fn dropped(&self) -> u64;
}

impl Rival {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Nobody,
        Self::Bare,
        Self::Interlink,
        Self::Lpm,
        Self::XdpFilter,
        Self::Nft,
        Self::Ipset,
        Self::Flower,
    ];

    /// The name of the variant.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nobody => "none",
            Self::Bare => "bare",
            Self::Interlink => "interlink",
            Self::Lpm => "lpm",
            Self::XdpFilter => "xdp-filter",
            Self::Nft => "nft",
            Self::Ipset => "ipset",
            Self::Flower => "flower",
        }
    }

    /// Installs it on the gateway's link, or says why that can't be. The calling thread's network is the gateway's.
    pub fn install<'l>(self, lab: &'l Lab, policy: &Policy) -> Result<Box<dyn Filter + 'l>, String> {
        match self {
            Self::Nobody => Ok(Box::new(Nobody(Receiving::new(lab)))),
            Self::Bare => Ok(Box::new(ours::Bare::new(lab))),
            Self::Interlink => Ok(Box::new(Ours::new(lab, TableChoice::Flat, policy))),
            Self::Lpm => Ok(Box::new(Ours::new(lab, TableChoice::Tries, policy))),
            Self::XdpFilter => Ok(Box::new(xdp_filter::XdpFilter::new(lab, policy)?)),
            Self::Nft => Ok(Box::new(nft::Nft::new(lab, policy)?)),
            Self::Ipset => Ok(Box::new(ipset::Ipset::new(lab, policy)?)),
            Self::Flower => Ok(Box::new(flower::Flower::new(lab, policy)?)),
        }
    }
}

/// A cable's end takes frames of a generator only where a program is attached, or where it does GRO, as NICs do unless
/// told otherwise. Ends when it is dropped.
struct Receiving<'l>(&'l Lab);

impl<'l> Receiving<'l> {
    fn new(lab: &'l Lab) -> Self {
        run(lab.gateway.command("ethtool").args(["-K", LINK, "gro", "on"]));
        Self(lab)
    }
}

impl Drop for Receiving<'_> {
    fn drop(&mut self) {
        drop(
            self.0
                .gateway
                .command("ethtool")
                .args(["-K", LINK, "gro", "off"])
                .output(),
        );
    }
}

/// Without a filter.
struct Nobody<'l>(#[expect(dead_code, reason = "it is held until the end")] Receiving<'l>);

impl Filter for Nobody<'_> {
    fn dropped(&self) -> u64 {
        0
    }
}

/// A command in the gateway's network, with this process's file systems.
fn inside(lab: &Lab, program: &str) -> Command {
    let mut command = Command::new("nsenter");
    command
        .arg(format!("--net=/run/netns/{}", lab.gateway.name()))
        .arg(program);
    command
}

/// Runs a command with an input: what it printed, or what it complained of.
fn fed(command: &mut Command, input: &str) -> Result<String, String> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let mut stdin = child.stdin.take().unwrap();
    let written = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match (output.status.success(), written) {
        (true, Ok(())) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        (false, _) => Err(format!("{}: {first}", command.get_program().display())),
        (true, Err(error)) => Err(format!("{}: {error}", command.get_program().display())),
    }
}

/// How many frames the link's programs have dropped, as its driver counts them.
fn dropped_by_xdp(lab: &Lab) -> u64 {
    let shown = run(lab.gateway.command("ethtool").args(["-S", LINK]));
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    let counts = text.lines().filter(|line| line.contains("xdp_drops:"));
    counts
        .filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok())
        .sum()
}

/// The number that stands behind a word.
fn number_behind(text: &str, word: &str) -> Option<u64> {
    let mut words = text.split_whitespace();
    words.find(|it| *it == word)?;
    words.next()?.parse().ok()
}

//! What has to be so at every moment on the way.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use interlink_common::Reason;
use ipnet::IpNet;
use proptest::prelude::*;

use super::kernels::Scenario;
use super::model::link_behind;
use super::world::{NICS, VLANS};
use crate::domain::{LinkKey, Vlan};
use crate::family::Family;
use crate::plan::{Op, Step};
use crate::prefix::Prefix;
use crate::state::{Attachment, LinkState, NextHop, NicSettings, Observed, ObservedNic, OtherVlans, RouteKey, Routes};
use crate::testing::interface;
use crate::testing::kernel::Kernel;

/// Addresses inside and outside of each prefix of the universe.
const SOURCES: [&str; 8] = [
    "10.1.0.1",
    "10.1.0.200",
    "10.1.1.1",
    "10.1.3.1",
    "10.9.0.1",
    "2001:db8:1::1",
    "2001:db8:1:1::1",
    "2001:db8:9::1",
];
const DESTINATIONS: [&str; 6] = [
    "10.2.0.1",
    "10.2.1.1",
    "10.9.0.2",
    "2001:db8:2::1",
    "2001:db8:2:1::1",
    "2001:db8:9::2",
];

/// Compares each moment with the beginning and the end.
pub(super) struct Watch<'a> {
    scenario: &'a Scenario,
    before: Kernel,
    after: Kernel,
    packets: Vec<Packet>,
}

struct Packet {
    key: LinkKey,
    source: IpAddr,
    destination: IpAddr,
    before: bool,
    after: bool,
    /// Whether it is a link's before and after, and not another VLAN's.
    is_a_links: bool,
}

impl<'a> Watch<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let kernel = |state| Kernel {
            state,
            ..Kernel::default()
        };
        let (before, after) = (kernel(scenario.observed.clone()), kernel(scenario.goal()));
        let packets = packets(|key, source, destination| {
            // Without our program everything passes: that is nothing that a policy allowed.
            let was_attached = attached(&before.state, key);
            Packet {
                before: was_attached && passes(&before, key, source, destination),
                after: passes(&after, key, source, destination),
                is_a_links: [&before, &after].iter().all(|kernel| has_link(&kernel.state, key)),
                key: key.clone(),
                source,
                destination,
            }
        });
        Self {
            scenario,
            before,
            after,
            packets,
        }
    }

    /// Takes a step in as many moments as it has, and looks at each.
    pub(super) fn take(&self, kernel: &mut Kernel, step: &Step) -> Result<bool, TestCaseError> {
        for op in moments(&step.op) {
            self.is_fit(kernel, &op)?;
            if kernel.apply(&op).is_err() {
                return Ok(false);
            }
            self.look(kernel)
                .map_err(|error| TestCaseError::fail(format!("after {op}: {error}")))?;
        }
        Ok(true)
    }

    /// A step never touches what isn't ours, and no route is added where nothing guards.
    fn is_fit(&self, kernel: &Kernel, op: &Op) -> Result<(), TestCaseError> {
        if let Some(nic) = op.nic() {
            prop_assert!(NICS.contains(&nic.as_str()), "{}", op);
            let foreign = self
                .scenario
                .observed
                .nics
                .get(nic)
                .and_then(|nic| nic.foreign.as_ref());
            prop_assert!(foreign.is_none(), "{} runs somebody else's program: {}", nic, op);
        }
        let Op::AddRoutes(routes) = op else { return Ok(()) };
        for hop in routes.iter().flat_map(|(_, path)| path.next_hops()) {
            let key = link_behind(&hop.interface, &kernel.state);
            prop_assert!(attached(&kernel.state, &key), "{} is unprotected: {}", key, op);
        }
        Ok(())
    }

    fn look(&self, kernel: &Kernel) -> Result<(), TestCaseError> {
        self.packets_pass_as_one_of_the_policies_says(kernel)?;
        self.nics_let_pass_as_one_of_the_settings_says(kernel)?;
        for family in Family::ALL {
            for key in keys().filter(|key| attached(&self.before.state, key)) {
                self.routes_follow_the_gate(kernel, &key, family)?;
                self.who_is_routed_to_may_answer(kernel, &key, family)?;
            }
        }
        Ok(())
    }

    fn packets_pass_as_one_of_the_policies_says(&self, kernel: &Kernel) -> Result<(), TestCaseError> {
        for packet in self
            .packets
            .iter()
            .filter(|packet| attached(&kernel.state, &packet.key))
        {
            let Packet {
                key,
                source,
                destination,
                before,
                after,
                is_a_links,
            } = packet;
            let now = passes(kernel, key, *source, *destination);
            prop_assert!(
                !now || *before || *after,
                "{}: {} to {} slips through",
                key,
                source,
                destination
            );
            let was_protected = attached(&self.before.state, key);
            let has_to = *after && (*before && *is_a_links || !was_protected);
            prop_assert!(now || !has_to, "{}: {} to {} is lost", key, source, destination);
        }
        Ok(())
    }

    /// Beside the links: no more than it was or will be, and no less than it was and will be.
    fn nics_let_pass_as_one_of_the_settings_says(&self, kernel: &Kernel) -> Result<(), TestCaseError> {
        for name in NICS.map(interface) {
            let settings = |state: &Observed| {
                state
                    .nics
                    .get(&name)
                    .filter(|nic| is_attached(nic))
                    .map(|nic| nic.settings)
            };
            let (Some(now), Some(after)) = (settings(&kernel.state), settings(&self.after.state)) else {
                continue;
            };
            let before = settings(&self.before.state).unwrap_or(after);
            prop_assert_eq!(before.and(after).and(now), before.and(after), "{}", name);
            for passes in PASSES {
                prop_assert!(!passes(now) || passes(before) || passes(after), "{}: {}", name, now);
            }
        }
        Ok(())
    }

    fn routes_follow_the_gate(&self, kernel: &Kernel, key: &LinkKey, family: Family) -> Result<(), TestCaseError> {
        let [before, now, after] = [&self.before, kernel, &self.after].map(|kernel| face(&kernel.state, key, family));
        let is_open = |face: &Option<Face>| face.as_ref().is_some_and(|face| face.open);
        let there = |kernel: &Kernel| hops(&kernel.state, key, family);
        let (old, wanted, current) = (there(&self.before), there(&self.after), there(kernel));
        match (is_open(&before), is_open(&after)) {
            (true, false) => {
                let gone = old.difference(&current).next();
                prop_assert!(
                    gone.is_none() || !is_open(&now),
                    "{} {}: {:?} went before packets were blocked",
                    key,
                    family,
                    gone
                );
            }
            (false, true) => {
                let missing = wanted.difference(&current).next();
                prop_assert!(
                    missing.is_none() || !is_open(&now),
                    "{} {}: {:?} is missing though packets pass",
                    key,
                    family,
                    missing
                );
            }
            (true, true) if before != after => {
                let is_switched = now == after;
                let left = current.difference(&wanted).next();
                prop_assert!(
                    left.is_none() || !is_switched,
                    "{} {}: {:?} is still there after the switch",
                    key,
                    family,
                    left
                );
                let early = current.difference(&old).find(|(key, _)| !self.is_moved_or_opened(key));
                prop_assert!(
                    early.is_none() || is_switched,
                    "{} {}: {:?} is there before the switch",
                    key,
                    family,
                    early
                );
            }
            (true, true) | (false, false) => {}
        }
        Ok(())
    }

    /// A source passes before its route comes and as long as the route is there, on links that stay open. A route whose
    /// prefix was never to pass, or isn't to in the end, is another matter.
    fn who_is_routed_to_may_answer(&self, kernel: &Kernel, key: &LinkKey, family: Family) -> Result<(), TestCaseError> {
        let stays_open = [&self.before, &self.after]
            .iter()
            .all(|kernel| face(&kernel.state, key, family).is_some_and(|face| face.open));
        if !stays_open {
            return Ok(());
        }
        let is_consistent = |kernel: &Kernel, route: &(RouteKey, NextHop)| {
            !hops(&kernel.state, key, family).contains(route) || lets_in(&kernel.state, key, route.0.prefix)
        };
        for route in hops(&kernel.state, key, family) {
            let is_ours_to_order = is_consistent(&self.before, &route)
                && is_consistent(&self.after, &route)
                && !self.is_moved_or_opened(&route.0);
            prop_assert!(
                !is_ours_to_order || lets_in(&kernel.state, key, route.0.prefix),
                "{} {}: {:?} is routed to and may not answer",
                key,
                family,
                route.0
            );
        }
        Ok(())
    }

    /// A route that leaves every next hop that it had is replaced in one go, and one that a link opens for comes
    /// before that link does: neither can wait for the others.
    fn is_moved_or_opened(&self, key: &RouteKey) -> bool {
        let (Some(new), old) = (self.after.state.routes.get(key), self.before.state.routes.get(key)) else {
            return false;
        };
        let family = Family::of_net(key.prefix);
        let opens = |hop: &NextHop| {
            let link = link_behind(&hop.interface, &self.before.state);
            let was = face(&self.before.state, &link, family).is_some_and(|face| face.open);
            !was && attached(&self.before.state, &link)
        };
        let is_kept = |hop: &NextHop| old.is_some_and(|old| old.next_hops().any(|old| old == hop));
        old.is_some() && !new.next_hops().any(is_kept) || new.next_hops().any(opens)
    }
}

const PASSES: [fn(NicSettings) -> bool; 3] = [
    |settings| settings.other_vlans == OtherVlans::Pass,
    |settings| settings.lldp,
    |settings| settings.lacp,
];

/// What one family of a link looks like to the program.
#[derive(Debug, PartialEq)]
struct Face {
    open: bool,
    rest: String,
}

fn face(state: &Observed, key: &LinkKey, family: Family) -> Option<Face> {
    let link = state.nics.get(&key.interface)?.links.get(&key.vlan)?;
    let rest = match family {
        Family::V4 => format!("{:?}", link.v4),
        Family::V6 => format!("{:?}", link.v6),
    };
    Some(Face {
        open: is_open(link, family),
        rest,
    })
}

pub(super) fn is_open(link: &LinkState, family: Family) -> bool {
    let gate = match family {
        Family::V4 => link.v4.gate,
        Family::V6 => link.v6.gate,
    };
    gate == Reason::Allowed
}

/// Whether every address of a prefix may send over a link.
fn lets_in(state: &Observed, key: &LinkKey, prefix: IpNet) -> bool {
    let nic = state.nics.get(&key.interface);
    let Some(link) = nic.and_then(|nic| nic.links.get(&key.vlan)) else {
        return false;
    };
    match prefix {
        IpNet::V4(_) => link.v4.remote.covers(Prefix::try_from_net(prefix).unwrap()),
        IpNet::V6(_) => link.v6.remote.covers(Prefix::try_from_net(prefix).unwrap()),
    }
}

/// The routes of a family that lead to a link, each with its next hop there.
fn hops(state: &Observed, link: &LinkKey, family: Family) -> BTreeSet<(RouteKey, NextHop)> {
    let routes = state.routes.iter().filter(|(key, _)| key.family() == family);
    routes
        .flat_map(|(key, path)| path.next_hops().map(move |hop| (key, hop.clone())))
        .filter(|(_, hop)| link_behind(&hop.interface, state) == *link)
        .collect()
}

fn attached(state: &Observed, key: &LinkKey) -> bool {
    state.nics.get(&key.interface).is_some_and(is_attached)
}

fn has_link(state: &Observed, key: &LinkKey) -> bool {
    let nic = state.nics.get(&key.interface);
    nic.is_some_and(|nic| nic.links.contains_key(&key.vlan))
}

fn is_attached(nic: &ObservedNic) -> bool {
    matches!(nic.attachment, Attachment::Attached(_))
}

fn passes(kernel: &Kernel, key: &LinkKey, source: IpAddr, destination: IpAddr) -> bool {
    kernel.passes(&key.interface, key.vlan, source, destination)
}

fn packets(packet: impl Fn(&LinkKey, IpAddr, IpAddr) -> Packet) -> Vec<Packet> {
    let mut packets = Vec::new();
    for key in keys() {
        for source in SOURCES.map(|text| text.parse::<IpAddr>().unwrap()) {
            for destination in DESTINATIONS.map(|text| text.parse::<IpAddr>().unwrap()) {
                if source.is_ipv4() == destination.is_ipv4() {
                    packets.push(packet(&key, source, destination));
                }
            }
        }
    }
    packets
}

/// Every place that a link may have, and one that none has.
fn keys() -> impl Iterator<Item = LinkKey> {
    NICS.into_iter().flat_map(|nic| {
        VLANS.into_iter().chain([30]).map(move |vlan| LinkKey {
            interface: interface(nic),
            vlan: Vlan::from_index(vlan).unwrap(),
        })
    })
}

/// A step is whole or not at all, but for routes, which are one by one.
pub(super) fn moments(op: &Op) -> Vec<Op> {
    match op {
        Op::AddRoutes(routes) => one_by_one(routes).map(Op::AddRoutes).collect(),
        Op::RemoveRoutes(routes) => one_by_one(routes).map(Op::RemoveRoutes).collect(),
        Op::Load { .. }
        | Op::Replace { .. }
        | Op::SetLink { .. }
        | Op::RemoveLink { .. }
        | Op::SetNic { .. }
        | Op::Attach { .. }
        | Op::KeepTags { .. }
        | Op::AddRules(_)
        | Op::RemoveRules(_)
        | Op::MakeVlan { .. }
        | Op::BringUp { .. }
        | Op::SetMtu { .. }
        | Op::AddAddresses { .. }
        | Op::RemoveAddresses { .. }
        | Op::RemoveInterface { .. } => vec![op.clone()],
    }
}

fn one_by_one(routes: &Routes) -> impl Iterator<Item = Arc<Routes>> {
    let routes = routes.to_vec().into_iter();
    routes.map(|route| Arc::new([route].into_iter().collect()))
}

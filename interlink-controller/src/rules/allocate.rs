//! What the provider gives a link: addresses, a VLAN id, an AS for its peer. The lowest that is free, so that what a
//! deleted link had is given again.

use std::ops::RangeInclusive;

use super::link::{Host, Interconnect, Port};
use super::number::{Asn, Vlan};
use super::place::Inventory;
use super::state::State;

/// A /31 and a /127 that no link has.
pub(super) fn interconnect(state: &State, inventory: &Inventory) -> Option<Interconnect> {
    let (v4, v6) = (inventory.interconnect_v4, inventory.interconnect_v6);
    let pairs_v4 = (v4.network().to_bits()..=v4.broadcast().to_bits()).step_by(2);
    let pairs_v6 = (v6.network().to_bits()..=v6.broadcast().to_bits()).step_by(2);
    Some(Interconnect {
        v4: state.free_v4(pairs_v4.map(Into::into))?,
        v6: state.free_v6(pairs_v6.map(Into::into))?,
    })
}

/// A VLAN id that is free on a port.
pub(super) fn vlan(state: &State, port: Port, among: &RangeInclusive<Vlan>) -> Option<Vlan> {
    let ids = u64::from(*among.start())..=u64::from(*among.end());
    state.free_vlan(port, ids.filter_map(|id| Vlan::try_from(id).ok()))
}

/// An AS that no other peer on the same connection has. A partner's customers have the partner's.
pub(super) fn peer_asn(state: &State, host: &Host, inventory: &Inventory) -> Option<Asn> {
    if let Host::Partner { partner, .. } = host
        && let Some(asn) = inventory.partners.get(partner).and_then(|partner| partner.asn)
    {
        return Some(asn);
    }
    let taken: std::collections::BTreeSet<Asn> = state
        .links()
        .filter(|link| same_carrier(&link.host, host))
        .map(|link| link.peer_asn)
        .collect();
    let numbers = u64::from(*inventory.peer_asns.start())..=u64::from(*inventory.peer_asns.end());
    numbers
        .filter_map(|number| Asn::try_from(number).ok())
        .find(|asn| *asn != inventory.asn && !taken.contains(asn))
}

fn same_carrier(one: &Host, other: &Host) -> bool {
    match (one, other) {
        (Host::Partner { partner: one, .. }, Host::Partner { partner: other, .. }) => one == other,
        (Host::Dedicated { connection: one }, Host::Dedicated { connection: other }) => one == other,
        (Host::Partner { .. }, Host::Dedicated { .. }) | (Host::Dedicated { .. }, Host::Partner { .. }) => false,
    }
}

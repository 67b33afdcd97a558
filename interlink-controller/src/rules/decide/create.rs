//! Ordering a link.

use std::collections::BTreeSet;
use std::sync::Arc;

use interlink_core::family::{Family, PerFamily};

use super::At;
use crate::rules::allocate;
use crate::rules::command::{Answer, Change, Decision, NewHost, NewLink};
use crate::rules::id::{ConnectionId, LinkId, PairingKey, PartnerId, PolicyId};
use crate::rules::lifecycle::Phase;
use crate::rules::link::{Attached, Host, Link};
use crate::rules::number::{Asn, Bandwidth, Vlan};
use crate::rules::place::{ConnectionStatus, Pop};
use crate::rules::refusal::{Refusal, Resource};

impl At<'_> {
    pub(super) fn create_link(&self, new: NewLink) -> Result<Decision, Refusal> {
        let NewLink {
            project,
            name,
            tags,
            pop: pop_id,
            bandwidth,
            host,
            peer_asn,
            vlan,
            policies,
        } = new;
        quota("links", self.inventory.quotas.links, self.state.links().len())?;
        let pop = self
            .inventory
            .pops
            .get(&pop_id)
            .filter(|pop| pop.region == self.context.region);
        let pop = pop.ok_or_else(|| Refusal::not_found(Resource::Pop, &pop_id))?;
        let (host, phase) = match host {
            NewHost::Partner(partner) => {
                self.can_host(partner, pop, pop_id, bandwidth)?;
                let [_, pairing_key] = self.context.fresh;
                let pairing_key = PairingKey(pairing_key);
                (Host::Partner { partner, pairing_key }, Phase::Requested)
            }
            NewHost::Dedicated(connection) => {
                self.can_carry(connection, pop_id, bandwidth)?;
                (Host::Dedicated { connection }, Phase::Ready)
            }
        };
        if let Some(asn) = peer_asn {
            self.is_peers(asn)?;
        }
        let policies = PerFamily {
            v4: self.of_family(Family::V4, policies.v4)?,
            v6: self.of_family(Family::V6, policies.v6)?,
        };
        let [id, _] = self.context.fresh;
        let mut link = Link {
            id: LinkId(id),
            region: self.context.region.clone(),
            project: project.unwrap_or(self.inventory.default_project),
            name,
            tags,
            pop: pop_id,
            bandwidth,
            host,
            // Its port follows from the host; the id itself comes next.
            vlan: *self.inventory.vlans.start(),
            interconnect: allocate::interconnect(self.state, self.inventory).ok_or(Refusal::OutOfStock {
                resource: "interconnect",
            })?,
            peer_asn: match peer_asn {
                Some(asn) => asn,
                None => allocate::peer_asn(self.state, &host, self.inventory)
                    .ok_or(Refusal::OutOfStock { resource: "peer_asn" })?,
            },
            phase,
            locked: false,
            vpc: None,
            policies,
            propagation: false,
            created_at: self.context.now,
            updated_at: self.context.now,
        };
        link.vlan = self.vlan(&link, vlan)?;
        let link = Arc::new(link);
        Ok(Decision {
            changes: vec![Change::Link(Arc::clone(&link))],
            answer: Answer::Link(link),
        })
    }

    /// The peer is another AS than the provider: the sessions are external ones.
    pub(super) fn is_peers(&self, asn: Asn) -> Result<(), Refusal> {
        if asn == self.inventory.asn {
            let help = format!("{asn} is the provider's own AS: the peer needs another");
            return Err(Refusal::constraint("peer_asn", help));
        }
        Ok(())
    }

    fn can_host(
        &self,
        id: PartnerId,
        pop: &Pop,
        pop_id: crate::rules::PopId,
        bandwidth: Bandwidth,
    ) -> Result<(), Refusal> {
        let partner = self.inventory.partners.get(&id);
        let partner = partner.filter(|partner| partner.region == self.context.region);
        let partner = partner.ok_or_else(|| Refusal::not_found(Resource::Partner, &id))?;
        if !partner.pops.contains(&pop_id) {
            let help = format!("{} is not connected to {}", partner.name, pop.name);
            return Err(Refusal::constraint("partner_id", help));
        }
        among(&pop.bandwidths, bandwidth)
    }

    fn can_carry(&self, id: ConnectionId, pop: crate::rules::PopId, bandwidth: Bandwidth) -> Result<(), Refusal> {
        let connection = self.inventory.connections.get(&id);
        let connection = connection.filter(|connection| connection.region == self.context.region);
        let connection = connection.ok_or_else(|| Refusal::not_found(Resource::DedicatedConnection, &id))?;
        match connection.status {
            ConnectionStatus::Active => {}
            status @ (ConnectionStatus::Created
            | ConnectionStatus::Configuring
            | ConnectionStatus::Failed
            | ConnectionStatus::Disabled
            | ConnectionStatus::Locked) => {
                return Err(Refusal::Connection { connection: id, status });
            }
        }
        if connection.pop != pop {
            let help = format!("{} ends at another PoP: {}", connection.name, connection.pop);
            return Err(Refusal::constraint("pop_id", help));
        }
        among(&connection.bandwidths, bandwidth)?;
        let current = self.state.load(crate::rules::Port::Dedicated(id));
        let quota = connection.bandwidth.get();
        if current.saturating_add(bandwidth.get()) > quota {
            return Err(Refusal::Quota {
                resource: "bandwidth_mbps",
                quota,
                current,
            });
        }
        Ok(())
    }

    /// The policy that a field names, of the family that the field is for.
    fn of_family(&self, family: Family, id: Option<PolicyId>) -> Result<Option<Attached>, Refusal> {
        let Some(id) = id else { return Ok(None) };
        let policy = self.policy(id)?;
        if policy.family != family {
            let field = match family {
                Family::V4 => "routing_policy_v4_id",
                Family::V6 => "routing_policy_v6_id",
            };
            let help = format!("{} holds {} prefixes", policy.name, policy.family);
            return Err(Refusal::constraint(field, help));
        }
        Ok(Some(Attached { policy: id, up: false }))
    }

    fn vlan(&self, link: &Link, wanted: Option<Vlan>) -> Result<Vlan, Refusal> {
        let vlans = match link.host {
            Host::Dedicated { connection } => self.inventory.connections.get(&connection).map(|found| &found.vlans),
            Host::Partner { .. } => None,
        };
        let vlans = vlans.unwrap_or(&self.inventory.vlans);
        let Some(wanted) = wanted else {
            let free = allocate::vlan(self.state, link.port(), vlans);
            return free.ok_or(Refusal::OutOfStock { resource: "vlan" });
        };
        let help = match link.host {
            Host::Partner { .. } => {
                "only a link on a dedicated connection may choose its VLAN id: leave it out".to_owned()
            }
            Host::Dedicated { .. } if !vlans.contains(&wanted) => {
                format!("VLAN ids here are from {} to {}", vlans.start(), vlans.end())
            }
            Host::Dedicated { .. } if self.state.has_vlan(link.port(), wanted) => {
                format!("another link on this connection has VLAN id {wanted}")
            }
            Host::Dedicated { .. } => return Ok(wanted),
        };
        Err(Refusal::constraint("vlan", help))
    }
}

fn among(bandwidths: &BTreeSet<Bandwidth>, bandwidth: Bandwidth) -> Result<(), Refusal> {
    if bandwidths.contains(&bandwidth) {
        return Ok(());
    }
    let offered: Vec<_> = bandwidths.iter().map(ToString::to_string).collect();
    let help = if offered.is_empty() {
        "no bandwidth is offered here".to_owned()
    } else {
        format!("the bandwidths here are {}", offered.join(", "))
    };
    Err(Refusal::constraint("bandwidth_mbps", help))
}

/// Whether there may be one more.
pub(super) fn quota(resource: &'static str, quota: Option<u64>, current: usize) -> Result<(), Refusal> {
    let current = u64::try_from(current).unwrap_or(u64::MAX);
    match quota {
        Some(quota) if current >= quota => Err(Refusal::Quota {
            resource,
            quota,
            current,
        }),
        Some(_) | None => Ok(()),
    }
}

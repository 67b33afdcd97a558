//! From what is on the wire to what may be asked: every mistake of a body, by the name of its field.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;

use interlink_api::extension::Report as WireReport;
use interlink_api::request::{
    AttachVpc, CreateLink, CreateRoutingPolicy, NameRoutingPolicy, UpdateLink, UpdateRoutingPolicy,
};
use interlink_api::value::BgpStatus;
use interlink_core::family::{Family, PerFamily};
use interlink_core::name::Name;
use ipnet::IpNet;
use serde::de::DeserializeOwned;

use crate::rules::{
    Fault, FaultKind, LinkEdit, MAX_TAG, MAX_TAGS, NewHost, NewLink, NewPolicy, NoId, OutOfBounds, PolicyEdit,
    PolicyId, Refusal, Report, VpcId,
};

/// Reads a body as the object that it should be. An empty one is that of an action without arguments.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body = if body.is_empty() { b"{}" } else { body };
    let mut reader = serde_json::Deserializer::from_slice(body);
    let fault = |path: &str, message: &dyn ToString| {
        let argument = match path {
            "" | "." | "?" => "body",
            path => path,
        };
        Refusal::Arguments(vec![Fault::new(argument, FaultKind::Format, message.to_string())])
    };
    let read = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| fault(&error.path().to_string(), error.inner()))?;
    reader.end().map_err(|error| fault("", &error))?;
    Ok(read)
}

/// Reads the id of a path.
pub(super) fn path_id<T: FromStr<Err = NoId>>(name: &str, text: &str) -> Result<T, Refusal> {
    let mut faults = Faults::default();
    let id = faults.id(name, text);
    faults.finish(id)
}

pub(super) fn create_link(body: &[u8]) -> Result<NewLink, Refusal> {
    let CreateLink {
        project_id,
        name,
        tags,
        pop_id,
        bandwidth_mbps,
        connection_id,
        partner_id,
        peer_asn,
        vlan,
        routing_policy_v4_id,
        routing_policy_v6_id,
    } = json(body)?;
    let mut faults = Faults::default();
    let project = faults.maybe(project_id, |faults, id| faults.id("project_id", id.as_str()));
    let name = faults.name(&name);
    let tags = faults.tags(tags);
    let pop = faults.id("pop_id", pop_id.as_str());
    let bandwidth = match bandwidth_mbps {
        0 => faults.add(
            "bandwidth_mbps",
            FaultKind::Required,
            "how much shall it carry, in Mbit/s?",
        ),
        number => faults.number("bandwidth_mbps", number),
    };
    let host = match (connection_id, partner_id) {
        (Some(id), None) => faults.id("connection_id", id.as_str()).map(NewHost::Dedicated),
        (None, Some(id)) => faults.id("partner_id", id.as_str()).map(NewHost::Partner),
        (Some(_), Some(_)) => {
            let help = "a link has a connection_id or a partner_id, not both";
            faults.add("partner_id", FaultKind::Constraint, help)
        }
        (None, None) => {
            let help = "exactly one of connection_id and partner_id says what carries the link";
            faults.add("partner_id", FaultKind::Required, help)
        }
    };
    let peer_asn = faults.maybe(peer_asn, |faults, asn| faults.number("peer_asn", asn.into()));
    let vlan = faults.maybe(vlan, |faults, vlan| faults.number("vlan", vlan.into()));
    let policies = PerFamily {
        v4: faults.maybe(routing_policy_v4_id, |faults, id| {
            faults.id("routing_policy_v4_id", id.as_str())
        }),
        v6: faults.maybe(routing_policy_v6_id, |faults, id| {
            faults.id("routing_policy_v6_id", id.as_str())
        }),
    };
    let new = (|| {
        Some(NewLink {
            project,
            name: name?,
            tags: tags?,
            pop: pop?,
            bandwidth: bandwidth?,
            host: host?,
            peer_asn,
            vlan,
            policies,
        })
    })();
    faults.finish(new)
}

pub(super) fn update_link(body: &[u8]) -> Result<LinkEdit, Refusal> {
    let UpdateLink { name, tags, peer_asn } = json(body)?;
    let mut faults = Faults::default();
    let edit = LinkEdit {
        name: faults.maybe(name, |faults, name| faults.name(&name)),
        tags: faults.maybe(tags, Faults::tags),
        peer_asn: faults.maybe(peer_asn, |faults, asn| faults.number("peer_asn", asn.into())),
    };
    faults.finish(Some(edit))
}

pub(super) fn vpc(body: &[u8]) -> Result<VpcId, Refusal> {
    let AttachVpc { vpc_id } = json(body)?;
    path_id("vpc_id", vpc_id.as_str())
}

pub(super) fn policy(body: &[u8]) -> Result<PolicyId, Refusal> {
    let NameRoutingPolicy { routing_policy_id } = json(body)?;
    path_id("routing_policy_id", routing_policy_id.as_str())
}

pub(super) fn create_policy(body: &[u8]) -> Result<NewPolicy, Refusal> {
    let CreateRoutingPolicy {
        project_id,
        name,
        tags,
        prefix_filter_in,
        prefix_filter_out,
        is_ipv6,
    } = json(body)?;
    let mut faults = Faults::default();
    let project = faults.maybe(project_id, |faults, id| faults.id("project_id", id.as_str()));
    let name = faults.name(&name);
    let tags = faults.tags(tags);
    let filter_in = faults.prefixes("prefix_filter_in", &prefix_filter_in);
    let filter_out = faults.prefixes("prefix_filter_out", &prefix_filter_out);
    let new = (|| {
        Some(NewPolicy {
            project,
            name: name?,
            tags: tags?,
            family: if is_ipv6 { Family::V6 } else { Family::V4 },
            filter_in: filter_in?,
            filter_out: filter_out?,
        })
    })();
    faults.finish(new)
}

pub(super) fn update_policy(body: &[u8]) -> Result<PolicyEdit, Refusal> {
    let UpdateRoutingPolicy {
        name,
        tags,
        prefix_filter_in,
        prefix_filter_out,
    } = json(body)?;
    let mut faults = Faults::default();
    let edit = PolicyEdit {
        name: faults.maybe(name, |faults, name| faults.name(&name)),
        tags: faults.maybe(tags, Faults::tags),
        filter_in: faults.maybe(prefix_filter_in, |faults, list| {
            faults.prefixes("prefix_filter_in", &list)
        }),
        filter_out: faults.maybe(prefix_filter_out, |faults, list| {
            faults.prefixes("prefix_filter_out", &list)
        }),
    };
    faults.finish(Some(edit))
}

pub(super) fn report(body: &[u8]) -> Result<Report, Refusal> {
    let WireReport {
        bgp_v4_status,
        bgp_v6_status,
        learned_routes,
    } = json(body)?;
    let mut faults = Faults::default();
    let up = PerFamily {
        v4: faults.is_up("bgp_v4_status", &bgp_v4_status),
        v6: faults.is_up("bgp_v6_status", &bgp_v6_status),
    };
    let learned = faults.maybe(learned_routes, |faults, routes| {
        let mut learned = BTreeMap::new();
        for route in routes {
            let destination = faults.prefix("learned_routes.destination", &route.destination)?;
            if destination != destination.trunc() {
                let help = format!("{destination} has host bits: the prefix is {}", destination.trunc());
                return faults.add("learned_routes.destination", FaultKind::Constraint, help);
            }
            let Ok(nexthop) = route.nexthop_ip.parse::<IpAddr>() else {
                let help = format!("{:?} is no address", route.nexthop_ip);
                return faults.add("learned_routes.nexthop_ip", FaultKind::Format, help);
            };
            learned.insert(destination, nexthop);
        }
        Some(learned)
    });
    faults.finish(Some(Report { up, learned }))
}

/// The mistakes found so far. What reads one thing gives nothing where it found one.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add<T>(&mut self, argument: &str, kind: FaultKind, help: impl Into<String>) -> Option<T> {
        self.0.push(Fault::new(argument, kind, help));
        None
    }

    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, Refusal> {
        match read {
            Some(read) if self.0.is_empty() => Ok(read),
            Some(_) | None => Err(Refusal::Arguments(self.0)),
        }
    }

    pub(super) fn maybe<A, B>(&mut self, given: Option<A>, read: impl FnOnce(&mut Self, A) -> Option<B>) -> Option<B> {
        given.and_then(|given| read(self, given))
    }

    pub(super) fn id<T: FromStr<Err = NoId>>(&mut self, argument: &str, text: &str) -> Option<T> {
        match text.parse() {
            Ok(id) => Some(id),
            Err(NoId) if text.is_empty() => self.add(argument, FaultKind::Required, "whose id is it?"),
            Err(error @ NoId) => self.add(argument, FaultKind::Format, error.to_string()),
        }
    }

    pub(super) fn number<T: TryFrom<u64, Error = OutOfBounds>>(&mut self, argument: &str, number: u64) -> Option<T> {
        match T::try_from(number) {
            Ok(number) => Some(number),
            Err(error) => self.add(argument, FaultKind::Constraint, error.to_string()),
        }
    }

    fn name(&mut self, name: &str) -> Option<Name> {
        match Name::new(name) {
            Ok(name) => Some(name),
            Err(error) if name.is_empty() => self.add("name", FaultKind::Required, error.to_string()),
            Err(error) => self.add("name", FaultKind::Constraint, error.to_string()),
        }
    }

    fn tags(&mut self, tags: Vec<String>) -> Option<Vec<String>> {
        if tags.len() > MAX_TAGS {
            return self.add(
                "tags",
                FaultKind::Constraint,
                format!("there are at most {MAX_TAGS} tags"),
            );
        }
        if tags.iter().any(|tag| tag.chars().count() > MAX_TAG) {
            let help = format!("a tag has at most {MAX_TAG} characters");
            return self.add("tags", FaultKind::Constraint, help);
        }
        Some(tags)
    }

    fn prefixes(&mut self, argument: &str, list: &[String]) -> Option<Vec<IpNet>> {
        list.iter().map(|text| self.prefix(argument, text)).collect()
    }

    /// A bare address is a prefix of all its bits, as it is to the product's clients.
    pub(super) fn prefix(&mut self, argument: &str, text: &str) -> Option<IpNet> {
        let prefix = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        if prefix.is_err() {
            let help = format!("{text:?} is no prefix such as 10.20.0.0/16");
            self.add::<()>(argument, FaultKind::Format, help);
        }
        prefix.ok()
    }

    fn is_up(&mut self, argument: &str, status: &BgpStatus) -> bool {
        match status {
            BgpStatus::Up => true,
            BgpStatus::Unknown | BgpStatus::Down | BgpStatus::Disabled => false,
            BgpStatus::Other(other) => {
                let help = format!("there is no status {other:?}: a session is up, down or disabled");
                self.add::<()>(argument, FaultKind::Constraint, help);
                false
            }
        }
    }
}

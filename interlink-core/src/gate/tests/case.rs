//! One combination of the conditions.

use super::super::{Closed, Condition, Gate, Session};
use crate::domain::{Intent, Link, LinkStatus};
use crate::family::Family;
use crate::testing::{intent_of_open_link, name, statuses};

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) family: Family,
    pub(super) status: LinkStatus,
    pub(super) vpc: Vpcs,
    pub(super) policy: Policies,
    pub(super) propagation: bool,
    /// Of this family; the other family always has one.
    pub(super) interconnect: bool,
    /// None for a static link.
    pub(super) session: Option<Session>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Vpcs {
    Attached,
    None,
    /// A name that no VPC has.
    Dangling,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Policies {
    Attached,
    None,
    /// A name that no policy has.
    Dangling,
    /// One of the other family.
    Other,
}

impl Case {
    pub(super) fn all() -> Vec<Self> {
        let mut cases = Family::ALL.map(Self::open).to_vec();
        vary(&mut cases, &statuses(), |case, status| case.status = status.clone());
        vary(
            &mut cases,
            &[Vpcs::Attached, Vpcs::None, Vpcs::Dangling],
            |case, vpc| {
                case.vpc = *vpc;
            },
        );
        let policies = [Policies::Attached, Policies::None, Policies::Dangling, Policies::Other];
        vary(&mut cases, &policies, |case, policy| case.policy = *policy);
        vary(&mut cases, &[true, false], |case, on| case.propagation = *on);
        vary(&mut cases, &[true, false], |case, known| case.interconnect = *known);
        let sessions = [None, Some(Session::Up), Some(Session::Down)];
        vary(&mut cases, &sessions, |case, session| case.session = *session);
        cases
    }

    /// Every condition met.
    pub(super) fn open(family: Family) -> Self {
        Self {
            family,
            status: LinkStatus::Active,
            vpc: Vpcs::Attached,
            policy: Policies::Attached,
            propagation: true,
            interconnect: true,
            session: Some(Session::Up),
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.expected().iter().all(|(_, closed)| closed.is_none())
    }

    pub(super) fn expected(&self) -> Vec<(Condition, Option<Closed>)> {
        let flows = ["active", "limited_connectivity"].contains(&self.status.as_str());
        let unless = |met: bool, closed| if met { None } else { Some(closed) };
        let (vpc, policy) = (self.vpc == Vpcs::Attached, self.policy == Policies::Attached);
        let session = self.session != Some(Session::Down);
        vec![
            (
                Condition::LinkStatus,
                unless(flows, Closed::LinkStatus(self.status.clone())),
            ),
            (Condition::Vpc, unless(vpc, Closed::NoVpc)),
            (Condition::RoutingPolicy, unless(policy, Closed::NoRoutingPolicy)),
            (
                Condition::RoutePropagation,
                unless(self.propagation, Closed::PropagationDisabled),
            ),
            (
                Condition::Interconnect,
                unless(self.interconnect, Closed::NoInterconnect),
            ),
            (Condition::Bgp, unless(session, Closed::BgpDown)),
        ]
    }

    pub(super) fn gate(&self) -> Gate {
        let mut intent = intent_of_open_link();
        let mut link = intent.links.remove(&name("paris")).unwrap();
        self.configure(&mut link);
        let intent = Intent {
            links: [(link.name.clone(), link.clone())].into(),
            ..intent
        };
        Gate::new(
            &intent,
            &link,
            self.family,
            &self.status,
            self.session.unwrap_or_default(),
        )
    }

    fn configure(&self, link: &mut Link) {
        // What counts is the settled status, whatever is being applied at the moment.
        link.status = LinkStatus::Configuring;
        match self.vpc {
            Vpcs::Attached => {}
            Vpcs::None => link.vpc = None,
            Vpcs::Dangling => link.vpc = Some(name("gone")),
        }
        let other = Family::ALL.into_iter().find(|family| *family != self.family).unwrap();
        let policy = match self.policy {
            Policies::Attached => link.policies.get(self.family).clone(),
            Policies::None => None,
            Policies::Dangling => Some(name("gone")),
            Policies::Other => link.policies.get(other).clone(),
        };
        *link.policies.get_mut(self.family) = policy;
        link.enable_route_propagation = self.propagation;
        match self.family {
            Family::V4 if !self.interconnect => link.interconnect_v4 = None,
            Family::V6 if !self.interconnect => link.interconnect_v6 = None,
            Family::V4 | Family::V6 => {}
        }
        if self.session.is_none() {
            link.bgp = None;
        }
    }
}

/// Each case once with every value.
fn vary<T>(cases: &mut Vec<Case>, values: &[T], set: impl Fn(&mut Case, &T)) {
    let varied = cases.iter().flat_map(|case| {
        values.iter().map(|value| {
            let mut case = case.clone();
            set(&mut case, value);
            case
        })
    });
    *cases = varied.collect();
}

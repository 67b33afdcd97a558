//! What went wrong, and when it is tried again.

use std::collections::BTreeMap;

use crate::backoff::Backoff;
use crate::plan::{Op, OpError, RefusedRoute, Subject, Suspended};
use crate::state::RouteKey;
use crate::time::Time;

#[cfg(test)]
mod tests;

/// Everything that stands in the way at the moment.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// Steps that failed, by what they were about.
    steps: BTreeMap<Subject, Failure<OpError>>,
    /// Routes that the kernel refused one by one.
    routes: BTreeMap<RouteKey, Failure<RefusedRoute>>,
    /// What a plan couldn't even try.
    blocked: Vec<OpError>,
    observation: Option<Failure<String>>,
}

#[derive(Debug)]
struct Failure<E> {
    error: E,
    backoff: Backoff,
    retry_at: Time,
}

impl Troubles {
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            steps,
            routes,
            blocked,
            observation,
        } = self;
        steps.is_empty() && routes.is_empty() && blocked.is_empty() && observation.is_none()
    }

    /// Lets everything be tried again at once.
    pub(super) fn forget(&mut self) {
        self.steps.clear();
        self.routes.clear();
    }

    /// Notes a failure, and tells whether it is news.
    pub(super) fn failed(&mut self, op: &Op, error: OpError, now: Time, random: &mut fastrand::Rng) -> bool {
        if let OpError::Routes { refused } = error {
            let mut news = false;
            for route in refused {
                news |= note(&mut self.routes, route.route.key, route, now, random).1;
            }
            return news;
        }
        note(&mut self.steps, op.subject(), error, now, random).1
    }

    pub(super) fn succeeded(&mut self, op: &Op) {
        self.steps.remove(&op.subject());
        if let Op::AddRoutes(routes) = op
            && !self.routes.is_empty()
        {
            self.routes.retain(|key, _| routes.get(key).is_none());
        }
    }

    /// Takes over what a plan found impossible, and gives back what is news of it.
    pub(super) fn blocked(&mut self, blocked: Vec<OpError>) -> Vec<OpError> {
        let news = blocked
            .iter()
            .filter(|error| !self.blocked.contains(error))
            .cloned()
            .collect();
        self.blocked = blocked;
        news
    }

    /// When to look again, and whether the failure is news.
    pub(super) fn observation_failed(&mut self, error: String, now: Time, random: &mut fastrand::Rng) -> (Time, bool) {
        let mut failures: BTreeMap<(), _> = self
            .observation
            .take()
            .map(|failure| ((), failure))
            .into_iter()
            .collect();
        let outcome = note(&mut failures, (), error, now, random);
        self.observation = failures.remove(&());
        outcome
    }

    pub(super) fn clear_observation(&mut self) {
        self.observation = None;
    }

    /// What is not to be tried yet.
    pub(super) fn suspended(&self, now: Time) -> Suspended {
        let routes = self.routes.iter().filter(|(_, failure)| now < failure.retry_at);
        let mut suspended = Suspended {
            routes: routes.map(|(key, _)| *key).collect(),
            ..Suspended::default()
        };
        for (subject, _) in self.steps.iter().filter(|(_, failure)| now < failure.retry_at) {
            match subject.clone() {
                Subject::Nic(nic) => {
                    suspended.nics.insert(nic);
                }
                Subject::Routes => suspended.all_routes = true,
                Subject::Rules => suspended.rules = true,
                Subject::Interface(interface) => {
                    suspended.interfaces.insert(interface);
                }
            }
        }
        suspended
    }

    pub(super) fn refused(&self) -> impl Iterator<Item = &RefusedRoute> {
        self.routes.values().map(|failure| &failure.error)
    }

    pub(super) fn next_retry(&self) -> Option<Time> {
        let steps = self.steps.values().map(|failure| failure.retry_at);
        steps.chain(self.routes.values().map(|failure| failure.retry_at)).min()
    }

    pub(super) fn in_words(&self) -> Vec<String> {
        let Self {
            steps,
            routes,
            blocked,
            observation,
        } = self;
        let observation = observation.iter().map(|failure| failure.error.clone());
        let blocked = blocked.iter().map(ToString::to_string);
        let steps = steps.values().map(|failure| failure.error.to_string());
        let routes = (!routes.is_empty()).then(|| {
            let refused = routes.values().map(|failure| failure.error.clone()).collect();
            OpError::Routes { refused }.to_string()
        });
        observation.chain(blocked).chain(steps).chain(routes).collect()
    }
}

/// Notes a failure under a key; gives when to try again, and whether it is news.
fn note<K: Ord, E: PartialEq>(
    failures: &mut BTreeMap<K, Failure<E>>,
    key: K,
    error: E,
    now: Time,
    random: &mut fastrand::Rng,
) -> (Time, bool) {
    let (mut backoff, news) = match failures.remove(&key) {
        Some(Failure {
            error: before,
            backoff,
            retry_at: _,
        }) => (backoff, before != error),
        None => (Backoff::default(), true),
    };
    let retry_at = now.after(backoff.fail(random));
    failures.insert(
        key,
        Failure {
            error,
            backoff,
            retry_at,
        },
    );
    (retry_at, news)
}

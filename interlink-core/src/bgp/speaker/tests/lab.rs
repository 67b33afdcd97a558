//! Two speakers on a virtual clock, and a network between them that a seed makes good or bad.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::super::*;
use crate::bgp::effect::{ConnectionId, Endpoint, Event, Side};
use crate::config::Config;
use crate::family::Family;
use crate::gate::Session as Standing;
use crate::state::{LearnedFamily, LearnedRoutes};
use crate::testing::interface;

pub(super) const PROVIDER: usize = 0;
pub(super) const CUSTOMER: usize = 1;

const LINK: &str = r#"
[agent]
role = "ROLE"
[[vpc]]
name = "prod"
table = 100
[[routing_policy]]
name = "v4"
prefix_filter_in = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22"]
[[routing_policy]]
name = "v6"
is_ipv6 = true
prefix_filter_in = ["2001:db8:20::/48"]
prefix_filter_out = ["2001:db8:4::/48"]
[[link]]
name = "paris"
interface = "eth1"
vpc = "prod"
routing_policy_v4 = "v4"
routing_policy_v6 = "v6"
enable_route_propagation = true
scw_bgp_config = { asn = 12876, ipv4 = "169.254.0.100/31", ipv6 = "fd00::/127" }
peer_bgp_config = { asn = 65010, ipv4 = "169.254.0.101/31", ipv6 = "fd00::1/127" }
[link.session]
announce_connected = false
"#;

const NETWORKS: [&str; 2] = [
    r#"networks = ["172.16.4.0/24", "172.16.5.0/24", "2001:db8:4:1::/64", "192.0.2.0/24"]"#,
    r#"networks = ["10.20.0.0/16", "2001:db8:20::/48"]"#,
];

/// What each side learns in the end.
pub(super) const TAUGHT: [[&[&str]; 2]; 2] = [
    [&["10.20.0.0/16"], &["2001:db8:20::/48"]],
    [&["172.16.4.0/24", "172.16.5.0/24"], &["2001:db8:4:1::/64"]],
];

/// How bad the network is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weather {
    /// How often, of 1000, a try to connect fails.
    pub(super) refuse: u32,
    /// How often, of 1000, sending breaks the connection.
    pub(super) breaks: u32,
    /// How long bytes may take, at most.
    pub(super) delay: Duration,
    /// Bytes and connections vanish, and nobody is told.
    pub(super) hole: bool,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) speaker: Speaker,
    pub(super) config: String,
    pub(super) carrier: bool,
    listens: BTreeMap<SessionId, Endpoint>,
    pub(super) learned: BTreeMap<Family, BTreeSet<String>>,
    pub(super) standing: BTreeMap<Family, Standing>,
    pub(super) told: Vec<String>,
    /// Every number of routes that was learned of IPv4, in turn.
    pub(super) history: Vec<usize>,
}

/// A connection as one end names it, and how the other does.
#[derive(Debug, Clone)]
struct End {
    node: usize,
    id: ConnectionId,
}

#[derive(Debug)]
pub(super) struct Lab {
    pub(super) now: Time,
    pub(super) nodes: [Node; 2],
    pub(super) weather: Weather,
    /// The node whose bytes nobody takes.
    pub(super) stuck: Option<usize>,
    wires: BTreeMap<(usize, ConnectionId), End>,
    /// When the last bytes of an end arrive: what follows comes later.
    arrival: BTreeMap<(usize, ConnectionId), Time>,
    queue: BTreeMap<(Time, u64), (usize, Input)>,
    number: u64,
    random: fastrand::Rng,
    pub(super) trace: Vec<String>,
}

impl Lab {
    pub(super) fn new(seed: u64) -> Self {
        let node = |number: usize| {
            let role = ["provider", "customer"][number];
            Node {
                speaker: Speaker::new(seed * 2 + number as u64),
                config: LINK.replace("ROLE", role) + NETWORKS[number],
                carrier: true,
                listens: BTreeMap::new(),
                learned: BTreeMap::new(),
                standing: BTreeMap::new(),
                told: Vec::new(),
                history: Vec::new(),
            }
        };
        Self {
            now: Time::default(),
            nodes: [node(PROVIDER), node(CUSTOMER)],
            weather: Weather {
                delay: Duration::from_millis(5),
                ..Weather::default()
            },
            stuck: None,
            wires: BTreeMap::new(),
            arrival: BTreeMap::new(),
            queue: BTreeMap::new(),
            number: 0,
            random: fastrand::Rng::with_seed(seed ^ 0x5eed),
            trace: Vec::new(),
        }
    }

    /// Both follow their configurations.
    pub(super) fn start(seed: u64) -> Self {
        let mut lab = Self::new(seed);
        lab.follow(PROVIDER);
        lab.follow(CUSTOMER);
        lab
    }

    pub(super) fn edit(&mut self, node: usize, from: &str, to: &str) {
        let config = &mut self.nodes[node].config;
        assert!(config.contains(from), "{from:?} isn't in {config}");
        *config = config.replace(from, to);
        self.follow(node);
    }

    pub(super) fn follow(&mut self, number: usize) {
        let now = self.now;
        let node = &mut self.nodes[number];
        let intent = Config::parse(&node.config).unwrap().intent();
        let interfaces = interfaces(node.carrier);
        let world = World {
            intent: &intent,
            settled: &BTreeMap::new(),
            interfaces: &interfaces,
        };
        node.speaker.follow(world, now);
        self.carry_out(number);
    }

    /// Forgets a node's speaker, as if its process were killed, and starts another.
    pub(super) fn kill(&mut self, number: usize) {
        let ends: Vec<_> = self.wires.keys().filter(|(node, _)| *node == number).cloned().collect();
        for (node, id) in ends {
            self.close(node, &id, "killed");
        }
        self.nodes[number].listens.clear();
        self.nodes[number].speaker = Speaker::new(self.random.u64(..));
        self.queue.retain(|_, (node, _)| *node != number);
    }

    pub(super) fn input(&mut self, node: usize, input: Input) {
        let now = self.now;
        self.nodes[node].speaker.handle(input, now);
        self.carry_out(node);
    }

    /// Lets time pass.
    pub(super) fn run(&mut self, time: Duration) {
        let end = self.now.after(time);
        for _ in 0..200_000 {
            let arrival = self.queue.keys().next().map(|(at, _)| *at);
            let timers = self.nodes.iter().filter_map(|node| node.speaker.poll_timeout());
            let Some(next) = arrival.into_iter().chain(timers).min().filter(|at| *at <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            while let Some((&key, _)) = self.queue.iter().next().filter(|((at, _), _)| *at <= self.now) {
                let (node, input) = self.queue.remove(&key).unwrap();
                self.input(node, input);
            }
            for number in [PROVIDER, CUSTOMER] {
                if self.nodes[number]
                    .speaker
                    .poll_timeout()
                    .is_some_and(|at| at <= self.now)
                {
                    let now = self.now;
                    self.nodes[number].speaker.handle_timeout(now);
                    self.carry_out(number);
                }
            }
        }
        panic!("time stands still at {:?}: {:?}", self.now, self.nodes[0].told);
    }

    pub(super) fn carry_out(&mut self, number: usize) {
        while let Some(effect) = self.nodes[number].speaker.poll_effect() {
            self.trace.push(format!("{:?} {number} {effect:?}", self.now.0));
            match effect {
                Effect::Listen { session, endpoint } => {
                    self.nodes[number].listens.insert(session.clone(), endpoint);
                    self.later(
                        number,
                        Duration::ZERO,
                        Input::Listening {
                            session,
                            result: Ok(()),
                        },
                    );
                }
                Effect::Unlisten(session) => {
                    self.nodes[number].listens.remove(&session).unwrap();
                }
                Effect::Connect { connection, endpoint } => self.connect(number, connection, &endpoint),
                Effect::Send { connection, bytes } => self.send(number, &connection, &bytes),
                Effect::Close(connection) => self.close(number, &connection, "the peer closed it"),
                Effect::Session { family, session, .. } => {
                    self.nodes[number].standing.insert(family, session);
                }
                Effect::Learned { routes, .. } => {
                    let (family, prefixes) = match &routes {
                        LearnedFamily::V4(routes) => (Family::V4, prefixes(routes)),
                        LearnedFamily::V6(routes) => (Family::V6, prefixes(routes)),
                    };
                    if family == Family::V4 {
                        self.nodes[number].history.push(prefixes.len());
                    }
                    self.nodes[number].learned.insert(family, prefixes);
                }
                Effect::Tell(event) => {
                    let words = match event {
                        Event::Up(_) => "up".to_owned(),
                        other => other.to_string(),
                    };
                    self.nodes[number].told.push(words);
                }
            }
        }
    }

    /// A connection of a node's first session, if there is one.
    pub(super) fn connection(&self, node: usize) -> Option<ConnectionId> {
        let mut ids = self
            .wires
            .keys()
            .filter(|(number, id)| *number == node && id.session.transport == Family::V4);
        ids.next().map(|(_, id)| id.clone())
    }

    fn connect(&mut self, from: usize, id: ConnectionId, endpoint: &Endpoint) {
        let to = 1 - from;
        if self.weather.hole || !self.nodes[from].carrier || !self.nodes[to].carrier {
            return;
        }
        let listening = self.nodes[to]
            .listens
            .iter()
            .find(|(_, listener)| listener.local == endpoint.peer);
        let refused = self.random.u32(..1000) < self.weather.refuse;
        let Some((session, _)) = listening.filter(|_| !refused) else {
            let why = "refused".to_owned();
            self.later(from, Duration::from_millis(1), Input::Closed { connection: id, why });
            return;
        };
        self.number += 1;
        let accepted = ConnectionId {
            session: session.clone(),
            side: Side::Incoming,
            number: self.number,
        };
        self.wires.insert(
            (from, id.clone()),
            End {
                node: to,
                id: accepted.clone(),
            },
        );
        self.wires.insert(
            (to, accepted.clone()),
            End {
                node: from,
                id: id.clone(),
            },
        );
        let from_address: IpAddr = endpoint.local;
        let delay = self.delay();
        let input = Input::Accepted {
            connection: accepted.clone(),
            from: from_address,
        };
        self.later(to, delay, input);
        self.later(from, delay, Input::Connected(id.clone()));
        self.arrival.insert((to, accepted), self.now.after(delay));
        self.arrival.insert((from, id), self.now.after(delay));
    }

    fn send(&mut self, from: usize, id: &ConnectionId, bytes: &[u8]) {
        let Some(other) = self.wires.get(&(from, id.clone())).cloned() else {
            return;
        };
        if self.random.u32(..1000) < self.weather.breaks {
            self.later(
                from,
                Duration::ZERO,
                Input::Closed {
                    connection: id.clone(),
                    why: "broken".to_owned(),
                },
            );
            self.close(from, id, "broken");
            return;
        }
        if self.stuck == Some(from) {
            return;
        }
        self.later(from, Duration::ZERO, Input::Sent(id.clone()));
        if self.weather.hole {
            return;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let cut = self.random.usize(1..=rest.len());
            let (part, after) = rest.split_at(cut);
            rest = after;
            let at = self.after_others(&other);
            let input = Input::Bytes {
                connection: other.id.clone(),
                bytes: part.to_vec(),
            };
            self.at(other.node, at, input);
        }
    }

    fn close(&mut self, from: usize, id: &ConnectionId, why: &str) {
        let Some(other) = self.wires.remove(&(from, id.clone())) else {
            return;
        };
        if self.wires.remove(&(other.node, other.id.clone())).is_some() && !self.weather.hole {
            let at = self.after_others(&other);
            self.at(
                other.node,
                at,
                Input::Closed {
                    connection: other.id,
                    why: why.to_owned(),
                },
            );
        }
    }

    fn after_others(&mut self, end: &End) -> Time {
        let at = self.now.after(self.delay());
        let last = self.arrival.entry((end.node, end.id.clone())).or_default();
        *last = at.max(*last);
        *last
    }

    fn delay(&mut self) -> Duration {
        self.weather.delay.mul_f64(self.random.f64())
    }

    fn later(&mut self, node: usize, delay: Duration, input: Input) {
        self.at(node, self.now.after(delay), input);
    }

    fn at(&mut self, node: usize, at: Time, input: Input) {
        self.number += 1;
        self.queue.insert((at, self.number), (node, input));
    }
}

impl Node {
    /// What was learned of both families.
    pub(super) fn knows(&self) -> [Vec<&str>; 2] {
        Family::ALL.map(|family| {
            self.learned
                .get(&family)
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect()
        })
    }

    pub(super) fn is_up(&self) -> [bool; 2] {
        Family::ALL.map(|family| self.standing.get(&family) == Some(&Standing::Up))
    }

    pub(super) fn was_told(&self, words: &str) -> usize {
        self.told.iter().filter(|told| told.contains(words)).count()
    }
}

pub(super) fn interfaces(carrier: bool) -> BTreeMap<InterfaceName, Interface> {
    let eth1 = Interface {
        carrier,
        addresses: BTreeSet::new(),
        ..crate::testing::kernel::plain(2)
    };
    BTreeMap::from([(interface("eth1"), eth1)])
}

fn prefixes<A: crate::prefix::Address>(routes: &LearnedRoutes<A>) -> BTreeSet<String> {
    routes.iter().map(|route| route.prefix.to_string()).collect()
}

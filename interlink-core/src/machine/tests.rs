//! The loop, with a simulated kernel and a clock that is moved by hand.

mod looks;
mod told;
mod trial;

use super::*;
use crate::config::Config;
use crate::domain::Vlan;
use crate::gate::Closed;
use crate::name::InterfaceName;
use crate::plan::Op;
use crate::state::{AttachMode, LearnedRoute, Priority, Router};
use crate::testing::change_routes;
use crate::testing::kernel::Kernel;

const STATIC_LINK: &str = r#"
[agent]
role = "customer"
[[vpc]]
name = "prod"
table = 100
[[routing_policy]]
name = "v4"
prefix_filter_in  = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22", "192.0.2.0/24"]
[[link]]
name = "paris"
interface = "eth1"
status = "active"
vpc = "prod"
routing_policy_v4 = "v4"
enable_route_propagation = true
scw_bgp_config  = { ipv4 = "169.254.0.100/31" }
peer_bgp_config = { ipv4 = "169.254.0.101/31" }
"#;

#[test]
fn from_nothing_to_enforcing_in_the_order_that_protects_first() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    let ops = world.run();
    assert_eq!(
        ops,
        [
            "load the program for eth1",
            "set the link on eth1 (untagged): IPv4 open, IPv6 no_routing_policy",
            "attach the program to eth1 in native mode",
            "add 2 routes (172.16.4.0/22 via 169.254.0.100 dev eth1 table 100 metric 100; 192.0.2.0/24 via \
             169.254.0.100 dev eth1 table 100 metric 100)",
        ]
    );
    assert_eq!(world.machine.lifecycle(), Lifecycle::Enforcing);
    assert_eq!(world.run(), [""; 0], "at rest nothing is done");
}

#[test]
fn without_an_intent_nothing_is_changed_or_pruned() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.run();
    let mut restarted = World {
        kernel: world.kernel,
        ..World::new(&[])
    };
    restarted
        .machine
        .handle(Input::SourceFailed("broken".to_owned()), restarted.now);
    assert_eq!(restarted.run(), [""; 0]);
    assert_eq!(restarted.machine.lifecycle(), Lifecycle::Starting);
    assert_eq!(restarted.kernel.state.routes.len(), 2);
    assert_eq!(restarted.machine.source_error(), Some("broken"));
}

#[test]
fn a_restart_finds_everything_as_it_should_be() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.run();
    let mut restarted = World {
        kernel: world.kernel,
        ..World::new(&[])
    };
    restarted.intend(&text());
    assert_eq!(restarted.run(), [""; 0]);
    assert_eq!(restarted.machine.lifecycle(), Lifecycle::Enforcing);
}

#[test]
fn disabling_propagation_blocks_packets_before_it_withdraws_routes() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.run();
    world.intend(&text().replace("propagation = true", "propagation = false"));
    let ops = world.run();
    assert_eq!(
        ops[0],
        "set the link on eth1 (untagged): IPv4 propagation_disabled, IPv6 no_routing_policy"
    );
    assert!(ops[1].starts_with("remove 2 routes"), "{ops:?}");
    assert_eq!(ops.len(), 2);
}

#[test]
fn a_new_intent_cuts_a_plan_short_after_the_step_under_way() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    assert_eq!(world.next_op(), Some("load the program for eth1".to_owned()));
    world.intend(&text().replace("propagation = true", "propagation = false"));
    world.machine.handle(Input::Done(Ok(())), world.now);
    world.kernel.apply(&Op::Load { nic: eth1() }).unwrap();
    let ops = world.run();
    assert_eq!(
        ops,
        [
            "set the link on eth1 (untagged): IPv4 propagation_disabled, IPv6 no_routing_policy",
            "attach the program to eth1 in native mode",
        ]
    );
}

#[test]
fn what_somebody_else_changed_is_put_back_and_told_once() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.run();
    world.told.clear();
    change_routes(&mut world.kernel.state.routes, |routes| {
        routes.pop_first();
    });
    world.machine.handle(Input::Changed, world.now);
    let ops = world.run();
    assert_eq!(ops.len(), 1);
    assert_eq!(world.kernel.state.routes.len(), 2);
    let drifts = world
        .told
        .iter()
        .filter(|event| matches!(event, Event::Drift(_)))
        .count();
    assert_eq!(drifts, 1);

    world.told.clear();
    world.kernel.state.nics.get_mut(&eth1()).unwrap().links.clear();
    world.wait(OBSERVE_EVERY);
    assert_eq!(world.run().len(), 1, "also what the kernel tells nobody of");
}

#[test]
fn a_step_that_fails_is_tried_again_later_and_later_until_it_works() {
    let mut world = World::new(&["eth1"]);
    world.kernel.failing = vec![0, 1, 2];
    world.intend(&text());
    world.protecting_elsewhere();
    world.run();
    assert_eq!(world.machine.lifecycle(), Lifecycle::Degraded);
    assert_eq!(world.machine.troubles().len(), 1);
    let mut waits = Vec::new();
    while world.machine.lifecycle() == Lifecycle::Degraded {
        let before = (world.now, world.kernel.steps);
        while world.kernel.steps == before.1 {
            world.wait(Duration::from_millis(10));
            world.run();
        }
        waits.push(before.0.until(world.now));
    }
    assert_eq!(waits.len(), 3);
    assert!(waits[0] < waits[1] && waits[1] < waits[2], "{waits:?}");
    assert_eq!(world.machine.lifecycle(), Lifecycle::Enforcing);
    assert_eq!(world.machine.troubles(), [""; 0]);
    let failures = world
        .told
        .iter()
        .filter(|event| matches!(event, Event::Failed { .. }))
        .count();
    assert_eq!(failures, 1, "the same failure is told once");
}

#[test]
fn a_nic_that_fails_holds_up_no_other() {
    let mut world = World::new(&["eth1", "eth2"]);
    world.kernel.failing = (0..3).collect();
    let second = two_links();
    world.intend(&second);
    world.protecting_elsewhere();
    world.run();
    let attached = |world: &World, nic: &str| {
        world
            .kernel
            .state
            .nics
            .get(&InterfaceName::new(nic).unwrap())
            .map(|nic| nic.attachment)
    };
    assert_eq!(attached(&world, "eth1"), None);
    assert_eq!(attached(&world, "eth2"), None, "all three first steps failed");
    world.kernel.failing = (0..1000).filter(|step| step % 2 == 1).collect();
    for _ in 0..2000 {
        world.wait(Duration::from_millis(50));
        world.run();
    }
    assert_eq!(attached(&world, "eth1"), Some(Attachment::Attached(AttachMode::Native)));
    assert_eq!(attached(&world, "eth2"), Some(Attachment::Attached(AttachMode::Native)));
    assert_eq!(world.kernel.state.routes.len(), 2);
}

#[test]
fn a_refused_route_is_kept_with_its_reason_and_holds_up_nothing() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.kernel.refusing = vec!["192.0.2.0/24".parse().unwrap()];
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 1);
    assert_eq!(world.machine.lifecycle(), Lifecycle::Degraded);
    let refused: Vec<_> = world.machine.refused().map(ToString::to_string).collect();
    assert_eq!(
        refused,
        ["192.0.2.0/24 via 169.254.0.100 dev eth1 table 100 metric 100: Invalid argument"]
    );

    world.kernel.refusing.clear();
    world.wait(Duration::from_mins(1));
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 2);
    assert_eq!(world.machine.refused().count(), 0);
    assert_eq!(world.machine.lifecycle(), Lifecycle::Enforcing);
}

#[test]
fn a_daemon_that_can_protect_no_nic_gives_up_and_names_it() {
    let mut world = World::new(&["eth9"]);
    world.intend(&text());
    world.run();
    assert_eq!(
        world.gave_up,
        Some((vec!["interface eth1 doesn't exist".to_owned()], vec![eth1()]))
    );
    assert_eq!(world.kernel.steps, 0);
}

#[test]
fn a_daemon_that_protects_one_nic_goes_on_without_the_other() {
    let mut world = World::new(&["eth1"]);
    world.intend(&two_links());
    world.run();
    assert_eq!(world.gave_up, None);
    assert_eq!(world.machine.lifecycle(), Lifecycle::Degraded);
    world
        .kernel
        .state
        .interfaces
        .insert(InterfaceName::new("eth2").unwrap(), crate::testing::kernel::plain(9));
    world.told.clear();
    world.machine.handle(Input::Changed, world.now);
    world.run();
    assert_eq!(world.machine.lifecycle(), Lifecycle::Enforcing);
    assert!(
        !world.told.iter().any(|event| matches!(event, Event::Drift(_))),
        "a NIC that appears is no drift"
    );
}

#[test]
fn a_change_on_trial_is_undone_unless_it_is_confirmed() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.run();
    let closed = text().replace("propagation = true", "propagation = false");
    world.attempt(&closed, Duration::from_mins(1));
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 0);
    assert_eq!(world.machine.trial(), Some(world.now.after(Duration::from_mins(1))));
    world.wait(Duration::from_secs(61));
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 2);
    assert!(world.told.contains(&Event::Undone));

    world.attempt(&closed, Duration::from_mins(1));
    assert_eq!(world.machine.confirm(), Ok(()));
    world.wait(Duration::from_mins(10));
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 0);
    assert_eq!(world.machine.confirm(), Err(NoTrial));

    world.attempt(&text(), Duration::from_mins(1));
    world.intend(&closed);
    world.run();
    assert!(world.told.contains(&Event::Superseded));
    assert_eq!(world.machine.trial(), None);
}

#[test]
fn a_trial_says_nothing_of_the_source_until_it_is_kept() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world
        .machine
        .handle(Input::SourceFailed("broken".to_owned()), world.now);
    world.attempt(&text(), Duration::from_mins(1));
    assert_eq!(world.machine.source_error(), Some("broken"));
    assert_eq!(world.machine.undo(world.now), Ok(()));
    assert_eq!(world.machine.source_error(), Some("broken"));
    world.attempt(&text(), Duration::from_mins(1));
    assert_eq!(world.machine.confirm(), Ok(()));
    assert_eq!(world.machine.source_error(), None);
}

#[test]
fn a_link_whose_status_is_on_its_way_keeps_the_last_settled_one_but_closes_at_once() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.run();
    let configuring = text().replace("\"active\"", "\"configuring\"");
    world.intend(&configuring);
    assert_eq!(world.run(), [""; 0]);
    world.intend(&configuring.replace("propagation = true", "propagation = false"));
    assert!(world.run()[0].contains("IPv4 propagation_disabled"));
    world.intend(&text().replace("\"active\"", "\"locked\""));
    assert!(world.run()[0].contains("IPv4 link_status"));
    world.intend(&configuring);
    assert_eq!(world.run(), [""; 0], "locked is settled, and configuring keeps it");
}

#[test]
fn the_session_of_a_link_with_bgp_opens_and_closes_its_gate() {
    let mut world = World::new(&["eth1"]);
    world.intend(&with_bgp());
    world.run();
    assert_eq!(world.closed(), Some(Closed::BgpDown));
    world.session(Session::Up);
    world.run();
    assert_eq!(world.closed(), None);
    let sessions = &world.machine.facts().sessions[&Name::new("paris").unwrap()];
    assert_eq!((sessions.v4, sessions.v6), (Session::Up, Session::Down));
    world.session(Session::Down);
    assert!(world.run()[0].contains("IPv4 bgp_down"));
}

#[test]
fn what_a_session_teaches_is_routed_soon_and_is_nobodys_drift() {
    let mut world = World::new(&["eth1"]);
    world.intend(&with_bgp());
    world.session(Session::Up);
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 0);
    world.told.clear();
    world.learn(&["172.16.4.0/24", "172.16.5.0/24"]);
    assert_eq!(world.run().len(), 1);
    assert_eq!(world.kernel.state.routes.len(), 2);
    world.learn(&["172.16.5.0/24"]);
    let ops = world.run();
    assert_eq!(
        ops,
        ["remove 1 route (172.16.4.0/24 via 169.254.0.100 dev eth1 table 100 metric 100)"]
    );
    assert!(!world.told.iter().any(|event| matches!(event, Event::Drift(_))));
    // The link goes, and with it what was known of it.
    world.intend(&with_bgp().replace("\"paris\"", "\"lyon\""));
    assert!(world.machine.facts().learned.is_empty());
}

#[test]
fn what_a_session_teaches_does_not_cut_a_plan_short() {
    let mut world = World::new(&["eth1"]);
    world.intend(&with_bgp());
    let first = world.next_op().unwrap();
    assert_eq!(first, "load the program for eth1");
    world.learn(&["172.16.4.0/24"]);
    world.kernel.apply(&Op::Load { nic: eth1() }).unwrap();
    world.machine.handle(Input::Done(Ok(())), world.now);
    assert!(world.next_op().unwrap().starts_with("set the link on eth1"));
}

#[test]
fn a_kernel_that_keeps_nothing_is_not_asked_at_full_speed() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.run();
    world.forgetful = true;
    world.kernel.state.routes = std::sync::Arc::default();
    world.machine.handle(Input::Changed, world.now);
    assert_eq!(world.run().len(), 4, "three plans follow the first at once");
    let before = world.kernel.steps;
    for _ in 0..100 {
        world.wait(Duration::from_millis(100));
        world.run();
    }
    assert!(
        world.kernel.steps - before <= 12,
        "{} steps in ten seconds",
        world.kernel.steps - before
    );
}

#[test]
fn a_failed_look_at_the_kernel_changes_nothing_and_is_repeated() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.blind = true;
    world.run();
    assert_eq!(world.machine.lifecycle(), Lifecycle::Degraded);
    assert_eq!(world.machine.troubles(), ["netlink is gone"]);
    world.blind = false;
    world.wait(Duration::from_secs(1));
    world.run();
    assert_eq!(world.machine.lifecycle(), Lifecycle::Enforcing);
    assert_eq!(world.machine.troubles(), [""; 0]);
}

#[test]
fn after_stop_nothing_is_started() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    assert!(world.next_op().is_some());
    world.machine.handle(Input::Stop, world.now);
    world.machine.handle(Input::Done(Ok(())), world.now);
    assert_eq!(world.run(), [""; 0]);
    assert_eq!(world.machine.poll_timeout(), None);
    assert_eq!(world.machine.lifecycle(), Lifecycle::Draining);
}

/// A machine, a kernel, a clock, and what passed between them.
struct World {
    machine: Machine,
    kernel: Kernel,
    now: Time,
    told: Vec<Event>,
    gave_up: Option<(Vec<String>, Vec<InterfaceName>)>,
    forgetful: bool,
    blind: bool,
}

impl World {
    fn new(interfaces: &[&str]) -> Self {
        Self {
            machine: Machine::new(42),
            kernel: Kernel::with_interfaces(interfaces),
            now: Time::default(),
            told: Vec::new(),
            gave_up: None,
            forgetful: false,
            blind: false,
        }
    }

    fn intend(&mut self, text: &str) {
        self.machine.handle(intent(text), self.now);
    }

    fn attempt(&mut self, text: &str, within: Duration) {
        let intent = Config::parse(text).unwrap().intent();
        self.machine.handle(
            Input::Intent {
                intent,
                confirm_within: Some(within),
            },
            self.now,
        );
    }

    fn session(&mut self, session: Session) {
        let link = Name::new("paris").unwrap();
        self.machine.handle(
            Input::Session {
                link,
                family: Family::V4,
                session,
            },
            self.now,
        );
    }

    fn learn(&mut self, prefixes: &[&str]) {
        let routes = prefixes.iter().map(|text| LearnedRoute {
            prefix: crate::testing::prefix::<std::net::Ipv4Addr>(text),
            priority: Priority::default(),
            router: Router::Peer,
        });
        let routes = LearnedFamily::V4(std::sync::Arc::new(routes.collect()));
        let link = Name::new("paris").unwrap();
        self.machine.handle(Input::Learned { link, routes }, self.now);
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.machine.handle_timeout(self.now);
    }

    /// A NIC of ours that is protected and isn't wanted, so that the machine doesn't give up.
    fn protecting_elsewhere(&mut self) {
        let nic = self
            .kernel
            .state
            .nics
            .entry(InterfaceName::new("eth7").unwrap())
            .or_default();
        nic.attachment = Attachment::Attached(AttachMode::Native);
    }

    /// Does what the machine wants until it wants nothing at this moment or the next few; gives the steps in words.
    fn run(&mut self) -> Vec<String> {
        let mut ops = Vec::new();
        for _ in 0..100 {
            while let Some(op) = self.next_op() {
                ops.push(op);
                self.apply_last();
            }
            let soon = self.machine.poll_timeout().filter(|at| self.now.until(*at) <= SETTLE);
            match soon {
                Some(at) => {
                    self.now = self.now.max(at);
                    self.machine.handle_timeout(self.now);
                }
                None => return ops,
            }
        }
        panic!("no rest after a hundred rounds: {ops:?}");
    }

    fn next_op(&mut self) -> Option<String> {
        while let Some(effect) = self.machine.poll_effect() {
            match effect {
                Effect::Observe if self.blind => {
                    self.machine
                        .handle(Input::Observed(Err("netlink is gone".to_owned())), self.now);
                }
                Effect::Observe => {
                    let observed = self.kernel.state.clone();
                    self.machine.handle(Input::Observed(Ok(observed)), self.now);
                }
                Effect::Apply(step) => return Some(step.op.to_string()),
                Effect::Tell(event) => self.told.push(event),
                Effect::GiveUp { troubles, unload } => self.gave_up = Some((troubles, unload)),
            }
        }
        None
    }

    fn apply_last(&mut self) {
        let Work::Applying { step, .. } = &self.machine.work else {
            panic!("no step is under way")
        };
        let op = step.op.clone();
        let result = self.kernel.apply(&op);
        if self.forgetful {
            self.kernel.state.routes = std::sync::Arc::default();
        }
        self.machine.handle(Input::Done(result), self.now);
    }

    fn closed(&self) -> Option<Closed> {
        let gates = &self.machine.derived().gates[&Name::new("paris").unwrap()];
        gates.v4.first_unmet().cloned()
    }
}

fn intent(text: &str) -> Input {
    Input::Intent {
        intent: Config::parse(text).unwrap().intent(),
        confirm_within: None,
    }
}

fn eth1() -> InterfaceName {
    assert_eq!(Vlan::UNTAGGED.index(), 0);
    InterfaceName::new("eth1").unwrap()
}

/// The same link with a session.
fn with_bgp() -> String {
    text()
        .replace("{ ipv4 = \"169.254.0.100", "{ asn = 12876, ipv4 = \"169.254.0.100")
        .replace("{ ipv4 = \"169.254.0.101", "{ asn = 65010, ipv4 = \"169.254.0.101")
}

fn text() -> String {
    STATIC_LINK.to_owned()
}

/// The same, and a second link on a second NIC with the same policy.
fn two_links() -> String {
    let link = STATIC_LINK.split_once("[[link]]").unwrap().1;
    format!(
        "{STATIC_LINK}\n[[link]]{}",
        link.replace("paris", "milan").replace("eth1", "eth2")
    )
}

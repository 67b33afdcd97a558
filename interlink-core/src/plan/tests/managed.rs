//! Interfaces that the agent makes, and the rules and tables of VPCs.

use std::sync::Arc;

use crate::config::Config;
use crate::plan::{Suspended, plan, plan_without};
use crate::state::{Desired, Facts, Interface, TableNumber, derive};
use crate::testing::kernel::{Kernel, plain};
use crate::testing::{OPEN_LINK, change_routes, interface};

#[test]
fn a_vlan_interface_is_made_with_its_addresses_before_its_link_opens() {
    let mut world = World::new(&managed());
    assert_eq!(
        world.steps(),
        [
            "load the program for eth1",
            "set the link on eth1 (VLAN 2386): IPv4 open, IPv6 open",
            "attach the program to eth1 in native mode",
            "make the interface eth1.2386 of the link on eth1 (VLAN 2386)",
            "add to eth1.2386: 169.254.0.101/31; fd00::1/127",
        ]
    );
    world.run();
    let steps = world.steps();
    assert!(steps.len() == 1 && steps[0].starts_with("add 3 routes"), "{steps:?}");
    world.run();
    assert_eq!(world.steps(), [""; 0]);
    assert_eq!(world.kernel.state.routes.len(), 3);
}

#[test]
fn a_link_that_opens_waits_for_its_interface_and_one_that_closes_does_not() {
    let closed = managed().replace("propagation = true", "propagation = false");
    let mut world = World::settled(&closed);
    world.kernel.state.interfaces.remove(&interface("eth1.2386"));
    world.desire(&managed());
    let made = [
        "make the interface eth1.2386 of the link on eth1 (VLAN 2386)",
        "add to eth1.2386: 169.254.0.101/31; fd00::1/127",
    ];
    assert_eq!(world.steps(), made);
    world.run();
    let then = world.steps();
    assert!(
        then[0].starts_with("add 3 routes") && then[1].starts_with("set the link"),
        "{then:?}"
    );
    world.run();
    world.kernel.state.interfaces.remove(&interface("eth1.2386"));
    world.kernel.state.routes = Arc::default();
    world.desire(&closed);
    assert_eq!(
        world.steps()[0],
        "set the link on eth1 (VLAN 2386): IPv4 propagation_disabled, IPv6 propagation_disabled"
    );
}

#[test]
fn what_somebody_does_to_an_interface_of_ours_is_undone() {
    let mut world = World::settled(&managed());
    let change = |world: &mut World, change: fn(&mut Interface)| {
        change(world.kernel.state.interfaces.get_mut(&interface("eth1.2386")).unwrap());
        let steps = world.steps();
        world.run();
        world.run();
        assert_eq!(world.steps(), [""; 0]);
        steps
    };
    assert_eq!(
        change(&mut world, |it| it.mtu = 1400),
        ["set the MTU of eth1.2386 to 1500"]
    );
    assert_eq!(
        change(&mut world, |it| {
            it.addresses.pop_first();
            it.our_addresses.pop_first();
        }),
        ["add to eth1.2386: 169.254.0.101/31"]
    );
    let down = change(&mut world, |it| it.up = false);
    assert_eq!(down[0], "bring eth1.2386 up");
    let stray = change(&mut world, |it| {
        it.addresses.insert("10.9.9.9/31".parse().unwrap());
        it.our_addresses.insert("10.9.9.9/31".parse().unwrap());
        it.addresses.insert("10.8.8.8/31".parse().unwrap());
    });
    assert_eq!(stray, ["remove from eth1.2386: 10.9.9.9/31"], "others' addresses stay");
}

#[test]
fn an_interface_of_ours_goes_with_its_link_and_others_stay() {
    let mut world = World::settled(&managed());
    world.desire(&open().replace("[[link]]", "[[link]]\nmanage_interface = false"));
    assert_eq!(
        world.steps(),
        [""; 0],
        "the link is there: whoever manages it now has it as it is"
    );
    let other = managed().replace("vlan = 2386", "vlan = 7");
    world.desire(&other);
    world.run();
    world.run();
    assert_eq!(world.steps(), [""; 0]);
    let names: Vec<_> = world.kernel.state.interfaces.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["eth1", "eth1.7", "eth2"]);

    // An untagged link has its NIC's interface, which is nobody's to remove.
    let mut world = World::new(&managed().replace("vlan = 2386\n", ""));
    let nic = world.kernel.state.interfaces.get_mut(&interface("eth1")).unwrap();
    (nic.addresses, nic.up) = ([].into(), false);
    let steps = world.steps();
    assert_eq!(
        steps[3..],
        ["bring eth1 up", "add to eth1: 169.254.0.101/31; fd00::1/127"]
    );
    world.run();
    world.run();
    assert_eq!(world.steps(), [""; 0]);
    world.desire("[agent]\nrole = \"customer\"\n");
    assert_eq!(
        world.steps().last().unwrap(),
        "remove from eth1: 169.254.0.101/31; fd00::1/127"
    );
}

#[test]
fn an_interface_that_could_not_be_made_is_named_and_left_for_a_while() {
    let world = World::new(&managed());
    let suspended = Suspended {
        interfaces: [interface("eth1.2386")].into(),
        ..Suspended::default()
    };
    let plan = plan_without(&world.desired, &world.kernel.state, &suspended);
    assert_eq!(plan.steps.len(), 3, "{plan}");
    assert_eq!(plan.blocked.len(), 1);
    assert_eq!(plan.blocked[0].to_string(), "interface eth1.2386 doesn't exist");
}

#[test]
fn an_address_that_somebody_else_has_to_give_is_named() {
    let mut world = World::settled(&open().replace("vlan = 2386\n", ""));
    let nic = world.kernel.state.interfaces.get_mut(&interface("eth1")).unwrap();
    nic.addresses.remove(&"169.254.0.101/31".parse().unwrap());
    let plan = plan(&world.desired, &world.kernel.state);
    assert_eq!(
        plan.to_string(),
        "  !  interface eth1 lacks the link's address: run `ip address add 169.254.0.101/31 dev eth1`, or have the agent \
         see to it with `manage_interface = true`\n"
    );
}

#[test]
fn a_table_ends_before_rules_lead_there_and_after_they_did() {
    let text = open().replace("vlan = 2386\n", "");
    let mut world = World::settled(&text);
    let ruled = text.replace("table = 100", "table = 100\niif = ['vpc0']");
    world.desire(&ruled);
    assert_eq!(
        world.steps(),
        [
            "add 2 routes (unreachable 0.0.0.0/0 table 100 metric 4294967295; unreachable ::/0 table 100 metric \
             4294967295)",
            "add rules (IPv4 7300: from all iif vpc0 lookup 100; IPv6 7300: from all iif vpc0 lookup 100)",
        ]
    );
    world.run();
    assert_eq!(world.steps(), [""; 0]);
    world.desire(&text);
    let steps = world.steps();
    assert!(steps[0].starts_with("remove rules (IPv4 7300") && steps[1].starts_with("remove 2 routes (unreachable"));

    world.desire(&ruled.replace("iif = ['vpc0']", "iif = ['vpc0']\nrule_priority = 9"));
    let steps = world.steps();
    assert!(
        steps[0].contains("IPv4 7300") && steps[1].contains("add rules (IPv4 9:"),
        "{steps:?}"
    );
}

#[test]
fn no_rule_is_made_to_a_table_whose_end_the_kernel_does_not_take() {
    let text = open()
        .replace("vlan = 2386\n", "")
        .replace("table = 100", "table = 100\niif = ['vpc0']");
    let mut world = World::settled(&text);
    world.kernel.state.rules.clear();
    let all = |suspended: &Suspended, world: &World| {
        let plan = plan_without(&world.desired, &world.kernel.state, suspended);
        plan.steps.iter().map(|step| step.op.to_string()).collect::<Vec<_>>()
    };
    let no_routes = Suspended {
        all_routes: true,
        ..Suspended::default()
    };
    assert_eq!(
        all(&no_routes, &world).len(),
        1,
        "both tables end: {:?}",
        all(&no_routes, &world)
    );
    let key = crate::state::RouteKey::end_of(TableNumber(100), crate::family::Family::V6);
    change_routes(&mut world.kernel.state.routes, |routes| {
        routes.remove(&key);
    });
    let only_v4 = ["add rules (IPv4 7300: from all iif vpc0 lookup 100)"];
    assert_eq!(all(&no_routes, &world), only_v4);
    let refused = Suspended {
        routes: [key].into(),
        ..Suspended::default()
    };
    assert_eq!(all(&refused, &world), only_v4);
    let no_rules = Suspended {
        rules: true,
        ..Suspended::default()
    };
    assert_eq!(all(&no_rules, &world).len(), 1, "the end alone");
}

#[test]
fn a_vrf_gives_its_table_and_is_named_when_it_is_not_there() {
    let text = open()
        .replace("vlan = 2386\n", "")
        .replace("table = 100", "vrf = 'red'");
    let mut world = World::new(&text);
    let plan = plan(&world.desired, &world.kernel.state);
    assert_eq!(
        plan.blocked[0].to_string(),
        "red is no VRF, so the routes of vpc \"prod\" have no table: make it with `ip link add red type vrf table \
         NUMBER` and `ip link set red up`"
    );
    let red = Interface {
        vrf: Some(TableNumber(77)),
        ..plain(9)
    };
    world.kernel.state.interfaces.insert(interface("red"), red);
    world.desire(&text);
    assert!(world.desired.missing_vrfs.is_empty());
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 3);
    assert_eq!(
        world.kernel.state.routes.tables().collect::<Vec<_>>(),
        [TableNumber(77)]
    );
    assert_eq!(world.steps(), [""; 0]);
}

struct World {
    kernel: Kernel,
    desired: Desired,
}

impl World {
    fn new(text: &str) -> Self {
        let mut world = Self {
            kernel: Kernel::with_interfaces(&["eth1", "eth2"]),
            desired: Desired::default(),
        };
        world.desire(text);
        world
    }

    fn settled(text: &str) -> Self {
        let mut world = Self::new(text);
        for _ in 0..3 {
            world.run();
        }
        assert_eq!(world.steps(), [""; 0]);
        world
    }

    fn desire(&mut self, text: &str) {
        let intent = Config::parse(text).unwrap().intent();
        self.desired = derive(&intent, &Facts::default(), &self.kernel.state.interfaces).desired;
    }

    fn steps(&self) -> Vec<String> {
        let plan = plan(&self.desired, &self.kernel.state);
        plan.steps.iter().map(|step| step.op.to_string()).collect()
    }

    fn run(&mut self) {
        for step in plan(&self.desired, &self.kernel.state).steps {
            self.kernel.apply(&step.op).unwrap();
        }
    }
}

/// A static link on a VLAN, open in both families.
fn open() -> String {
    OPEN_LINK.replace("asn = 12876, ", "").replace("asn = 65010, ", "")
}

fn managed() -> String {
    open().replace("[[link]]", "[[link]]\nmanage_interface = true")
}

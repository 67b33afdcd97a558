//! What a look at the kernel changes in what is known.

use std::sync::Arc;

use super::*;
use crate::state::{Interface, VlanOf};
use crate::testing::interface;
use crate::testing::kernel::plain;

#[test]
fn a_vlan_interface_that_appears_under_any_name_is_routed_through() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text().replace("interface = \"eth1\"", "interface = \"eth1\"\nvlan = 10"));
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 0);
    let vlan = Some(VlanOf {
        parent: interface("eth1"),
        id: 10,
    });
    let uplink = Interface { vlan, ..plain(7) };
    world.kernel.state.interfaces.insert(interface("uplink"), uplink);
    world.machine.handle(Input::Changed, world.now);
    let ops = world.run();
    assert_eq!(ops.len(), 1, "{ops:?}");
    assert!(ops[0].contains("172.16.4.0/22 via 169.254.0.100 dev uplink"), "{ops:?}");
    assert_eq!(world.kernel.state.routes.len(), 2);
}

#[test]
fn routes_that_are_as_they_should_be_are_kept_once() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.run();
    for _ in 0..2 {
        let present = &world.machine.last_observed().unwrap().routes;
        assert!(Arc::ptr_eq(present, &world.machine.derived().desired.routes));
        world.wait(OBSERVE_EVERY);
        assert_eq!(world.run(), [""; 0]);
    }
}

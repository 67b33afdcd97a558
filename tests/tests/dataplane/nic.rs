//! What a NIC lets pass beside its links.

use interlink_common::{NicFlags, Reason};
use interlink_core::plan::OpError;
use interlink_core::state::{NicSettings, OtherVlans};
use serde_json::Value;

use crate::bench::{Bench, NIC, closed_link, interface, json, nic, observe, run, vlan};

const ALL: NicSettings = NicSettings {
    other_vlans: OtherVlans::Pass,
    lldp: true,
    lacp: true,
};

#[test]
fn what_is_set_is_what_the_map_holds_and_what_is_observed() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    assert_eq!(observe(&mut dataplane, NIC).settings, NicSettings::default());
    for bits in (0..8).rev() {
        let settings = NicSettings {
            other_vlans: if bits & 1 == 0 {
                OtherVlans::Drop
            } else {
                OtherVlans::Pass
            },
            lldp: bits & 2 != 0,
            lacp: bits & 4 != 0,
        };
        dataplane.set_nic(&nic(NIC), settings).unwrap();
        assert_eq!(word(&bench), bits);
        assert_eq!(observe(&mut dataplane, NIC).settings, settings);
    }
    assert_eq!(NicFlags::OTHER_VLANS.0 | NicFlags::LLDP.0 | NicFlags::LACP.0, 7);
}

#[test]
fn what_is_set_stays_through_everything_but_a_new_load() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane.set_nic(&nic(NIC), ALL).unwrap();
    dataplane
        .set_link(&nic(NIC), vlan(7), &closed_link(Reason::NoVpc))
        .unwrap();
    dataplane
        .attach(&nic(NIC), interlink_core::state::AttachMode::Native, &interface(NIC))
        .unwrap();
    dataplane.replace(&nic(NIC)).unwrap();
    dataplane.remove_link(&nic(NIC), vlan(7)).unwrap();
    drop(dataplane);
    let mut dataplane = bench.open();
    assert_eq!(observe(&mut dataplane, NIC).settings, ALL);
    dataplane.load(&nic(NIC)).unwrap();
    assert_eq!(observe(&mut dataplane, NIC).settings, NicSettings::default());
}

#[test]
fn bits_that_mean_nothing_are_not_seen() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let path = bench.pin(NIC, "NIC");
    run(&[
        "bpftool", "map", "update", "pinned", &path, "key", "0", "0", "0", "0", "value", "0xfa", "0xff", "0xff", "0xff",
    ]);
    let settings = NicSettings {
        other_vlans: OtherVlans::Drop,
        lldp: true,
        lacp: false,
    };
    assert_eq!(observe(&mut dataplane, NIC).settings, settings);
    dataplane.set_nic(&nic(NIC), settings).unwrap();
    assert_eq!(word(&bench), NicFlags::LLDP.0);
}

#[test]
fn a_nic_that_isnt_loaded_has_nothing_to_set() {
    let bench = Bench::new();
    let mut dataplane = bench.open();
    let refused = dataplane.set_nic(&nic(NIC), ALL);
    assert!(matches!(refused, Err(OpError::Kernel { .. })), "{refused:?}");
}

fn word(bench: &Bench) -> u32 {
    let map = json(&["bpftool", "-j", "map", "dump", "pinned", &bench.pin(NIC, "NIC")]);
    let bytes = map[0]["value"].as_array().unwrap();
    let bytes: Vec<_> = bytes.iter().map(byte).collect();
    u32::from_ne_bytes(bytes.try_into().unwrap())
}

fn byte(value: &Value) -> u8 {
    u8::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

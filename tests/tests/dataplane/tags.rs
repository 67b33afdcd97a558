//! NICs that take VLAN tags out of frames, as veth says that it does.

use interlink_agent::dataplane::{DataplaneError, tag_stripping, unload_all};
use interlink_core::plan::OpError;
use interlink_core::state::TagStripping;

use crate::bench::{Bench, NIC, nic, once_free, run};

#[test]
fn tags_are_kept_until_unload_gives_the_nic_back_as_it_was() {
    let bench = Bench::new();
    run(&["ethtool", "-K", NIC, "rx-vlan-stag-hw-parse", "off"]);
    assert_eq!(features(NIC), ["on", "off"]);
    assert_eq!(tag_stripping(&nic(NIC)), TagStripping::On);
    let mut dataplane = bench.loaded();
    dataplane.keep_tags(&nic(NIC)).unwrap();
    assert_eq!(features(NIC), ["off", "off"]);
    assert_eq!(tag_stripping(&nic(NIC)), TagStripping::Off);
    dataplane.keep_tags(&nic(NIC)).unwrap();

    run(&["ethtool", "-K", NIC, "rxvlan", "on"]);
    assert_eq!(
        tag_stripping(&nic(NIC)),
        TagStripping::On,
        "somebody turned it on again"
    );
    dataplane.keep_tags(&nic(NIC)).unwrap();
    drop(dataplane);
    assert_eq!(features(NIC), ["off", "off"], "it stays when the agent ends");
    drop(bench.open());
    once_free(|| unload(&bench)).unwrap();
    assert_eq!(features(NIC), ["on", "off"], "what was off before stays off");
    assert!(!bench.bpffs.join("interlink").exists());
}

#[test]
fn a_nic_that_is_detached_is_given_back_too() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane.keep_tags(&nic(NIC)).unwrap();
    dataplane.detach(&nic(NIC)).unwrap();
    assert_eq!(features(NIC), ["on", "on"]);
    run(&["ethtool", "-K", NIC, "rxvlan", "off"]);
    dataplane.detach(&nic(NIC)).unwrap();
    assert_eq!(features(NIC), ["off", "on"], "it was turned off by somebody else");
}

#[test]
fn a_nic_that_is_gone_needs_nothing_back() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane.keep_tags(&nic(NIC)).unwrap();
    drop(dataplane);
    run(&["ip", "link", "delete", NIC]);
    once_free(|| unload(&bench)).unwrap();
    assert!(!bench.bpffs.join("interlink").exists());
}

#[test]
fn what_never_takes_tags_out_is_left_alone() {
    let bench = Bench::new();
    run(&["ip", "link", "add", "bridge.1", "type", "bridge"]);
    assert_eq!(tag_stripping(&nic("lo")), TagStripping::Off);
    assert_eq!(tag_stripping(&nic("nowhere")), TagStripping::Off, "nobody can tell");
    let mut dataplane = bench.loaded();
    let refused = dataplane.keep_tags(&nic("nowhere"));
    let Err(OpError::TagsStripped { detail, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert!(detail.contains("No such device"), "{detail}");
    dataplane.keep_tags(&nic("bridge.1")).unwrap();
}

/// What `ethtool -k` says of the two features.
fn features(name: &str) -> [String; 2] {
    let said = run(&["ethtool", "-k", name]);
    ["rx-vlan-offload", "rx-vlan-stag-hw-parse"].map(|feature| {
        let line = said
            .lines()
            .find_map(|line| line.trim().strip_prefix(&format!("{feature}: ")));
        line.unwrap().split(' ').next().unwrap().to_owned()
    })
}

fn unload(bench: &Bench) -> Result<(), DataplaneError> {
    unload_all(&bench.bpffs, || Ok::<_, DataplaneError>(()))?;
    Ok(())
}

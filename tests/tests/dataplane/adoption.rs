//! What stays when the agent dies, and how the next one goes on with it.

use std::fs;

use interlink_common::{ABI_VERSION, Reason, Traffic};
use interlink_core::state::{AttachMode, Attachment};
use interlink_core::table::TableChoice;

use crate::bench::{Bench, NIC, closed_link, interface, link, nic, observe, open_link, run, running, vlan};

#[test]
fn death_changes_nothing_and_the_next_agent_adopts() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane
        .set_link(&nic(NIC), vlan(0), &open_link(&["10.20.0.0/16"]))
        .unwrap();
    dataplane
        .set_link(&nic(NIC), vlan(7), &closed_link(Reason::BgpDown))
        .unwrap();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    let before = (observe(&mut dataplane, NIC), link(&bench, NIC), running(NIC));
    drop(dataplane);
    assert_eq!((link(&bench, NIC), running(NIC)), (before.1.clone(), before.2.clone()));

    let mut next = bench.open();
    assert_eq!((observe(&mut next, NIC), link(&bench, NIC), running(NIC)), before);
    assert_eq!(before.0.links.len(), 2);
}

#[test]
fn replace_keeps_link_tables_and_counters() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane
        .set_link(&nic(NIC), vlan(7), &open_link(&["10.20.0.0/16"]))
        .unwrap();
    dataplane.choose_tables(&nic(NIC), TableChoice::Flat);
    dataplane
        .set_link(&nic(NIC), vlan(8), &open_link(&["10.21.0.0/16"]))
        .unwrap();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    send(&bench, 5);
    let before = (
        dataplane.counters(&nic(NIC)).unwrap(),
        observe(&mut dataplane, NIC).links,
    );
    let old_link = link(&bench, NIC);

    run(&[
        "bpftool",
        "map",
        "update",
        "pinned",
        &bench.pin(NIC, "META"),
        "key",
        "0",
        "0",
        "0",
        "0",
        "value",
        "hex",
        &format!("{ABI_VERSION:02x}"),
        "00",
        "00",
        "00",
        "00",
        "00",
        "00",
        "00",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
        "aa",
    ]);
    let outdated = observe(&mut dataplane, NIC);
    assert_eq!(
        (outdated.attachment, outdated.outdated),
        (Attachment::Attached(AttachMode::Native), true)
    );

    dataplane.replace(&nic(NIC)).unwrap();
    let observed = observe(&mut dataplane, NIC);
    assert_eq!(
        (observed.attachment, observed.outdated),
        (Attachment::Attached(AttachMode::Native), false)
    );
    assert_eq!((dataplane.counters(&nic(NIC)).unwrap(), observed.links), before);
    let new_link = link(&bench, NIC);
    assert_eq!(new_link["id"], old_link["id"]);
    assert_ne!(new_link["prog_id"], old_link["prog_id"]);
    send(&bench, 1);
    let rows = dataplane.counters(&nic(NIC)).unwrap();
    assert_eq!(
        rows[0].packets,
        before.0[0].packets + 1,
        "the new program counts on in the old counters"
    );
}

#[test]
fn counters_name_link_traffic_and_reason() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    assert_eq!(dataplane.counters(&nic(NIC)).unwrap(), []);
    send(&bench, 3);
    let rows = dataplane.counters(&nic(NIC)).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].vlan, rows[0].traffic, rows[0].reason),
        (None, Traffic::Other, Reason::UnknownVlan)
    );
    assert_eq!((rows[0].packets, rows[0].bytes), (3, 3 * 60));

    dataplane
        .set_link(&nic(NIC), vlan(0), &closed_link(Reason::NoVpc))
        .unwrap();
    send(&bench, 2);
    let rows = dataplane.counters(&nic(NIC)).unwrap();
    assert_eq!(
        (rows[1].vlan, rows[1].reason, rows[1].packets),
        (Some(vlan(0)), Reason::UnknownEthertype, 2)
    );

    dataplane.remove_link(&nic(NIC), vlan(0)).unwrap();
    assert_eq!(
        dataplane.counters(&nic(NIC)).unwrap().len(),
        1,
        "a link's counters go with it"
    );
    dataplane
        .set_link(&nic(NIC), vlan(9), &closed_link(Reason::NoVpc))
        .unwrap();
    assert_eq!(
        dataplane.counters(&nic(NIC)).unwrap().len(),
        1,
        "and are zero for the next"
    );
}

#[test]
fn pins_that_cant_be_used_are_replaced_with_no_packet_in_between() {
    for damage in ["missing map", "other map", "missing program", "other layout"] {
        let bench = Bench::new();
        let mut dataplane = bench.loaded();
        dataplane
            .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
            .unwrap();
        let before = (link(&bench, NIC), running(NIC));
        match damage {
            "missing map" => fs::remove_file(bench.pin(NIC, "VLANS")).unwrap(),
            "missing program" => fs::remove_file(bench.pin(NIC, "program")).unwrap(),
            "other map" => {
                fs::remove_file(bench.pin(NIC, "LINKS")).unwrap();
                create_map(&bench, "LINKS", "84", "128");
            }
            _ => {
                fs::remove_file(bench.pin(NIC, "LINKS")).unwrap();
                create_map(&bench, "LINKS", "84", "127");
            }
        }
        let observed = observe(&mut dataplane, NIC);
        assert_eq!(
            (observed.attachment, observed.outdated),
            (Attachment::Absent, true),
            "{damage}"
        );
        assert_eq!(observed.foreign, None, "{damage}");

        dataplane.load(&nic(NIC)).unwrap();
        assert_eq!(running(NIC), before.1, "{damage}: the old program goes on");
        let observed = observe(&mut dataplane, NIC);
        assert_eq!(
            (observed.attachment, observed.foreign),
            (Attachment::Loaded, None),
            "{damage}"
        );
        dataplane.load(&nic(NIC)).unwrap();
        dataplane
            .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
            .unwrap();
        assert_eq!(
            link(&bench, NIC)["id"],
            before.0["id"],
            "{damage}: in the old one's place"
        );
        assert_ne!(running(NIC), before.1, "{damage}");
        assert_eq!(
            observe(&mut dataplane, NIC).attachment,
            Attachment::Attached(AttachMode::Native),
            "{damage}"
        );
        assert!(
            !bench.bpffs.join("interlink/retired").join(NIC).exists(),
            "{damage}: nothing is left"
        );
    }
}

#[test]
fn what_another_version_attached_is_taken_over() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    let before = link(&bench, NIC);
    let other_version = bench.bpffs.join("interlink/v0");
    fs::create_dir(&other_version).unwrap();
    fs::rename(bench.pins(NIC), other_version.join(NIC)).unwrap();

    let observed = observe(&mut dataplane, NIC);
    assert_eq!((observed.attachment, observed.outdated), (Attachment::Absent, true));
    assert_eq!(observed.foreign, None);
    dataplane.load(&nic(NIC)).unwrap();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    assert_eq!(link(&bench, NIC)["id"], before["id"]);
    assert!(!other_version.join(NIC).exists());
}

#[test]
fn a_half_built_directory_is_nobodys() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    let half = bench.bpffs.join("interlink/new").join(NIC);
    fs::create_dir(&half).unwrap();
    run(&[
        "bpftool",
        "map",
        "pin",
        "pinned",
        &bench.pin(NIC, "META"),
        half.join("META").to_str().unwrap(),
    ]);
    let observed = observe(&mut dataplane, NIC);
    assert_eq!(
        (observed.attachment, observed.outdated),
        (Attachment::Attached(AttachMode::Native), false)
    );
    dataplane.replace(&nic(NIC)).unwrap();
    assert!(!half.exists());
}

/// Runs frames that carry neither IP nor ARP through the pinned program.
fn send(bench: &Bench, frames: u32) {
    let file = bench.bpffs.with_extension("frame");
    let mut frame = [0; 60];
    frame[12..14].copy_from_slice(&[0x88, 0xb5]);
    fs::write(&file, frame).unwrap();
    let program = bench.pin(NIC, "program");
    let repeat = frames.to_string();
    run(&[
        "bpftool",
        "prog",
        "run",
        "pinned",
        &program,
        "data_in",
        file.to_str().unwrap(),
        "repeat",
        &repeat,
    ]);
    fs::remove_file(file).unwrap();
}

fn create_map(bench: &Bench, name: &str, value: &str, entries: &str) {
    let path = bench.pin(NIC, name);
    run(&[
        "bpftool", "map", "create", &path, "type", "array", "key", "4", "value", value, "entries", entries, "name",
        name,
    ]);
}

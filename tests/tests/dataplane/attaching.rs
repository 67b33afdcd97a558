//! Attaching, and everything that can be on a NIC before.

use interlink_common::Reason;
use interlink_core::plan::{Hindrance, OpError};
use interlink_core::state::{AttachMode, Attachment};

use crate::bench::{Bench, NIC, add_nic, closed_link, interface, link, nic, observe, open_link, run, running, vlan};

#[test]
fn a_program_is_loaded_then_attached_then_detached() {
    let bench = Bench::new();
    let mut dataplane = bench.open();
    assert_eq!(observe(&mut dataplane, NIC).attachment, Attachment::Absent);
    dataplane.load(&nic(NIC)).unwrap();
    let loaded = observe(&mut dataplane, NIC);
    assert_eq!((loaded.attachment, loaded.outdated), (Attachment::Loaded, false));
    assert_eq!(running(NIC), None);

    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    assert_eq!(
        observe(&mut dataplane, NIC).attachment,
        Attachment::Attached(AttachMode::Native)
    );
    let (program, mode) = running(NIC).unwrap();
    assert_eq!(mode, "driver");
    let pinned = link(&bench, NIC);
    assert_eq!(pinned["prog_id"], program);
    assert_eq!(pinned["type"], "xdp");

    dataplane.detach(&nic(NIC)).unwrap();
    assert_eq!(running(NIC), None);
    assert!(!bench.pins(NIC).exists());
    assert_eq!(observe(&mut dataplane, NIC).attachment, Attachment::Absent);
    dataplane.detach(&nic(NIC)).unwrap();
}

#[test]
fn to_attach_again_changes_nothing() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    let before = link(&bench, NIC);
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    assert_eq!(link(&bench, NIC), before);
}

#[test]
fn a_name_with_a_dot_is_a_name() {
    let bench = Bench::new();
    add_nic("a.b");
    let mut dataplane = bench.open();
    dataplane.load(&nic("a.b")).unwrap();
    dataplane
        .attach(&nic("a.b"), AttachMode::Native, &interface("a.b"))
        .unwrap();
    assert_eq!(
        observe(&mut dataplane, "a.b").attachment,
        Attachment::Attached(AttachMode::Native)
    );
}

#[test]
fn generic_mode_is_seen_as_such_and_doesnt_become_native() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane
        .attach(&nic(NIC), AttachMode::Generic, &interface(NIC))
        .unwrap();
    assert_eq!(
        observe(&mut dataplane, NIC).attachment,
        Attachment::Attached(AttachMode::Generic)
    );
    assert_eq!(running(NIC).unwrap().1, "generic");
    let refused = dataplane.attach(&nic(NIC), AttachMode::Native, &interface(NIC));
    assert_eq!(
        refused,
        Err(OpError::ModeChange {
            nic: nic(NIC),
            attached: AttachMode::Generic,
            wanted: AttachMode::Native
        })
    );
    assert_eq!(running(NIC).unwrap().1, "generic");
}

#[test]
fn a_nic_without_native_xdp_says_so_in_the_kernels_words() {
    let bench = Bench::new();
    run(&["ip", "link", "add", "bridge", "type", "bridge"]);
    let mut dataplane = bench.open();
    for name in ["lo", "bridge"] {
        dataplane.load(&nic(name)).unwrap();
        let refused = dataplane.attach(&nic(name), AttachMode::Native, &interface(name));
        let Err(OpError::NoNativeXdp { detail, .. }) = refused else {
            panic!("{name}: {refused:?}");
        };
        println!("{name}: {detail}");
        assert!(detail.contains("native mode"), "{name}: {detail}");
        assert_eq!(running(name), None, "nothing stays attached");
        assert_eq!(observe(&mut dataplane, name).attachment, Attachment::Loaded);
        dataplane
            .attach(&nic(name), AttachMode::Generic, &interface(name))
            .unwrap();
    }
}

#[test]
fn a_refusal_of_the_driver_says_what_to_do() {
    let bench = Bench::new();
    let words = "ip link add narrow numrxqueues 1 numtxqueues 1 type veth peer name wide numrxqueues 4 numtxqueues 4";
    run(&words.split(' ').collect::<Vec<_>>());
    run(&["ip", "link", "set", "wide", "up"]);
    let mut dataplane = bench.open();
    dataplane.load(&nic("narrow")).unwrap();
    let refused = dataplane.attach(&nic("narrow"), AttachMode::Native, &interface("narrow"));
    let Err(OpError::NoNativeXdp { hindrance, .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(*hindrance, Hindrance::Queues);
    let said = refused.unwrap_err().to_string();
    let begin = "narrow can't run XDP natively (veth: XDP expects number of rx queues not less than peer tx queues ";
    assert!(
        said.starts_with(begin) && said.contains("`ethtool -l narrow`"),
        "{said}"
    );
    assert_eq!(running("narrow"), None, "asking for the reason attaches nothing");
}

#[test]
fn an_interface_that_is_gone_is_named() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    let gone = interface(NIC);
    run(&["ip", "link", "delete", NIC]);
    let refused = dataplane.attach(&nic(NIC), AttachMode::Native, &gone);
    assert_eq!(refused, Err(OpError::NoInterface(nic(NIC))));
}

#[test]
fn somebody_elses_program_is_named_and_left_alone() {
    let (bench, other) = (Bench::new(), Bench::new());
    let mut dataplane = bench.loaded();
    let mut others = other.loaded();
    others.load(&nic(NIC)).unwrap();
    run(&[
        "bpftool",
        "net",
        "attach",
        "xdp",
        "pinned",
        &other.pin(NIC, "program"),
        "dev",
        NIC,
    ]);
    let theirs = running(NIC).unwrap();

    let refused = dataplane.attach(&nic(NIC), AttachMode::Native, &interface(NIC));
    let Err(OpError::ForeignProgram { program, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((u64::from(program.id), program.name.as_str()), (theirs.0, "interlink"));
    assert_eq!(running(NIC), Some(theirs));
    let observed = observe(&mut dataplane, NIC);
    assert_eq!(
        (observed.attachment, observed.foreign),
        (Attachment::Loaded, Some(program))
    );

    run(&["bpftool", "net", "detach", "xdp", "dev", NIC]);
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    assert_eq!(observe(&mut dataplane, NIC).foreign, None);
}

#[test]
fn a_nic_that_is_made_anew_is_attached_anew() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane
        .set_link(&nic(NIC), vlan(7), &open_link(&["10.20.0.0/16"]))
        .unwrap();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    run(&["ip", "link", "delete", NIC]);
    assert_eq!(observe(&mut dataplane, NIC).attachment, Attachment::Loaded);
    add_nic(NIC);
    let again = observe(&mut dataplane, NIC);
    assert_eq!(again.attachment, Attachment::Loaded);
    assert_eq!(again.links.len(), 1);

    dataplane.replace(&nic(NIC)).unwrap();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    assert_eq!(
        observe(&mut dataplane, NIC).attachment,
        Attachment::Attached(AttachMode::Native)
    );
    assert_eq!(link(&bench, NIC)["prog_id"], running(NIC).unwrap().0);
}

#[test]
fn a_renamed_nic_goes_on_with_its_link() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    let before = link(&bench, NIC);
    run(&["ip", "link", "set", NIC, "down"]);
    run(&["ip", "link", "set", NIC, "name", "moved"]);
    run(&["ip", "link", "set", "moved", "up"]);
    assert_eq!(
        running("moved").unwrap().0,
        before["prog_id"].as_u64().unwrap(),
        "it stays closed"
    );
    assert_eq!(observe(&mut dataplane, NIC).attachment, Attachment::Loaded);
    let moved = observe(&mut dataplane, "moved");
    assert_eq!(
        (moved.attachment, moved.foreign),
        (Attachment::Absent, None),
        "ours, under another name"
    );

    dataplane.load(&nic("moved")).unwrap();
    dataplane
        .set_link(&nic("moved"), vlan(0), &closed_link(Reason::NoVpc))
        .unwrap();
    dataplane
        .attach(&nic("moved"), AttachMode::Native, &interface("moved"))
        .unwrap();
    assert_eq!(link(&bench, "moved")["id"], before["id"]);
    assert_eq!(
        observe(&mut dataplane, "moved").attachment,
        Attachment::Attached(AttachMode::Native)
    );
    dataplane.detach(&nic(NIC)).unwrap();
    assert_eq!(
        observe(&mut dataplane, "moved").attachment,
        Attachment::Attached(AttachMode::Native)
    );
}

#[test]
fn a_nic_that_takes_anothers_name_doesnt_open_the_other() {
    let bench = Bench::new();
    let mut dataplane = bench.loaded();
    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    run(&["ip", "link", "set", NIC, "down"]);
    run(&["ip", "link", "set", NIC, "name", "moved"]);
    let old_program = running("moved");
    run(&["ip", "link", "set", &format!("{NIC}-far"), "name", "spare"]);
    add_nic(NIC);

    dataplane
        .attach(&nic(NIC), AttachMode::Native, &interface(NIC))
        .unwrap();
    assert_eq!(
        observe(&mut dataplane, NIC).attachment,
        Attachment::Attached(AttachMode::Native)
    );
    assert_eq!(running("moved"), old_program);

    dataplane.load(&nic("moved")).unwrap();
    dataplane
        .attach(&nic("moved"), AttachMode::Native, &interface("moved"))
        .unwrap();
    assert_eq!(
        observe(&mut dataplane, "moved").attachment,
        Attachment::Attached(AttachMode::Native)
    );
    assert!(!bench.bpffs.join("interlink/retired").join(NIC).exists());
}

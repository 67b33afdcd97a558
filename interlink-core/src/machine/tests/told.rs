//! What the operator is told: each event's words and weight, and when it is told.

use super::*;
use crate::plan::Why;

#[test]
fn every_event_has_its_words_and_its_weight() {
    let step = || Step {
        op: Op::Load { nic: eth1() },
        why: Why::NotLoaded,
    };
    let error = || OpError::Kernel {
        doing: "load the program for eth1".to_owned(),
        detail: "Cannot allocate memory".to_owned(),
    };
    let gate = |closed| Event::Gate {
        link: Name::new("paris").unwrap(),
        family: Family::V6,
        closed,
    };
    for (event, level, words) in [
        (
            Event::Lifecycle {
                from: Lifecycle::Syncing,
                to: Lifecycle::Enforcing,
            },
            Level::Info,
            "enforcing, was syncing".to_owned(),
        ),
        (gate(None), Level::Info, "link \"paris\": IPv6 is open".to_owned()),
        (
            gate(Some(Closed::NoVpc)),
            Level::Info,
            "link \"paris\": IPv6 is closed: no VPC is attached to the link".to_owned(),
        ),
        (
            Event::Applied(step()),
            Level::Debug,
            "done: load the program for eth1, because nothing of ours is loaded there".to_owned(),
        ),
        (
            Event::Failed {
                step: step(),
                error: error(),
            },
            Level::Error,
            format!("failed to load the program for eth1: {}", error()),
        ),
        (Event::Blocked(error()), Level::Error, error().to_string()),
        (
            Event::Drift(vec!["one".to_owned(), "two".to_owned()]),
            Level::Warn,
            "the kernel doesn't hold what was put into it; putting it back: one; two".to_owned(),
        ),
        (
            Event::ObserveFailed("netlink is gone".to_owned()),
            Level::Error,
            "can't see what the kernel holds, which goes on enforcing it: netlink is gone".to_owned(),
        ),
        (
            Event::SourceFailed("broken".to_owned()),
            Level::Warn,
            "keeping the configuration that is in force: broken".to_owned(),
        ),
        (
            Event::Undone,
            Level::Warn,
            "the change on trial was undone: what was in force before it is again".to_owned(),
        ),
        (
            Event::Superseded,
            Level::Warn,
            "a newer configuration took the place of the change on trial, which is over".to_owned(),
        ),
    ] {
        assert_eq!((event.to_string(), event.level()), (words, level), "{event:?}");
    }
}

#[test]
fn a_source_that_goes_on_failing_is_told_once_for_each_error() {
    let mut world = World::new(&["eth1"]);
    for error in ["broken", "broken", "gone", "broken"] {
        world.machine.handle(Input::SourceFailed(error.to_owned()), world.now);
    }
    world.run();
    let told: Vec<_> = world
        .told
        .into_iter()
        .filter(|event| *event != Event::Superseded)
        .collect();
    assert_eq!(
        told,
        ["broken", "gone", "broken"].map(|error| Event::SourceFailed(error.to_owned()))
    );
}

#[test]
fn a_source_that_is_well_again_is_no_trouble_any_more() {
    let mut world = World::new(&["eth1"]);
    for input in [Input::SourceUnchanged, intent(&text())] {
        world
            .machine
            .handle(Input::SourceFailed("broken".to_owned()), world.now);
        assert_eq!(world.machine.source_error(), Some("broken"));
        world.machine.handle(input, world.now);
        assert_eq!(world.machine.source_error(), None);
    }
}

#[test]
fn a_gate_is_told_when_it_opens_closes_or_closes_for_another_reason_and_not_again() {
    let mut world = World::new(&["eth1"]);
    let closed = text().replace("propagation = true", "propagation = false");
    let without_vpc = text().replace("vpc = \"prod\"", "");
    for (text, told) in [
        (
            text(),
            vec![
                "link \"paris\": IPv4 is open",
                "link \"paris\": IPv6 is closed: no routing policy of this IP family is attached to the link",
            ],
        ),
        (text(), vec![]),
        (
            closed.clone(),
            vec!["link \"paris\": IPv4 is closed: route propagation is disabled"],
        ),
        (closed, vec![]),
        (
            without_vpc,
            vec![
                "link \"paris\": IPv4 is closed: no VPC is attached to the link",
                "link \"paris\": IPv6 is closed: no VPC is attached to the link",
            ],
        ),
    ] {
        world.told.clear();
        world.intend(&text);
        world.run();
        let gates = world.told.iter().filter(|event| matches!(event, Event::Gate { .. }));
        assert_eq!(gates.map(ToString::to_string).collect::<Vec<_>>(), told);
    }
}

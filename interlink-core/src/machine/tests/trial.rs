//! Changes on trial, and plans for changes that aren't even tried.

use super::*;

#[test]
fn undoing_a_trial_brings_back_what_was_in_force_at_once() {
    let mut world = World::new(&["eth1"]);
    assert_eq!(world.machine.undo(world.now), Err(NoTrial));
    assert_eq!(world.machine.confirm(), Err(NoTrial));
    world.intend(&text());
    world.run();
    assert_eq!(world.machine.undo(world.now), Err(NoTrial));
    assert_eq!(world.machine.confirm(), Err(NoTrial));
    world.attempt(&closed(), Duration::from_mins(1));
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 0);
    assert_eq!(world.machine.undo(world.now), Ok(()));
    let ops = world.run();
    assert_eq!(ops.len(), 2, "{ops:?}");
    assert_eq!(world.kernel.state.routes.len(), 2);
    assert_eq!(world.machine.trial(), None);
    assert_eq!(world.told.iter().filter(|event| **event == Event::Undone).count(), 1);
    assert_eq!(world.machine.undo(world.now), Err(NoTrial));
}

#[test]
fn a_trial_ends_at_its_time_and_not_a_moment_before() {
    let mut world = World::new(&["eth1"]);
    world.intend(&text());
    world.run();
    world.attempt(&closed(), Duration::from_mins(1));
    world.run();
    let end = world.machine.trial().unwrap();
    world.wait(world.now.until(end).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(world.machine.trial(), Some(end));
    world.wait(Duration::from_nanos(1));
    assert_eq!(world.machine.trial(), None);
    world.run();
    assert_eq!(world.kernel.state.routes.len(), 2);
}

#[test]
fn the_machine_wants_to_be_woken_for_whatever_is_due_first() {
    let mut world = World::new(&["eth1"]);
    assert_eq!(world.machine.poll_timeout(), Some(world.now), "the first look is due");
    world.intend(&text());
    world.run();
    let look = world.machine.poll_timeout().unwrap();
    assert!(world.now < look && world.now.until(look) <= OBSERVE_EVERY);
    world.attempt(&closed(), Duration::from_millis(500));
    world.run();
    assert_eq!(world.machine.poll_timeout(), world.machine.trial());
    world.attempt(&closed(), Duration::from_mins(5));
    world.run();
    assert!(world.machine.poll_timeout() < world.machine.trial());
}

#[test]
fn a_plan_for_an_intent_is_what_would_be_done_and_does_nothing() {
    let mut world = World::new(&["eth1"]);
    let intent = |text: &str| Config::parse(text).unwrap().intent();
    assert_eq!(world.machine.plan_for(&intent(&text())), None, "nothing is known yet");
    world.intend(&text());
    world.run();
    assert_eq!(world.machine.plan_for(&intent(&text())), Some(Plan::default()));
    let plan = world.machine.plan_for(&intent(&closed())).unwrap();
    assert!(plan.blocked.is_empty());
    let planned: Vec<_> = plan.steps.iter().map(|step| step.op.to_string()).collect();
    assert_eq!(world.run(), [""; 0]);
    world.intend(&closed());
    assert_eq!(world.run(), planned);
    assert_eq!(planned.len(), 2);
}

fn closed() -> String {
    text().replace("propagation = true", "propagation = false")
}

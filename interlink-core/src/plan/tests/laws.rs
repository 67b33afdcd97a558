//! What holds for every intent and every kernel.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::kernels::{any_change, any_scenario, holding, interfaces};
use super::watch::{Watch, is_open, moments};
use super::world::{NICS, any_world};
use crate::plan::{Op, Plan, Suspended, plan, plan_without};
use crate::state::{Attachment, Observed, Path};
use crate::testing::kernel::Kernel;
use crate::testing::{cases, interface};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_kernel_that_holds_what_is_desired_needs_no_plan(world in any_world()) {
        let desired = world.derive(&interfaces()).desired;
        let observed = holding(&desired, interfaces());
        prop_assert_eq!(plan(&desired, &observed), Plan::default());
    }

    #[test]
    fn a_plan_reaches_what_is_desired_and_is_safe_at_every_moment(scenario in any_scenario()) {
        let mut kernel = kernel(&scenario.observed);
        let watch = Watch::new(&scenario);
        let first = plan(&scenario.desired, &kernel.state);
        for step in &first.steps {
            prop_assert!(watch.take(&mut kernel, step)?, "refused: {}", step.op);
        }
        prop_assert_eq!(&kernel.state, &scenario.goal());
        let then = plan(&scenario.desired, &kernel.state);
        prop_assert_eq!(then.steps, vec![], "after {}", first);
        prop_assert_eq!(then.blocked, first.blocked);
    }

    #[test]
    fn a_change_of_the_intent_alone_is_safe_at_every_moment(scenario in any_change()) {
        let mut kernel = kernel(&scenario.observed);
        let watch = Watch::new(&scenario);
        for step in plan(&scenario.desired, &kernel.state).steps {
            prop_assert!(watch.take(&mut kernel, &step)?, "refused: {}", step.op);
        }
        prop_assert_eq!(&kernel.state, &scenario.goal());
    }

    #[test]
    fn what_stands_in_the_way_is_told_once(scenario in any_scenario()) {
        let mut told = plan(&scenario.desired, &scenario.observed).blocked;
        let mut expected = scenario.obstacles();
        let by_text = |blocked: &crate::plan::Blocked| blocked.to_string();
        told.sort_by_key(by_text);
        expected.sort_by_key(by_text);
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn steps_that_fail_are_made_up_for(scenario in any_scenario(), failing in vec(0..12_usize, 1..6)) {
        let mut kernel = Kernel { failing, ..kernel(&scenario.observed) };
        let watch = Watch::new(&scenario);
        let mut rounds = 0;
        loop {
            let steps = plan(&scenario.desired, &kernel.state).steps;
            if steps.is_empty() {
                break;
            }
            for step in steps {
                if !watch.take(&mut kernel, &step)? {
                    break;
                }
            }
            rounds += 1;
            prop_assert!(rounds < 20, "it never ends");
        }
        prop_assert_eq!(&kernel.state, &scenario.goal());
    }

    #[test]
    fn a_nic_that_is_left_alone_has_no_step_and_no_new_route_unless_it_is_attached(
        scenario in any_scenario(),
        nic in 0..NICS.len(),
    ) {
        let nic = interface(NICS[nic]);
        let mut kernel = kernel(&scenario.observed);
        let suspended = Suspended {
            nics: BTreeSet::from([nic.clone()]),
            ..Suspended::default()
        };
        let attachment = kernel.state.nics.get(&nic).map(|nic| nic.attachment);
        for step in plan_without(&scenario.desired, &kernel.state, &suspended).steps {
            prop_assert_ne!(step.op.nic(), Some(&nic));
            for op in moments(&step.op) {
                prop_assert_eq!(kernel.apply(&op), Ok(()));
            }
        }
        let goal = scenario.goal();
        for (other, state) in &goal.nics {
            if *other != nic {
                prop_assert_eq!(kernel.state.nics.get(other), Some(state));
            }
        }
        let is_attached = matches!(attachment, Some(Attachment::Attached(_)));
        let mut routes = goal.routes.clone();
        if !is_attached {
            let kept = routes.to_vec().into_iter().filter_map(|mut route| {
                if route.path == Path::Unreachable {
                    return Some(route);
                }
                let hops = route.path.next_hops().cloned();
                let hops = hops.filter(|hop| scenario.desired.guards[&hop.interface].interface != nic);
                route.path = Path::via(hops.collect())?;
                Some(route)
            });
            routes = Arc::new(kept.collect());
        }
        prop_assert_eq!(kernel.state.routes, routes);
        prop_assert_eq!(plan_without(&scenario.desired, &goal, &suspended).steps, vec![]);
    }

    #[test]
    fn a_plan_cut_short_at_any_moment_and_made_again_converges(scenario in any_scenario()) {
        let goal = scenario.goal();
        let mut reached = kernel(&scenario.observed);
        for op in plan(&scenario.desired, &scenario.observed).steps.iter().flat_map(|step| moments(&step.op)) {
            prop_assert_eq!(reached.apply(&op), Ok(()));
            let mut again = reached.clone();
            for step in plan(&scenario.desired, &again.state).steps {
                prop_assert_eq!(again.apply(&step.op), Ok(()), "{}", step.op);
            }
            prop_assert_eq!(&again.state, &goal, "cut short after {}", op);
        }
    }

    #[test]
    fn what_closes_is_closed_before_anything_else_is_done(scenario in any_scenario()) {
        let mut kernel = kernel(&scenario.observed);
        let steps = plan(&scenario.desired, &scenario.observed).steps;
        for step in &steps {
            if !matches!(step.op, Op::SetNic { .. } | Op::SetLink { .. } | Op::RemoveLink { .. }) {
                break;
            }
            prop_assert_eq!(kernel.apply(&step.op), Ok(()));
        }
        for (nic, vlan, family) in scenario.closing() {
            let links = &kernel.state.nics[&nic].links;
            let is_open = links.get(&vlan).is_some_and(|link| is_open(link, family));
            prop_assert!(!is_open, "{} {} {} is still open", nic, vlan, family);
        }
        let goal = scenario.goal();
        for (name, nic) in &kernel.state.nics {
            if matches!(nic.attachment, Attachment::Attached(_)) {
                let wanted = goal.nics[name].settings;
                prop_assert_eq!(nic.settings.and(wanted), nic.settings, "{} lets too much pass", name);
            }
        }
    }
}

fn kernel(observed: &Observed) -> Kernel {
    Kernel {
        state: observed.clone(),
        ..Kernel::default()
    }
}

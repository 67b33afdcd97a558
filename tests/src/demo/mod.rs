//! The walk from blocked to open traffic, as the product's documentation has it, on real packets.

mod both;
mod config;
mod crash;
mod kernel;
mod probe;
mod table;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use interlink_agent::out;

use crate::agent::{self, Agent};
use crate::lab::{self, Lab, ON_PREMISES, OUTSIDE, SPOOFED, VPC_HOST};
use crate::traffic::Listener;

use config::Step;
use probe::{Seen, probe};
use table::Table;

/// What everything on the way must be for the demo to go on.
#[derive(Debug)]
pub struct Interrupted;

/// Walks the whole way. `stop` is looked at between two steps.
pub fn walk(stop: &Arc<AtomicBool>) -> Result<ExitCode, Interrupted> {
    lab::sweep();
    let lab = Lab::new();
    let mut walk = Walk {
        listener: Listener::new(&lab),
        lab: &lab,
        table: Table::default(),
        stop,
    };

    walk.steps_of_the_product()?;
    walk.outside_the_policy()?;
    walk.propagation_off_and_on()?;
    walk.agent_killed()?;
    walk.unloaded()?;
    both::speak(&mut walk.table, || go_on(stop))?;
    Ok(walk.table.finish())
}

struct Walk<'l> {
    lab: &'l Lab,
    listener: Listener,
    table: Table,
    stop: &'l Arc<AtomicBool>,
}

impl Walk<'_> {
    /// From an order to traffic: each step alone opens nothing, all of them do.
    fn steps_of_the_product(&mut self) -> Result<(), Interrupted> {
        say("An InterLink is ordered, and the agent started on the gateway.");
        self.apply(Step::Ordered);
        let agent = Agent::start(self.lab);
        self.expect("ordered (requested)", Some("link_status"))?;

        say("The partner provisions it.");
        self.apply(Step::Active);
        self.expect("active", Some("vpc"))?;

        say("A VPC is attached.");
        self.apply(Step::VpcAttached);
        self.expect("VPC attached", Some("routing_policy"))?;

        say("A routing policy is attached for each family.");
        self.apply(Step::PoliciesAttached);
        self.expect("policies attached", Some("route_propagation"))?;

        say("Route propagation is enabled.");
        self.apply(Step::Propagating);
        self.expect("propagation on", None)?;
        kernel::agrees_with_status(self.lab, &mut self.table);
        agent.signal("TERM");
        let ended = agent.wait();
        self.table.check("SIGTERM ends the agent with 0", ended == Some(0));
        Ok(())
    }

    /// What the policy doesn't list stays out, and is counted. The agent that judged it has ended.
    fn outside_the_policy(&mut self) -> Result<(), Interrupted> {
        say("The agent has ended; the kernel goes on. A source and a destination outside the policy are tried.");
        let flows = probe(self.lab, &self.listener, ON_PREMISES, VPC_HOST);
        self.table.row("agent ended", "", flows, Seen::all_flows());
        let spoofed = probe(self.lab, &self.listener, SPOOFED, VPC_HOST);
        self.table.row("spoofed source", "", spoofed, Seen::all_blocked());
        let outside = probe(self.lab, &self.listener, ON_PREMISES, OUTSIDE);
        self.table.row("outside the policy", "", outside, Seen::all_blocked());
        self.go_on()?;

        let agent = Agent::start(self.lab);
        let status = agent::wait_for(self.lab, "the agent to adopt what is there", |status| {
            status["state"] == "enforcing"
        });
        for family in [0, 1] {
            for reason in ["source_not_allowed", "destination_not_allowed"] {
                let counted = kernel::counted(&status, family, reason);
                let name = if family == 0 { "IPv4" } else { "IPv6" };
                self.table
                    .check(&format!("{name} {reason} was counted ({counted} packets)"), counted > 0);
            }
        }
        drop(agent);
        Ok(())
    }

    fn propagation_off_and_on(&mut self) -> Result<(), Interrupted> {
        let agent = Agent::start(self.lab);
        say("Route propagation is disabled, then enabled again.");
        self.apply(Step::PoliciesAttached);
        self.expect("propagation off", Some("route_propagation"))?;
        self.apply(Step::Propagating);
        self.expect("propagation on again", None)?;
        drop(agent);
        Ok(())
    }

    fn agent_killed(&mut self) -> Result<(), Interrupted> {
        say("The agent is killed under traffic, and started again.");
        crash::kill_under_traffic(self.lab, &self.listener, &mut self.table);
        self.go_on()
    }

    fn unloaded(&mut self) -> Result<(), Interrupted> {
        say("Everything of ours is unloaded.");
        let output = agent::run(self.lab, &["unload"]);
        self.table.check("`unload` ends with 0", output.status.success());
        kernel::is_clean(self.lab, &mut self.table);
        self.go_on()
    }

    /// Writes the next configuration; the agent follows the file on its own.
    fn apply(&self, step: Step) {
        self.lab.write_config(&step.text());
    }

    /// Waits until the agent says that this condition is the first that isn't met, and tries what flows.
    fn expect(&mut self, step: &str, missing: Option<&'static str>) -> Result<(), Interrupted> {
        let status = agent::wait_for(self.lab, step, |status| {
            status["state"] == "enforcing" && (0..2).all(|family| kernel::first_unmet(status, family) == missing)
        });
        let (seen, wanted) = match missing {
            Some(_) => (
                probe(self.lab, &self.listener, ON_PREMISES, VPC_HOST),
                Seen::all_blocked(),
            ),
            None => (
                probe(self.lab, &self.listener, ON_PREMISES, VPC_HOST),
                Seen::all_flows(),
            ),
        };
        if let Some(line) = kernel::next_step(&status) {
            say(&format!("  missing: {line}"));
        }
        self.table.row(step, missing.unwrap_or("nothing"), seen, wanted);
        kernel::routes_are(self.lab, missing.is_none(), step, &mut self.table);
        self.go_on()
    }

    fn go_on(&self) -> Result<(), Interrupted> {
        go_on(self.stop)
    }
}

fn go_on(stop: &AtomicBool) -> Result<(), Interrupted> {
    if stop.load(Ordering::Relaxed) {
        Err(Interrupted)
    } else {
        Ok(())
    }
}

fn say(text: &str) {
    // A reader that is gone doesn't keep the demo from finding out whether all is well.
    out::print(&format!("{text}\n")).unwrap_or_default();
}

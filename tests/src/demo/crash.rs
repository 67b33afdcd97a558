//! SIGKILL under traffic.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::kernel;
use super::probe::{Seen, probe};
use super::table::Table;
use crate::agent::{self, Agent};
use crate::lab::{Lab, ON_PREMISES, SPOOFED, VPC_HOST};
use crate::traffic::Listener;

/// Pings go on from both sides of the policy while the agent is killed and started again: not one from the inside is
/// lost, not one from the outside is answered.
pub(super) fn kill_under_traffic(lab: &Lab, listener: &Listener, table: &mut Table) {
    let agent = Agent::start(lab);
    agent::wait_for(lab, "the agent before it is killed", |status| {
        status["state"] == "enforcing"
    });
    let before = kernel::program(lab);
    let (inside, outside) = (flood(lab, ON_PREMISES.v4), flood(lab, SPOOFED.v4));
    thread::sleep(Duration::from_millis(300));
    agent.signal("KILL");
    table.check("SIGKILL ends the agent", agent.wait().is_none());
    let seen = probe(lab, listener, ON_PREMISES, VPC_HOST);
    table.row("agent killed", "", seen, Seen::all_flows());
    let seen = probe(lab, listener, SPOOFED, VPC_HOST);
    table.row("killed, spoofed", "", seen, Seen::all_blocked());

    let agent = Agent::start(lab);
    agent::wait_for(lab, "the agent to adopt what is there", |status| {
        status["state"] == "enforcing"
    });
    table.check(
        "the new agent adopted the attached program",
        before.is_some() && kernel::program(lab) == before,
    );
    let (inside, outside) = (inside.finish(), outside.finish());
    table.check(
        &format!("not one of {} allowed pings was lost", inside.sent),
        inside.sent == inside.answered && inside.sent > 50,
    );
    table.check(
        &format!("not one of {} spoofed pings was answered", outside.sent),
        outside.answered == 0 && outside.sent > 50,
    );
    let seen = probe(lab, listener, ON_PREMISES, VPC_HOST);
    table.row("started again", "nothing", seen, Seen::all_flows());
    agent.signal("TERM");
    table.check("SIGTERM ends the agent with 0", agent.wait() == Some(0));
}

/// Echo requests every 20 ms from one source.
fn flood(lab: &Lab, source: &str) -> Flood {
    let mut command = lab.on_premises.command("ping");
    command.args(["-q", "-i", "0.02", "-c", "2000", "-W", "1", "-I", source, VPC_HOST.v4]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    Flood(command.spawn().unwrap())
}

struct Flood(Child);

struct Answered {
    sent: u32,
    answered: u32,
}

impl Flood {
    /// Ends it, and reads its closing line.
    fn finish(self) -> Answered {
        let pid = self.0.id().to_string();
        crate::lab::run(Command::new("kill").args(["-INT", &pid]));
        let output = self.0.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Answered {
            sent: number_before(&text, "packets"),
            answered: number_before(&text, "received"),
        }
    }
}

/// The number in front of a word, as in `30 packets transmitted, 30 received, 0% packet loss`.
fn number_before(text: &str, word: &str) -> u32 {
    let words: Vec<_> = text.split_whitespace().map(|word| word.trim_end_matches(',')).collect();
    let pair = words.windows(2).find(|pair| pair[1] == word);
    pair.and_then(|pair| pair[0].parse().ok())
        .unwrap_or_else(|| panic!("ping printed no number of {word}: {text}"))
}

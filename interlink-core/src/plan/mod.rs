//! From what the kernel holds to what it should hold.
//!
//! A plan is a list of steps, each safe to be the last one that happens. Its order is the whole of its art:
//!
//! 1. **Close.** What a NIC doesn't let pass beside its links any more, families whose gates close, and links that are
//!    gone, are switched first: packets are blocked before routes go, and nothing that takes long, or fails, comes
//!    before.
//! 2. **Protect.** Programs are loaded with their links in their tables, then attached; until then no route leads to
//!    their NIC. An outdated program is replaced in place. Where links are told apart by VLAN tags, the NIC leaves these
//!    in the frames before the first packet is judged.
//! 3. **Interfaces** that the agent manages are made, brought up and given their addresses. A link whose interface
//!    isn't there yet opens with the next plan.
//! 4. **Rules** that aren't wanted go; tables that rules lead to get their end, and then the rules.
//! 5. **Withdraw** the routes, and the next hops, that aren't wanted.
//! 6. **Route** what is about to open, so that its first packet finds the way back.
//! 7. **Switch** the links that open or change, each in one step, and let pass what a NIC gains beside them.
//! 8. **Route** what links that stay open gained.
//! 9. **Clean up** the interfaces and addresses that were made for links that are gone.
//!
//! What can't be done is no step but a [`Blocked`], and nothing is built on it: a NIC that can't be protected gets no
//! routes, and those that it has are withdrawn.

mod hindrance;
mod interfaces;
mod kind;
mod op;
mod order;
mod routes;

#[cfg(test)]
mod tests;

use std::fmt;

pub use hindrance::Hindrance;
pub use kind::OpKind;
pub use op::{Errno, Op, OpError, RefusedRoute, Subject};
pub use order::{Suspended, plan, plan_without};

/// One step, and why it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub op: Op,
    /// Because of what.
    pub why: Why,
}

/// Why a step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// A NIC of a link holds nothing of ours.
    NotLoaded,
    /// Ours is loaded, and packets don't run through it.
    NotAttached,
    /// The NIC takes the VLAN tags out of frames.
    TagsStripped,
    /// Another version of the program is there.
    Outdated,
    /// A gate closes.
    Closing,
    /// A link isn't configured any more.
    LinkGone,
    /// A gate opens.
    Opening,
    /// What a link allows, or its addresses, differ.
    Changed,
    /// A link isn't in the tables.
    LinkMissing,
    /// What a NIC lets pass beside its links differs.
    NicDiffers,
    /// Routes aren't wanted.
    NotWanted,
    /// Some of the next hops of routes aren't wanted.
    NextHopNotWanted,
    /// Routes are missing or differ.
    RouteMissing,
    /// A table that rules lead to has to end.
    TableEnd,
    /// Rules are missing.
    RuleMissing,
    /// An interface isn't as its link needs it.
    InterfaceDiffers,
}

impl Why {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotLoaded => "nothing of ours is loaded there",
            Self::NotAttached => "it is not attached",
            Self::TagsStripped => "the program has to see them",
            Self::Outdated => "it is another version's",
            Self::Closing => "a gate closes",
            Self::LinkGone => "the link is not configured",
            Self::Opening => "a gate opens",
            Self::Changed => "prefixes, addresses or reason differ",
            Self::LinkMissing => "the link is not in the tables",
            Self::NicDiffers => "the settings of the NIC differ",
            Self::NotWanted => "not wanted",
            Self::NextHopNotWanted => "a next hop is not wanted",
            Self::RouteMissing => "missing or different",
            Self::TableEnd => "nothing is to go on to another table",
            Self::RuleMissing => "missing",
            Self::InterfaceDiffers => "the link needs it",
        }
    }
}

/// Something that is wanted and can't be done.
pub type Blocked = OpError;

/// What to do, in order, and what can't be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// What stands in the way of more.
    pub blocked: Vec<Blocked>,
}

impl Plan {
    /// Whether nothing is to be done and nothing stands in the way.
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.blocked.is_empty()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "nothing to do");
        }
        for (number, Step { op, why }) in (1..).zip(&self.steps) {
            writeln!(f, "{number:>3}. {op}: {}", why.as_str())?;
        }
        for blocked in &self.blocked {
            writeln!(f, "  !  {blocked}")?;
        }
        Ok(())
    }
}

/// How many items a printed step names before it only counts them.
const NAMED: usize = 3;

/// A few of the items, and how many there are in all.
fn some<T: fmt::Display>(items: impl Iterator<Item = T>, length: usize) -> String {
    let named: Vec<_> = items.take(NAMED).map(|item| item.to_string()).collect();
    let more = length.saturating_sub(NAMED);
    let ending = if more == 0 {
        String::new()
    } else {
        format!("; and {more} more")
    };
    named.join("; ") + &ending
}

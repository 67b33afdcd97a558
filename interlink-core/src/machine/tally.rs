//! What the machine did so far, counted.

use std::collections::BTreeMap;

use crate::plan::OpKind;
use crate::time::Time;

/// Counts since the agent was started. They only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Steps that were taken.
    pub taken: BTreeMap<OpKind, u64>,
    /// Steps that failed.
    pub failed: BTreeMap<OpKind, u64>,
    /// Plans that had a step.
    pub plans: u64,
    /// How many of them put back what somebody else had changed.
    pub drifts: u64,
    /// Looks at the kernel.
    pub looks: u64,
    /// How many of them failed.
    pub failed_looks: u64,
    /// How often the source had nothing usable.
    pub source_failures: u64,
    /// How many NICs the first look found protected: by the agent before this one.
    pub adopted: u64,
    /// When the source last said something usable.
    pub source_at: Option<Time>,
}

/// Counts one more.
pub(super) fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(1);
}

/// Counts one more.
pub(super) const fn one_more(count: &mut u64) {
    *count = count.saturating_add(1);
}

//! What the kernel holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Interface, ObservedNic, Protocol, Routes, Rule};
use crate::name::InterfaceName;

/// A snapshot of everything that a plan may depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Every interface of the network namespace.
    pub interfaces: BTreeMap<InterfaceName, Interface>,
    /// Every NIC that holds something of ours, and every one whose place for XDP is taken by others.
    pub nics: BTreeMap<InterfaceName, ObservedNic>,
    /// The routes of our protocol, in any table.
    pub routes: Arc<Routes>,
    /// The routes of others in the tables that hold or should hold ours.
    pub foreign_routes: Arc<Routes<Protocol>>,
    /// The rules of our protocol.
    pub rules: BTreeSet<Rule>,
    /// The rules of others that look up a VPC's table, in iproute2's words.
    pub foreign_rules: Vec<String>,
}

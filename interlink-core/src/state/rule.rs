//! Rules that say which packets look a VPC's table up.

use std::fmt;

use serde::Serialize;

use super::TableNumber;
use crate::family::Family;
use crate::name::InterfaceName;

/// The metric of the route that ends a table: the last that there is.
pub const TABLE_END_METRIC: u32 = u32::MAX;

/// What comes in from an interface looks a table up. (`ip rule add iif IIF lookup TABLE`, with our protocol.)
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Rule {
    /// The family.
    pub family: Family,
    /// Its priority: the lowest is asked first.
    pub priority: u32,
    /// The interface, which needn't be there.
    pub iif: InterfaceName,
    /// The table.
    pub table: TableNumber,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            family,
            priority,
            iif,
            table,
        } = self;
        write!(f, "{family} {priority}: from all iif {iif} lookup {table}")
    }
}

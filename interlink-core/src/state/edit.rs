//! A change that is small enough to be made in place.

use super::LinkState;
use crate::table::{RootIndex, sole_difference};

/// One of the lists of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// The IPv4 prefixes across the link.
    RemoteV4,
    /// The IPv4 prefixes on our side.
    LocalV4,
    /// The IPv6 prefixes across the link.
    RemoteV6,
    /// The IPv6 prefixes on our side.
    LocalV6,
}

/// All that tells a state from the one before: one list, and in its table one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The list.
    pub list: List,
    /// The word.
    pub index: RootIndex,
}

impl LinkState {
    /// The edit that makes this state of an old one; none if the states are equal, or differ in more.
    pub fn edit_from(&self, old: &Self) -> Option<Edit> {
        let (v4, v6) = (&self.v4, &self.v6);
        let candidates = [
            (List::RemoteV4, sole_difference(&old.v4.remote, &v4.remote)),
            (List::LocalV4, sole_difference(&old.v4.local, &v4.local)),
            (List::RemoteV6, sole_difference(&old.v6.remote, &v6.remote)),
            (List::LocalV6, sole_difference(&old.v6.local, &v6.local)),
        ];
        let edit = candidates
            .into_iter()
            .find_map(|(list, index)| Some(Edit { list, index: index? }))?;
        // Alike but for that list.
        (self.with(edit.list, old) == *old).then_some(edit)
    }

    /// This state with one list of another.
    fn with(&self, list: List, other: &Self) -> Self {
        let mut state = self.clone();
        match list {
            List::RemoteV4 => state.v4.remote = other.v4.remote.clone(),
            List::LocalV4 => state.v4.local = other.v4.local.clone(),
            List::RemoteV6 => state.v6.remote = other.v6.remote.clone(),
            List::LocalV6 => state.v6.local = other.v6.local.clone(),
        }
        state
    }
}

#[cfg(test)]
mod tests;

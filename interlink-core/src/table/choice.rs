//! Where sets are kept.

/// Where the sets of a NIC are kept.
///
/// Small sets are no exception: two prefixes in a trie take longer to look up than a million in a flat table, and a
/// flat table of a few prefixes takes some twenty kilobytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableChoice {
    /// In flat tables.
    #[default]
    Flat,
    /// In the kernel's tries, the reference that flat tables are held against.
    Tries,
}

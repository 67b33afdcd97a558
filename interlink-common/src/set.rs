//! A set of addresses of one family, as a link's entry names it.

/// How many ranges stand in the entry itself, if a set has no more. The subnets of a VPC are that few, and then the
/// program needs no other map to know a packet's destination.
pub const ENTRY_RANGES: usize = 4;

/// Names a set of prefixes: inside the tries, or with the highest bit set the root page of a flat table.
/// [`TableId::EMPTY`] contains nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct TableId(pub u32);

impl TableId {
    /// The table without a prefix; nothing is ever stored under it.
    pub const EMPTY: Self = Self(0);
    /// The highest id of a table in the tries.
    pub const LAST_TRIE: Self = Self(Self::FLAT - 1);

    const FLAT: u32 = 1 << 31;

    /// The flat table with that root, which is below 2^31.
    pub const fn flat(root: u32) -> Self {
        Self(root | Self::FLAT)
    }

    /// The root of a flat table; none where the table is in the tries.
    #[inline(always)]
    pub const fn root(self) -> Option<u32> {
        if self.0 & Self::FLAT == 0 {
            None
        } else {
            Some(self.0 & !Self::FLAT)
        }
    }
}

/// A set, by its ranges or by the table that it is in.
///
/// `Key` is what is compared: an IPv4 address as a number, or the first half of an IPv6 address. So the ranges of IPv6
/// consist of whole /64s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Set<Key> {
    /// Where the addresses are, if there are no ranges.
    pub table: TableId,
    /// How many ranges there are.
    pub count: u32,
    /// The ranges, ascending; behind `count` zeros.
    pub ranges: [KeyRange<Key>; ENTRY_RANGES],
}

/// A range of keys, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct KeyRange<Key> {
    /// The lowest.
    pub first: Key,
    /// The highest.
    pub last: Key,
}

/// A set of IPv4 addresses.
pub type Set4 = Set<u32>;

/// A set of IPv6 addresses.
pub type Set6 = Set<u64>;

impl<Key: Copy + Default + PartialOrd> Set<Key> {
    /// The set in a table.
    pub fn in_table(table: TableId) -> Self {
        Self {
            table,
            ..Self::default()
        }
    }

    /// The set of some ranges; none if there are none or too many.
    pub fn of_ranges(ranges: impl IntoIterator<Item = KeyRange<Key>>) -> Option<Self> {
        let mut set = Self::default();
        for range in ranges {
            *set.ranges.get_mut(set.count as usize)? = range;
            set.count += 1;
        }
        (set.count > 0).then_some(set)
    }

    /// The ranges; none where the set is in a table.
    pub fn ranges(&self) -> &[KeyRange<Key>] {
        self.ranges.get(..self.count as usize).unwrap_or_default()
    }

    /// Whether some range contains the key. Nothing where the table has to be asked.
    #[inline(always)]
    pub fn contains(&self, key: Key) -> Option<bool> {
        if self.count == 0 {
            return None;
        }
        for (range, index) in self.ranges.iter().zip(0..) {
            if index == self.count {
                break;
            }
            if range.first <= key && key <= range.last {
                return Some(true);
            }
        }
        Some(false)
    }
}

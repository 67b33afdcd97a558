//! What the program knows of the NIC itself.

/// What a NIC lets pass beside its links: a set, as one word, so that one store changes it. Bits without a name here
/// mean nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct NicFlags(pub u32);

impl NicFlags {
    /// The frames of a VLAN that no link has, and those without a tag where no link is untagged.
    pub const OTHER_VLANS: Self = Self(1 << 0);
    /// LLDP, without a tag.
    pub const LLDP: Self = Self(1 << 1);
    /// LACP, without a tag.
    pub const LACP: Self = Self(1 << 2);

    /// Whether a flag is in the set.
    #[inline]
    pub const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    /// The set, with a flag if the condition holds.
    #[must_use]
    pub const fn with(self, flag: Self, condition: bool) -> Self {
        if condition { Self(self.0 | flag.0) } else { self }
    }
}

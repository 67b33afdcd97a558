//! What the program knows of one link.

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

/// The two IPv4 interconnect addresses and their subnet, all zero where the link has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Interconnect4 {
    /// Our address.
    pub ours: [u8; 4],
    /// The peer's.
    pub peer: [u8; 4],
    /// The mask of the subnet that holds both.
    pub mask: [u8; 4],
}

/// The two IPv6 interconnect addresses and their subnet, all zero where the link has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Interconnect6 {
    /// Our address.
    pub ours: [u8; 16],
    /// The peer's.
    pub peer: [u8; 16],
    /// The mask of the subnet that holds both.
    pub mask: [u8; 16],
}

/// One state of one link. An entry that is in use is never written: the next state goes into the link's other slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct LinkEntry {
    /// The code of the reason that IPv4 packets of a closed gate are dropped for; that of
    /// [`Reason::Allowed`](crate::Reason::Allowed) is an open gate.
    pub gate_v4: u32,
    /// The same for IPv6.
    pub gate_v6: u32,
    /// The prefixes across the link.
    pub remote_v4: TableId,
    /// The prefixes on our side.
    pub local_v4: TableId,
    /// The prefixes across the link.
    pub remote_v6: TableId,
    /// The prefixes on our side.
    pub local_v6: TableId,
    /// The IPv4 interconnect.
    pub v4: Interconnect4,
    /// The IPv6 interconnect.
    pub v6: Interconnect6,
}

impl LinkEntry {
    /// The size of an entry in the map, in bytes. The program reads it in place, so it has no padding.
    pub const SIZE: usize = 84;

    /// The entry as the map holds it.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let Self {
            gate_v4,
            gate_v6,
            remote_v4,
            local_v4,
            remote_v6,
            local_v6,
            v4,
            v6,
        } = self;
        let mut bytes = [0; Self::SIZE];
        let fields: [&[u8]; 12] = [
            &gate_v4.to_ne_bytes(),
            &gate_v6.to_ne_bytes(),
            &remote_v4.0.to_ne_bytes(),
            &local_v4.0.to_ne_bytes(),
            &remote_v6.0.to_ne_bytes(),
            &local_v6.0.to_ne_bytes(),
            &v4.ours,
            &v4.peer,
            &v4.mask,
            &v6.ours,
            &v6.peer,
            &v6.mask,
        ];
        for (target, source) in bytes.iter_mut().zip(fields.into_iter().flatten()) {
            *target = *source;
        }
        bytes
    }

    /// The entry that the map's bytes stand for.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let mut rest = bytes.iter().copied();
        Self {
            gate_v4: u32::from_ne_bytes(take(&mut rest)),
            gate_v6: u32::from_ne_bytes(take(&mut rest)),
            remote_v4: TableId(u32::from_ne_bytes(take(&mut rest))),
            local_v4: TableId(u32::from_ne_bytes(take(&mut rest))),
            remote_v6: TableId(u32::from_ne_bytes(take(&mut rest))),
            local_v6: TableId(u32::from_ne_bytes(take(&mut rest))),
            v4: Interconnect4 {
                ours: take(&mut rest),
                peer: take(&mut rest),
                mask: take(&mut rest),
            },
            v6: Interconnect6 {
                ours: take(&mut rest),
                peer: take(&mut rest),
                mask: take(&mut rest),
            },
        }
    }
}

/// The next `N` bytes; zeros past the end, which the size of [`LinkEntry`] rules out.
pub(crate) fn take<const N: usize>(rest: &mut impl Iterator<Item = u8>) -> [u8; N] {
    core::array::from_fn(|_| rest.next().unwrap_or(0))
}

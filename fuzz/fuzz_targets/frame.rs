//! Any frame, judged by any entry: the decision ends, and only what may pass a closed gate does.

#![no_main]

use interlink_common::{Limit, LinkEntry, NicFlags, Reason, TableId, Verdict};
use interlink_ebpf::decide::{Tables, decide};
use libfuzzer_sys::fuzz_target;

const SLOT: u32 = 4;

/// Tables that contain every other address.
struct Any {
    entry: LinkEntry,
    nic: NicFlags,
    limited: bool,
}

impl Tables for Any {
    fn nic(&self) -> NicFlags {
        self.nic
    }

    fn slot(&self, vlan: u16) -> u32 {
        if vlan % 2 == 0 { SLOT } else { 0 }
    }

    fn link(&self, slot: u32) -> Option<&LinkEntry> {
        (slot == SLOT).then_some(&self.entry)
    }

    fn contains_v4(&self, _: TableId, address: [u8; 4]) -> bool {
        address[3] % 2 == 0
    }

    fn contains_v6(&self, _: TableId, address: [u8; 16]) -> bool {
        address[15] % 2 == 0
    }

    fn take(&self, _: u32, _: Limit) -> bool {
        !self.limited
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((entry, rest)) = data.split_first_chunk::<{ LinkEntry::SIZE }>() else {
        return;
    };
    let Some(([flags, gates], frame)) = rest.split_first_chunk::<2>() else {
        return;
    };
    let mut entry = LinkEntry::from_bytes(entry);
    let gate = |bit: u8| {
        if gates >> bit & 1 == 0 {
            Reason::Allowed
        } else {
            Reason::NoVpc
        }
    };
    (entry.gate_v4, entry.gate_v6) = (gate(0).code(), gate(1).code());
    let tables = Any {
        entry,
        nic: NicFlags(u32::from(*flags)),
        limited: gates >> 2 & 1 != 0,
    };
    let decision = decide(frame, &tables);
    assert!(decision.bytes <= frame.len().max(65_535 + 40 + 22));
    let is_open = gates & 3 != 3;
    if !is_open {
        assert!(
            !matches!(decision.reason, Reason::Allowed | Reason::IcmpError),
            "{decision:?}"
        );
    }
    if tables.limited {
        let unlimited = matches!(
            decision.reason,
            Reason::Allowed | Reason::OtherVlan | Reason::Lldp | Reason::Lacp
        );
        assert!(decision.reason.verdict() == Verdict::Drop || unlimited, "{decision:?}");
    }
});

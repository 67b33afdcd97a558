//! What a NIC lets pass beside its links, as its one word holds it.

use interlink_common::{NicFlags, map};
use interlink_core::state::{NicSettings, OtherVlans};

use super::error::KernelError;
use super::maps::Maps;

/// Sets it, by one store.
pub(super) fn set(maps: &Maps, settings: NicSettings) -> Result<(), KernelError> {
    let NicFlags(word) = encode(settings);
    if maps.nic.store(0, word) {
        return Ok(());
    }
    Err(no_word())
}

/// Reads it back.
pub(super) fn read(maps: &Maps) -> Result<NicSettings, KernelError> {
    let word = maps.nic.load(0).ok_or_else(no_word)?;
    Ok(decode(NicFlags(word)))
}

fn encode(settings: NicSettings) -> NicFlags {
    let NicSettings {
        other_vlans,
        lldp,
        lacp,
    } = settings;
    NicFlags::default()
        .with(NicFlags::OTHER_VLANS, other_vlans == OtherVlans::Pass)
        .with(NicFlags::LLDP, lldp)
        .with(NicFlags::LACP, lacp)
}

/// Bits that mean nothing to the program mean nothing here.
fn decode(flags: NicFlags) -> NicSettings {
    NicSettings {
        other_vlans: if flags.has(NicFlags::OTHER_VLANS) {
            OtherVlans::Pass
        } else {
            OtherVlans::Drop
        },
        lldp: flags.has(NicFlags::LLDP),
        lacp: flags.has(NicFlags::LACP),
    }
}

fn no_word() -> KernelError {
    KernelError {
        doing: "looking up what the NIC lets pass".to_owned(),
        detail: format!("{} is empty", map::NIC),
    }
}

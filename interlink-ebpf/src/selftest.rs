//! What the agent runs once, right after load: do the maps carry what this program was built for?
//!
//! Never attached. It runs through `BPF_PROG_TEST_RUN`, so it sees the maps as the program proper sees them, and it is
//! the only part of the object that logs.

use aya_ebpf::{bindings::xdp_action, macros::xdp, programs::XdpContext};
use aya_log_ebpf::{error, info};
use interlink_common::{ABI_VERSION, LINK_CAPACITY, Meta, TRIE_CAPACITY};

use crate::maps::META;

/// Returns `XDP_PASS` when [`META`] has this program's ABI version, else `XDP_ABORTED`.
#[xdp]
pub(crate) fn interlink_selftest(ctx: XdpContext) -> u32 {
    let abi = META.get(0).map_or(0, |bytes| Meta::from_bytes(bytes).abi);
    if abi != ABI_VERSION {
        error!(&ctx, "the maps have ABI version {}, the program {}", abi, ABI_VERSION);
        return xdp_action::XDP_ABORTED;
    }
    info!(
        &ctx,
        "ABI version {}, up to {} links and {} prefixes of a family",
        abi,
        LINK_CAPACITY - 1,
        TRIE_CAPACITY
    );
    xdp_action::XDP_PASS
}

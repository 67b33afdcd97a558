//! What the measuring program and its object agree on.

/// How many source addresses take turns: so many that no table stays in the cache because of them.
pub const ADDRESS_COUNT: u32 = 1 << 20;

/// How many words of eight bytes a frame's template has: those of Ethernet and IPv4, and a little of what follows.
pub const TEMPLATE_WORDS: usize = 5;

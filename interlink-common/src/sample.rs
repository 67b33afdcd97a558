//! How dropped frames are watched: what a watcher asks for, and what it gets.
//!
//! Nobody watches most of the time, so the program looks at one word, [`Sampling::until`], and goes on. A watcher
//! moves that word ahead as long as it lives; what it asked for ends by itself when it doesn't.

use crate::Reason;
use crate::link::take;

/// The size of the ring buffer that samples go into, in bytes.
pub const RING_SIZE: u32 = 256 * 1024;

/// How much of a frame a sample holds, in bytes.
pub const CAPTURED: usize = 128;

/// How many [`Budget`]s there are: one for each reason, so that a flood for one doesn't hide another.
pub const BUDGETS: u32 = Reason::COUNT;

const SECOND: u64 = 1_000_000_000;

/// What a watcher asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Sampling {
    /// When it ends, in nanoseconds of the monotonic clock; 0 while nobody watches.
    pub until: u64,
    /// The most samples a second, of each reason on each CPU.
    pub per_second: u32,
    /// The counter block of the only link that is of interest (0: frames of no link), or [`Sampling::ANY`].
    pub block: u32,
    /// The code of the only reason that is of interest, or [`Sampling::ANY`].
    pub reason: u32,
    /// Zero.
    pub reserved: u32,
}

impl Sampling {
    /// Its size in the map, in bytes.
    pub const SIZE: usize = 24;

    /// Stands for every link, and for every reason.
    pub const ANY: u32 = u32::MAX;

    /// As the map holds it.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let Self {
            until,
            per_second,
            block,
            reason,
            reserved,
        } = self;
        let words = [per_second, block, reason, reserved].map(|word| word.to_ne_bytes());
        let mut rest = until.to_ne_bytes().into_iter().chain(words.into_iter().flatten());
        take(&mut rest)
    }

    /// What the map's bytes stand for.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let mut rest = bytes.iter().copied();
        Self {
            until: u64::from_ne_bytes(take(&mut rest)),
            per_second: u32::from_ne_bytes(take(&mut rest)),
            block: u32::from_ne_bytes(take(&mut rest)),
            reason: u32::from_ne_bytes(take(&mut rest)),
            reserved: u32::from_ne_bytes(take(&mut rest)),
        }
    }

    /// Whether frames of a counter block that are dropped for a reason are of interest.
    #[inline(always)]
    pub const fn wants(&self, block: u32, reason: Reason) -> bool {
        (self.block == Self::ANY || self.block == block) && (self.reason == Self::ANY || self.reason == reason.code())
    }
}

/// What one CPU sampled for one reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Budget {
    /// When the second began that `taken` is about.
    pub began: u64,
    /// How many were taken in that second.
    pub taken: u64,
    /// How many frames were of interest, and more than the watcher asked for. Never set back.
    pub left_out: u64,
    /// How many found no room in the ring buffer. Never set back.
    pub lost: u64,
}

impl Budget {
    /// Whether one more frame may be sampled. One that may not is counted.
    #[inline(always)]
    pub const fn take(&mut self, now: u64, per_second: u32) -> bool {
        if now.wrapping_sub(self.began) >= SECOND {
            self.began = now;
            self.taken = 0;
        }
        let is_left = self.taken < per_second as u64;
        if is_left {
            self.taken += 1;
        } else {
            self.left_out += 1;
        }
        is_left
    }
}

/// One dropped frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Sample {
    /// When, in nanoseconds of the monotonic clock.
    pub time: u64,
    /// The length in bytes of the whole frame.
    pub length: u32,
    /// The CPU.
    pub cpu: u32,
    /// The slot of its link; 0 where it belongs to none.
    pub slot: u32,
    /// The number of its [`Traffic`](crate::Traffic).
    pub traffic: u32,
    /// The code of its reason.
    pub reason: u32,
    /// How many bytes of `data` are the frame's.
    pub captured: u32,
    /// The frame's first bytes.
    pub data: [u8; CAPTURED],
}

impl Sample {
    /// Its size in the ring buffer, in bytes.
    pub const SIZE: usize = 160;

    /// What the ring buffer's bytes stand for; none where these aren't a sample's.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::SIZE] = bytes.try_into().ok()?;
        let mut rest = bytes.iter().copied();
        Some(Self {
            time: u64::from_ne_bytes(take(&mut rest)),
            length: u32::from_ne_bytes(take(&mut rest)),
            cpu: u32::from_ne_bytes(take(&mut rest)),
            slot: u32::from_ne_bytes(take(&mut rest)),
            traffic: u32::from_ne_bytes(take(&mut rest)),
            reason: u32::from_ne_bytes(take(&mut rest)),
            captured: u32::from_ne_bytes(take(&mut rest)),
            data: take(&mut rest),
        })
    }

    /// The part of the frame that it holds.
    pub fn frame(&self) -> &[u8] {
        let captured = usize::try_from(self.captured).unwrap_or(CAPTURED);
        self.data.get(..captured).unwrap_or(&self.data)
    }
}

#[cfg(test)]
mod tests {
    use core::mem::size_of;

    use super::*;

    #[test]
    fn the_layouts_are_those_that_the_bytes_say() {
        assert_eq!(size_of::<Sampling>(), Sampling::SIZE);
        assert_eq!(size_of::<Budget>(), 32);
        assert_eq!(size_of::<Sample>(), Sample::SIZE);
        let bytes = core::array::from_fn(|i| u8::try_from(i).unwrap());
        let sampling = Sampling::from_bytes(&bytes);
        assert_eq!(sampling.to_bytes(), bytes);
        assert_eq!(sampling.per_second, u32::from_ne_bytes([8, 9, 10, 11]));

        let bytes: [u8; Sample::SIZE] = core::array::from_fn(|i| u8::try_from(i).unwrap());
        let sample = Sample::from_bytes(&bytes).unwrap();
        assert_eq!(sample.reason, u32::from_ne_bytes([24, 25, 26, 27]));
        assert_eq!(sample.data[127], 159);
        assert_eq!(sample.frame().len(), CAPTURED, "never more than there is");
        assert_eq!(Sample { captured: 3, ..sample }.frame(), [32, 33, 34]);
        assert_eq!(Sample::from_bytes(&bytes[1..]), None);
    }

    #[test]
    fn a_watcher_gets_the_link_and_the_reason_that_it_asked_for() {
        let all = Sampling {
            block: Sampling::ANY,
            reason: Sampling::ANY,
            ..Sampling::default()
        };
        assert!(all.wants(0, Reason::Truncated) && all.wants(63, Reason::NoVpc));
        let link = Sampling { block: 2, ..all };
        assert!(link.wants(2, Reason::NoVpc) && !link.wants(0, Reason::NoVpc));
        let reason = Sampling {
            reason: Reason::NoVpc.code(),
            ..all
        };
        assert!(reason.wants(5, Reason::NoVpc) && !reason.wants(5, Reason::BgpDown));
    }

    #[test]
    fn a_second_has_its_budget_and_the_next_one_has_it_again() {
        let mut budget = Budget::default();
        let now = 5 * SECOND;
        assert!((0..3).all(|i| budget.take(now + i, 3)));
        assert!(!budget.take(now + 4, 3) && !budget.take(now + SECOND - 1, 3));
        assert_eq!(budget.left_out, 2);
        assert!(budget.take(now + SECOND, 3));
        assert_eq!((budget.taken, budget.left_out), (1, 2));
        assert!(!Budget::default().take(now, 0));
    }
}

//! Numbers that have bounds.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! numbers {
    ($($(#[$doc:meta])* $number:ident($inner:ty) $low:literal to $high:literal, $what:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
            #[serde(try_from = "u64", into = "u64")]
            pub struct $number($inner);

            impl $number {
                /// The number.
                pub const fn get(self) -> $inner {
                    self.0
                }
            }

            impl TryFrom<u64> for $number {
                type Error = OutOfBounds;

                fn try_from(number: u64) -> Result<Self, OutOfBounds> {
                    <$inner>::try_from(number)
                        .ok()
                        .filter(|number| ($low..=$high).contains(number))
                        .map(Self)
                        .ok_or(OutOfBounds { what: $what, low: $low, high: $high })
                }
            }

            impl From<$number> for u64 {
                fn from($number(number): $number) -> Self {
                    number.into()
                }
            }

            impl fmt::Display for $number {
                fmt_inner!();
            }
        )*
    };
}

macro_rules! fmt_inner {
    () => {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    };
}

numbers! {
    /// The number of an autonomous system, in the two bytes that the product takes.
    Asn(u16) 1 to 65_534, "an AS number";
    /// An 802.1Q id.
    Vlan(u16) 1 to 4094, "a VLAN id";
    /// How much a link carries, in Mbit/s.
    Bandwidth(u64) 1 to 100_000_000, "a bandwidth in Mbit/s";
}

/// A number that is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is from {low} to {high}")]
pub struct OutOfBounds {
    what: &'static str,
    low: u64,
    high: u64,
}

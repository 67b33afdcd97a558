//! Following the API: what is asked for and when, what is believed, and what it means here.
//!
//! [`Follower`] takes answers and gives the next questions, as [`crate::machine`] does for the kernel. What it believes
//! is [`Remote`]; [`translate()`] makes an intent of that and of what the file says. Every failure leaves what is
//! believed as it is.

mod believed;
mod follower;
mod reports;
mod sessions;
mod translate;

#[cfg(test)]
mod tests;

pub use believed::{Kept, KeptLink, Policy, Remote};
pub use follower::{Answer, Ask, Effect, Failed, Follower, Input, Object, Opened, Standing, Timing};
pub use sessions::sessions;
pub use translate::{Mismatch, Translated, translate};

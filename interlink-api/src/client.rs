//! An asynchronous client of the API.
//!
//! Every call has a timeout and a limit to what it reads, and every failure is a [`Failure`]. No redirect is followed,
//! because the token would follow it. HTTP proxies are taken from the environment, except for an API on this machine.

mod calls;
mod events;
mod failure;
mod http;
mod profile;
mod retry;
mod settings;

pub use events::{Events, StreamEnd};
pub use failure::Failure;
pub use profile::{Profile, ProfileError};
pub use retry::Retry;
pub use settings::{BuildError, Settings};

use reqwest::Url;
use reqwest::header::HeaderValue;

/// See the [module](self). Cheap to clone: clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    region: String,
    /// Marked as sensitive, so that it isn't printed.
    token: HeaderValue,
    settings: settings::Limits,
}

#[cfg(test)]
mod tests;

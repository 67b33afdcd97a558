//! The configuration file: text in, checked model out, and back.
//!
//! Names are the InterLink API's. [`Config::parse`] finds every mistake in one go, each with its place;
//! [`Config::intent`] can't fail, because a [`Config`] that exists has passed every check. Printing a configuration
//! gives text that parses to the same configuration.

mod check;
mod error;
pub(crate) mod model;
mod parse;
mod print;
pub mod reader;
mod session;
mod source;

#[cfg(test)]
mod tests;

pub use error::{ConfigErrors, Position, Problem};
pub use model::{
    AgentSection, BgpConfig, Config, FollowedLink, LinkSection, MetricsSection, NicSection, PolicySection, Select,
    SourceSection, VpcSection, default,
};

//! Driving the InterLink API, the provider's or one's own: `link`, `vpc`, `policy`, `propagation` and what links are
//! made on. Words are those of the provider's command line.

mod find;
mod hosting;
mod link;
mod policy;
mod propagation;
mod show;
mod vpc;
mod wait;

use std::path::PathBuf;

use clap::Args;
use interlink_api::client::{Failure, Retry};

use crate::api::{self, Api, ApiError, Said};
use crate::exit::{Exit, Failed};

pub(super) use hosting::{ConnectionCommand, PartnerCommand, PopCommand};
pub(super) use link::LinkCommand;
pub(super) use policy::PolicyCommand;
pub(super) use propagation::PropagationCommand;
pub(super) use vpc::VpcCommand;

/// Which API, and how its answers are shown.
#[derive(Debug, Args)]
struct Options {
    /// The URL of the API; otherwise SCW_API_URL or the profile says it.
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// The region; otherwise SCW_DEFAULT_REGION or the profile says it.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// A file that holds the secret key; otherwise SCW_SECRET_KEY or the profile says it.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A file of certificates, as PEM, to trust beside the system's.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Print JSON, in the API's words.
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Runs something that needs the API.
    fn run(&self, work: impl AsyncFnOnce(&Api) -> Result<String, Failed>) -> Result<Exit, Failed> {
        let said = Said {
            api_url: self.api_url.clone(),
            region: self.region.clone(),
            token_file: self.token_file.clone(),
            ca_file: self.ca_file.clone(),
            needs_profile: true,
        };
        let api = api::open(&said, Retry::default()).map_err(|error| {
            let exit = match &error {
                ApiError::NoRegion => Exit::Usage,
                ApiError::Unreadable { .. } | ApiError::Profile(_) | ApiError::Build(_) => Exit::Config,
            };
            Failed::new(exit, error)
        })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failed::new(Exit::System, error))?;
        let text = runtime.block_on(work(&api))?;
        crate::out::print(&text).map_err(anyhow::Error::from)?;
        Ok(Exit::Success)
    }
}

/// A call that came to nothing: what happened, and what to do.
impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        failed(&failure)
    }
}

fn failed(failure: &Failure) -> Failed {
    let exit = match failure {
        Failure::Refused { .. } => Exit::Refused,
        Failure::Id(_) => Exit::Usage,
        Failure::Status { .. }
        | Failure::Unreadable { .. }
        | Failure::TooLong { .. }
        | Failure::Timeout { .. }
        | Failure::Unconnected(_)
        | Failure::Broken(_) => Exit::NoApi,
    };
    let why = show::printable(&failure.to_string());
    Failed::say(exit, format!("{why}\n{}", capital(failure.advice())))
}

fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}

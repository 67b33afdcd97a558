//! Where a client of the API finds what it needs: options and files first, then what the provider's own tools use.

use std::io;
use std::path::{Path, PathBuf};

use interlink_api::client::{BuildError, Client, DEFAULT_API_URL, Profile, ProfileError, Retry, Settings};
use interlink_api::{OrganizationId, ProjectId, Secret};

/// What is said here; the rest is looked for.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The URL of the API.
    pub api_url: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// A file that holds the token.
    pub token_file: Option<PathBuf>,
    /// A file of certificates to trust.
    pub ca_file: Option<PathBuf>,
}

/// A client, and what else the profile says.
#[derive(Clone, Debug)]
pub struct Api {
    /// The client.
    pub client: Client,
    /// Whose objects are made, unless it is said.
    pub project_id: Option<ProjectId>,
    /// Whose these are.
    pub organization_id: Option<OrganizationId>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A file can't be read.
    #[error("can't read {}: {cause}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The environment or the profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// It isn't said anywhere.
    #[error("which region? Say --region, or set SCW_DEFAULT_REGION")]
    NoRegion,
    /// What was found doesn't do.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Makes a client of what is said and found.
pub fn open(said: &Said, retry: Retry) -> Result<Api, ApiError> {
    let variable = |name: &str| std::env::var(name).ok();
    let profile = Profile::find(variable, |path| std::fs::read_to_string(path))?;
    let token = match &said.token_file {
        Some(path) => Secret::from(String::from_utf8_lossy(&read(path)?).trim()),
        None => profile.secret_key.unwrap_or_default(),
    };
    let region = said
        .region
        .clone()
        .or(profile.default_region)
        .ok_or(ApiError::NoRegion)?;
    let settings = Settings {
        api_url: said
            .api_url
            .clone()
            .or(profile.api_url)
            .unwrap_or_else(|| DEFAULT_API_URL.to_owned()),
        ca: said.ca_file.as_deref().map(read).transpose()?,
        insecure: profile.insecure.unwrap_or(false),
        retry,
        ..Settings::new(&region, token)
    };
    Ok(Api {
        client: Client::new(&settings)?,
        project_id: profile.default_project_id.map(ProjectId::from),
        organization_id: profile.default_organization_id.map(OrganizationId::from),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, ApiError> {
    std::fs::read(path).map_err(|cause| ApiError::Unreadable {
        path: path.to_owned(),
        cause,
    })
}

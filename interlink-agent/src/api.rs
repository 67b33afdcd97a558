//! Where a client of the API finds what it needs: options and files first, then what the provider's own tools use.

use std::io;
use std::path::{Path, PathBuf};

use interlink_api::client::{BuildError, Client, Profile, ProfileError, Retry, Settings};
use interlink_api::{DEFAULT_API_URL, ProjectId, Secret};

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
    /// Whether what else the profile says is asked for too.
    pub needs_profile: bool,
}

/// A client, and what else the profile says.
#[derive(Clone, Debug)]
pub struct Api {
    /// The client.
    pub client: Client,
    /// Whose objects are made, unless it is said.
    pub project_id: Option<ProjectId>,
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
    // What isn't Unicode is refused where it is used, not taken for unset.
    let variable = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
    let profile = match said {
        // A daemon that is told everything isn't to fail by somebody's profile.
        Said {
            api_url: Some(_),
            region: Some(_),
            token_file: Some(_),
            needs_profile: false,
            ..
        } => Profile::default(),
        Said { .. } => Profile::find(variable, |path| std::fs::read_to_string(path))?,
    };
    // Who names another API doesn't mean what the profile says of its own.
    let insecure = said.api_url.is_none() && profile.insecure.unwrap_or(false);
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
        insecure,
        retry,
        ..Settings::new(&region, token)
    };
    Ok(Api {
        client: Client::new(&settings)?,
        project_id: profile.default_project_id.map(ProjectId::from),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, ApiError> {
    std::fs::read(path).map_err(|cause| ApiError::Unreadable {
        path: path.to_owned(),
        cause,
    })
}

//! What the provider's own tools know already: environment and profile.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;

use crate::value::Secret;

/// What was found. The environment goes before the profile, and the profile before what the file says outside of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// `SCW_SECRET_KEY`: the token.
    pub secret_key: Option<Secret>,
    /// `SCW_API_URL`.
    pub api_url: Option<String>,
    /// `SCW_DEFAULT_REGION`.
    pub default_region: Option<String>,
    /// `SCW_DEFAULT_PROJECT_ID`.
    pub default_project_id: Option<String>,
    /// `SCW_INSECURE`.
    pub insecure: Option<bool>,
}

/// Why the profile can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file is there and can't be read.
    #[error("can't read {}: {cause}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It isn't what it should be.
    #[error("{}: {why}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        why: String,
    },
    /// There is no such profile.
    #[error("{} has no profile {name:?}: correct SCW_PROFILE or `active_profile`", path.display())]
    NoProfile {
        /// Which file.
        path: PathBuf,
        /// Which one was asked for.
        name: String,
    },
    /// A variable that is neither.
    #[error("SCW_INSECURE is {0:?}, expected true or false")]
    Insecure(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    #[serde(flatten)]
    outside: Profile,
    active_profile: Option<String>,
    profiles: BTreeMap<String, Profile>,
}

impl Profile {
    /// Reads what there is. `variable` gives a variable of the environment, `file` the text of a file.
    pub fn find(
        variable: impl Fn(&str) -> Option<String>,
        file: impl Fn(&PathBuf) -> io::Result<String>,
    ) -> Result<Self, ProfileError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let stored = match config_path(&set) {
            Some((path, is_named)) => match file(&path) {
                Ok(text) => stored(&text, path, set("SCW_PROFILE"))?,
                // A service may have a home that it can't look into.
                Err(error)
                    if !is_named
                        && matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) =>
                {
                    Self::default()
                }
                Err(cause) => return Err(ProfileError::Unreadable { path, cause }),
            },
            None => Self::default(),
        };
        let insecure = match set("SCW_INSECURE").as_deref() {
            None => None,
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            Some(other) => return Err(ProfileError::Insecure(other.to_owned())),
        };
        let environment = Self {
            secret_key: set("SCW_SECRET_KEY").map(Secret::new),
            api_url: set("SCW_API_URL"),
            default_region: set("SCW_DEFAULT_REGION"),
            default_project_id: set("SCW_DEFAULT_PROJECT_ID"),
            insecure,
        };
        Ok(environment.or(stored))
    }

    fn or(self, other: Self) -> Self {
        Self {
            secret_key: self.secret_key.or(other.secret_key),
            api_url: self.api_url.or(other.api_url),
            default_region: self.default_region.or(other.default_region),
            default_project_id: self.default_project_id.or(other.default_project_id),
            insecure: self.insecure.or(other.insecure),
        }
    }
}

/// Where the file is, and whether somebody said so.
fn config_path(set: &impl Fn(&str) -> Option<String>) -> Option<(PathBuf, bool)> {
    if let Some(path) = set("SCW_CONFIG_PATH") {
        return Some((path.into(), true));
    }
    let below = set("XDG_CONFIG_HOME").map_or_else(
        || Some(PathBuf::from(set("HOME")?).join(".config")),
        |config| Some(config.into()),
    );
    Some((below?.join("scw/config.yaml"), false))
}

fn stored(text: &str, path: PathBuf, asked: Option<String>) -> Result<Profile, ProfileError> {
    if text.trim().is_empty() {
        return Ok(Profile::default());
    }
    let mut file: File = match serde_saphyr::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            // The error's own words may quote the file, which holds a secret.
            let why = error.location().map_or_else(
                || "it is no profile in YAML".to_owned(),
                |at| {
                    format!(
                        "line {}, column {}: this can't be read as a profile in YAML",
                        at.line(),
                        at.column()
                    )
                },
            );
            return Err(ProfileError::Invalid { path, why });
        }
    };
    // The provider's tools call by this name what stands outside of profiles.
    let Some(name) = asked.or(file.active_profile).filter(|name| name != "default") else {
        return Ok(file.outside);
    };
    match file.profiles.remove(&name) {
        Some(profile) => Ok(profile.or(file.outside)),
        None => Err(ProfileError::NoProfile { path, name }),
    }
}

//! What a client is made of.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Url};

use super::{Client, Retry};
use crate::DEFAULT_API_URL;
use crate::value::Secret;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The API, without its path.
    pub api_url: String,
    /// Which region's objects are meant.
    pub region: String,
    /// The secret key.
    pub token: Secret,
    /// Certificates, as PEM, that are trusted beside the system's.
    pub ca: Option<Vec<u8>>,
    /// Trust any certificate, and send the token without TLS to other machines.
    pub insecure: bool,
    /// Who says to be asking.
    pub user_agent: String,
    /// When to try again.
    pub retry: Retry,
    /// How long an answer may take, read to its end.
    pub timeout: Duration,
    /// The longest answer that is read, in bytes.
    pub body_limit: usize,
}

/// Bounds of one call.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) retry: Retry,
    pub(super) timeout: Duration,
    pub(super) body_limit: usize,
}

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No URL of the kind.
    #[error("{url:?} is no URL of an API, expected one such as {DEFAULT_API_URL:?}: {why}")]
    Url {
        /// What it is.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The token would be readable on its way.
    #[error("{0} would send the token without TLS to another machine: use https")]
    Plaintext(String),
    /// Not one that a path can hold.
    #[error("{0:?} is no region, expected one such as \"fr-par\"")]
    Region(String),
    /// There is none.
    #[error("there is no secret key: set SCW_SECRET_KEY, or name a file that holds it")]
    NoToken,
    /// It can't be sent.
    #[error("the secret key holds characters that no key has")]
    Token,
    /// No certificate could be read.
    #[error("the file of certificates can't be read as PEM: {0}")]
    Certificates(String),
    /// TLS or the system.
    #[error("the client can't be set up: {0}")]
    System(String),
}

impl Settings {
    /// The product's API with these.
    pub fn new(region: &str, token: Secret) -> Self {
        Self {
            api_url: DEFAULT_API_URL.to_owned(),
            region: region.to_owned(),
            token,
            ca: None,
            insecure: false,
            user_agent: concat!("interlink/", env!("CARGO_PKG_VERSION")).to_owned(),
            retry: Retry::default(),
            timeout: Duration::from_mins(1),
            body_limit: 64 << 20,
        }
    }
}

impl Client {
    /// Makes a client; nothing is sent yet. Needs a runtime of tokio when it is used.
    pub fn new(settings: &Settings) -> Result<Self, BuildError> {
        let base = base(&settings.api_url)?;
        let is_local = is_this_machine(&base);
        if base.scheme() == "http" && !is_local && !settings.insecure {
            return Err(BuildError::Plaintext(base.to_string()));
        }
        if !is_plain_word(&settings.region) {
            return Err(BuildError::Region(settings.region.clone()));
        }
        if settings.token.is_empty() {
            return Err(BuildError::NoToken);
        }
        let mut token = HeaderValue::from_str(settings.token.expose()).map_err(|_| BuildError::Token)?;
        token.set_sensitive(true);

        // Fails where there is one already, which then is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut http = reqwest::Client::builder()
            .user_agent(&settings.user_agent)
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .tls_danger_accept_invalid_certs(settings.insecure);
        if is_local {
            http = http.no_proxy();
        }
        let own = settings
            .ca
            .as_deref()
            .map(certificates)
            .transpose()?
            .unwrap_or_default();
        http = if base.scheme() == "http" {
            // A machine without certificates can do that.
            http.tls_certs_only(own)
        } else {
            http.tls_certs_merge(own)
        };
        Ok(Self {
            http: http
                .build()
                .map_err(|error| BuildError::System(super::failure::chain(&error)))?,
            base,
            region: settings.region.clone(),
            token,
            settings: Limits {
                retry: settings.retry,
                timeout: settings.timeout,
                body_limit: settings.body_limit,
            },
        })
    }
}

/// Whether a text can be one segment of a path as it is.
pub(super) fn is_plain_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn base(text: &str) -> Result<Url, BuildError> {
    let wrong = |why: &str| BuildError::Url {
        url: text.to_owned(),
        why: why.to_owned(),
    };
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BuildError::Url {
            url: format!("{}://…@{}", url.scheme(), url.host_str().unwrap_or_default()),
            why: "it holds a password".to_owned(),
        });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it has more than a path"));
    }
    Ok(url)
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, BuildError> {
    let read = Certificate::from_pem_bundle(pem).map_err(|error| BuildError::Certificates(error.to_string()))?;
    if read.is_empty() {
        return Err(BuildError::Certificates("there is no certificate in it".to_owned()));
    }
    Ok(read)
}

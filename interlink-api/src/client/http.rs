//! One call, from its parts to its body.

use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::{beginning, chain};
use super::retry::Repeated;
use super::{Client, Failure};
use crate::error::ApiError;

/// What is asked.
pub(super) struct Call {
    pub(super) method: Method,
    /// Behind the API's URL.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) repeated: Repeated,
}

impl Call {
    pub(super) const fn get(path: String, query: Vec<(&'static str, String)>) -> Self {
        Self {
            method: Method::GET,
            path,
            query,
            body: None,
            repeated: Repeated::Same,
        }
    }

    pub(super) fn send<B: Serialize>(
        method: Method,
        path: String,
        body: &B,
        repeated: Repeated,
    ) -> Result<Self, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| Failure::Unreadable {
            why: format!("the request can't be written: {error}"),
            begins: String::new(),
        })?;
        Ok(Self {
            method,
            path,
            query: Vec::new(),
            body: Some(body),
            repeated,
        })
    }
}

impl Client {
    /// Makes a call, again where that makes sense, and reads its answer.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Failure> {
        let body = self.call_for_body(call).await?;
        serde_json::from_slice(&body).map_err(|error| Failure::Unreadable {
            why: error.to_string(),
            begins: beginning(&body),
        })
    }

    pub(super) async fn call_for_body(&self, call: &Call) -> Result<Vec<u8>, Failure> {
        let mut failed = 0;
        loop {
            let failure = match self.attempt(call).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            let retry = self.settings.retry;
            let Some(pause) = retry.pause(failed, &failure, call.repeated, fastrand::f64()) else {
                return Err(failure);
            };
            tokio::time::sleep(pause).await;
            failed = failed.saturating_add(1);
        }
    }

    /// A request with what every request has.
    pub(super) fn request(&self, call: &Call) -> RequestBuilder {
        let mut request = self
            .http
            .request(call.method.clone(), self.url(call))
            .header("X-Auth-Token", self.token.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        }
        request
    }

    async fn attempt(&self, call: &Call) -> Result<Vec<u8>, Failure> {
        let timeout = self.settings.timeout;
        let sent = self.request(call).timeout(timeout).send().await;
        let response = sent.map_err(|error| failure(error, timeout))?;
        let status = response.status();
        if status.is_success() {
            return self.body(response).await;
        }
        let retry_after = retry_after(response.headers());
        let body = self.body(response).await?;
        Err(refusal(status.as_u16(), &body, retry_after))
    }

    pub(super) async fn body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let limit = self.settings.body_limit;
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| failure(error, self.settings.timeout))?
        {
            if body.len().saturating_add(chunk.len()) > limit {
                return Err(Failure::TooLong { limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn url(&self, call: &Call) -> Url {
        let mut url = self.base.clone();
        let path = format!("{}{}", url.path().trim_end_matches('/'), call.path);
        url.set_path(&path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        url
    }
}

/// What an answer other than a success means.
pub(super) fn refusal(status: u16, body: &[u8], retry_after: Option<Duration>) -> Failure {
    match serde_json::from_slice::<ApiError>(body) {
        Ok(error) => Failure::Refused {
            status,
            error: Box::new(error),
            retry_after,
        },
        Err(_) => Failure::Status {
            status,
            begins: beginning(body),
            retry_after,
        },
    }
}

/// Its URL is left out, because a query may hold a pairing key.
pub(super) fn failure(error: reqwest::Error, timeout: Duration) -> Failure {
    let error = error.without_url();
    if error.is_connect() {
        Failure::Unconnected(chain(&error))
    } else if error.is_timeout() {
        Failure::Timeout { after: timeout }
    } else {
        Failure::Broken(chain(&error))
    }
}

/// Seconds or a date (RFC 9110 §10.2.3).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

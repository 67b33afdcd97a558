//! The stream of changes that our own controller offers, as server-sent events (WHATWG HTML §9.2).

mod parser;

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use tokio::time::Instant;

use super::http::{Call, failure, refusal, retry_after};
use super::{Client, Failure};
use crate::extension::{DEAD_SECONDS, Event, PREFIX};
use parser::Parser;

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(DEAD_SECONDS);

/// An open stream.
#[derive(Debug)]
pub struct Events {
    response: Response,
    parser: Parser,
    /// The last sign of life.
    heard: Instant,
}

/// Why a stream is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamEnd {
    /// The server closed it.
    #[error("the server closed the stream")]
    Closed,
    /// Not a sign of life for too long.
    #[error("the stream was silent for {DEAD_SECONDS} s")]
    Silent,
    /// The connection broke.
    #[error("the stream broke: {0}")]
    Broken(String),
    /// What came is no event.
    #[error("the stream can't be understood: {0}")]
    Unreadable(String),
}

impl Client {
    /// `GET x-interlink/events`. Nothing where the server has no such stream.
    pub async fn events(&self, since: Option<u64>) -> Result<Option<Events>, Failure> {
        let query = since.map(|since| ("since", since.to_string()));
        let call = Call::get(self.path(&format!("{PREFIX}/events")), query.into_iter().collect());
        let request = self
            .request(&call)
            .header(ACCEPT, HeaderValue::from_static("text/event-stream"));
        let timeout = self.settings.timeout;
        let opened = tokio::time::timeout(timeout, request.send()).await;
        let response = match opened {
            Err(_) => return Err(Failure::Timeout { after: timeout }),
            Ok(sent) => sent.map_err(|error| failure(error, timeout))?,
        };
        match response.status().as_u16() {
            200 if is_stream(&response) => Ok(Some(Events {
                response,
                parser: Parser::default(),
                heard: Instant::now(),
            })),
            200 | 404 | 405 | 406 | 501 => Ok(None),
            status => {
                let retry_after = retry_after(response.headers());
                let body = tokio::time::timeout(timeout, self.body(response)).await;
                let body = body.map_err(|_| Failure::Timeout { after: timeout })??;
                Err(refusal(status, &body, retry_after))
            }
        }
    }
}

impl Events {
    /// The next event. Giving the call up loses nothing, and gives a silent server no more time.
    pub async fn next(&mut self) -> Result<Event, StreamEnd> {
        loop {
            if let Some(data) = self.parser.next() {
                return serde_json::from_str(&data).map_err(|error| StreamEnd::Unreadable(error.to_string()));
            }
            let chunk = tokio::time::timeout_at(self.heard + SILENCE, self.response.chunk()).await;
            match chunk {
                Err(_) => return Err(StreamEnd::Silent),
                Ok(Err(error)) => return Err(StreamEnd::Broken(super::failure::chain(&error.without_url()))),
                Ok(Ok(None)) => return Err(StreamEnd::Closed),
                Ok(Ok(Some(bytes))) => {
                    self.heard = Instant::now();
                    self.parser.take(&bytes).map_err(StreamEnd::Unreadable)?;
                }
            }
        }
    }
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.trim().starts_with("text/event-stream"))
}

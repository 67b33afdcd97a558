//! The HTTP server that Prometheus asks.
//!
//! It knows nothing: what it is asked goes to the agent as any command's request does, and comes back as text. Where it
//! can't listen it tries again, and `status` says why.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use interlink_core::report::MetricsReport;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::control::{Answer, Request, Requests};

/// How many scrapes are answered at a time.
const CLIENTS: usize = 8;
/// How long one may take, from its connection on.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long until it is tried again to listen.
const RETRY: Duration = Duration::from_secs(2);
/// What the text is.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The server, as long as this lives.
#[derive(Debug)]
pub(crate) struct Exporter {
    requests: Requests,
    serving: Option<Serving>,
}

#[derive(Debug)]
struct Serving {
    listen: SocketAddr,
    error: Arc<Mutex<Option<String>>>,
    task: JoinHandle<()>,
}

impl Exporter {
    /// Serves nothing yet.
    pub(crate) const fn new(requests: Requests) -> Self {
        Self {
            requests,
            serving: None,
        }
    }

    /// Serves there from now on, or nowhere. Needs a runtime of tokio around it.
    pub(crate) fn follow(&mut self, listen: Option<SocketAddr>) {
        if self.serving.as_ref().map(|serving| serving.listen) == listen {
            return;
        }
        self.serving = None;
        self.serving = listen.map(|listen| {
            let error = Arc::default();
            let task = tokio::spawn(serve(listen, self.requests.clone(), Arc::clone(&error)));
            Serving { listen, error, task }
        });
    }

    /// How it stands, for `status`.
    pub(crate) fn report(&self) -> Option<MetricsReport> {
        let Serving { listen, error, .. } = self.serving.as_ref()?;
        Some(MetricsReport {
            listen: listen.to_string(),
            error: error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listen: SocketAddr, requests: Requests, error: Arc<Mutex<Option<String>>>) {
    let note = |why: Option<String>| {
        *error.lock().unwrap_or_else(PoisonError::into_inner) = why;
    };
    let places = Arc::new(Semaphore::new(CLIENTS));
    let mut told = false;
    loop {
        let listener = match TcpListener::bind(listen).await {
            Ok(listener) => listener,
            Err(why) => {
                if !told {
                    tracing::warn!(%listen, error = %why, "can't serve metrics, trying on");
                }
                told = true;
                note(Some(why.to_string()));
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        told = false;
        note(None);
        tracing::info!(%listen, "serving metrics");
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(why) => {
                    tracing::warn!(%listen, error = %why, "can't take a connection for metrics, trying on");
                    note(Some(format!("can't take a connection: {why}")));
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
            };
            note(None);
            let requests = requests.clone();
            tokio::spawn(async move {
                let served = tokio::time::timeout(PATIENCE, connection(stream, requests)).await;
                if !matches!(served, Ok(Ok(()))) {
                    tracing::debug!("a client of the metrics went away");
                }
                drop(place);
            });
        }
    }
}

async fn connection(stream: TcpStream, requests: Requests) -> hyper::Result<()> {
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let requests = requests.clone();
        async move { Ok::<_, Infallible>(respond(request.method(), request.uri().path(), &requests).await) }
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false)
        .max_buf_size(16 << 10)
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE);
    http.serve_connection(TokioIo::new(stream), service).await
}

async fn respond(method: &Method, path: &str, requests: &Requests) -> Response<String> {
    match (method, path) {
        (&Method::GET, "/metrics") => match requests.ask(Request::Metrics).await {
            Some(Answer::Metrics { text }) => response(StatusCode::OK, FORMAT, text),
            Some(_) | None => plain(StatusCode::SERVICE_UNAVAILABLE, "the agent is going\n"),
        },
        (&Method::GET, _) => plain(StatusCode::NOT_FOUND, "there is /metrics, and nothing else\n"),
        _ => plain(StatusCode::METHOD_NOT_ALLOWED, "there is GET, and nothing else\n"),
    }
}

fn plain(status: StatusCode, text: &str) -> Response<String> {
    response(status, "text/plain; charset=utf-8", text.to_owned())
}

fn response(status: StatusCode, kind: &'static str, text: String) -> Response<String> {
    let mut response = Response::new(text);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

//! The socket: accepting, TLS, and how long anybody may take.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::Service;
use crate::ending::Ending;

/// How many connections there are at most; who comes later waits to be accepted.
const CONNECTIONS: usize = 4096;

/// How long a TLS handshake may take.
const SLOWEST_HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a connection may be without a whole request.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How much of a head is read at most.
const LONGEST_HEAD: usize = 64 << 10;

/// How long requests under way may take once the controller ends.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long to wait where the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Serves until `ending` turns true, then lets what is under way end.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, service: Service, mut ending: Ending) {
    let service = Arc::new(service);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = ending.over() => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let (stream, peer, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(NO_ROOM).await;
                continue;
            }
        };
        let (service, tls, watcher) = (Arc::clone(&service), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            match tls {
                None => answer(stream, service, watcher, peer).await,
                Some(tls) => match tokio::time::timeout(SLOWEST_HANDSHAKE, tls.accept(stream)).await {
                    Ok(Ok(stream)) => answer(stream, service, watcher, peer).await,
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
                    Err(_) => tracing::debug!(%peer, "no TLS in time"),
                },
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(LAST_WORDS, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way");
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // An event is a small packet that nobody wants to wait for.
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    service: Arc<Service>,
    watcher: hyper_util::server::graceful::Watcher,
    peer: SocketAddr,
) {
    let respond = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.answer(request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_PAUSE)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), respond);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "a connection broke");
    }
}

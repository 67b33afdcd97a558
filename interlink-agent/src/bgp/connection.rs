//! One TCP connection: a task that reads, and one that writes.
//!
//! Reading waits while the daemon is busy, so a peer that sends fast fills its own buffers; writing tells when the
//! kernel took what was handed over, so that the daemon sends no more than a slow peer takes.

use std::io;
use std::time::Duration;

use interlink_core::bgp::effect::{ConnectionId, Input};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};

/// How many bytes are read at once.
const AT_ONCE: usize = 64 * 1024;

/// How long a peer may take to read the last that we say, and to close.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the daemon holds of a connection. Dropping it closes the connection, after what is still to be sent.
#[derive(Debug)]
pub(super) struct Connection {
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    _closed: oneshot::Sender<()>,
}

impl Connection {
    pub(super) fn start(stream: TcpStream, id: ConnectionId, inputs: mpsc::Sender<Input>) -> Self {
        let (reader, writer) = stream.into_split();
        // What is in it is bounded by the core, which waits for what it sent to be taken.
        let (outgoing, queue) = mpsc::unbounded_channel();
        let (closed, was_closed) = oneshot::channel();
        tokio::spawn(read(reader, id.clone(), inputs.clone(), was_closed));
        tokio::spawn(write(writer, id, inputs, queue));
        Self {
            outgoing,
            _closed: closed,
        }
    }

    pub(super) fn send(&self, bytes: Vec<u8>) {
        // A writer that is gone has said why.
        let _ = self.outgoing.send(bytes);
    }
}

async fn read(
    mut reader: OwnedReadHalf,
    id: ConnectionId,
    inputs: mpsc::Sender<Input>,
    mut closed: oneshot::Receiver<()>,
) {
    let mut buffer = vec![0; AT_ONCE];
    loop {
        let read = tokio::select! {
            biased;
            _ = &mut closed => break,
            read = reader.read(&mut buffer) => read,
        };
        let (input, is_last) = match read {
            Ok(0) => (closed_by_peer(&id), true),
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                let connection = id.clone();
                (Input::Bytes { connection, bytes }, false)
            }
            Err(error) => (lost(&id, &error), true),
        };
        if inputs.send(input).await.is_err() || is_last {
            return;
        }
    }
    // Bytes that nobody reads would have the kernel reset the connection, and the peer never see why it ended.
    let drain = async { while reader.read(&mut buffer).await.is_ok_and(|length| length > 0) {} };
    // That it takes too long is the peer's loss: the connection is closed for the core already.
    let _ = tokio::time::timeout(FAREWELL, drain).await;
}

async fn write(
    mut writer: OwnedWriteHalf,
    id: ConnectionId,
    inputs: mpsc::Sender<Input>,
    mut queue: mpsc::UnboundedReceiver<Vec<u8>>,
) {
    while let Some(bytes) = queue.recv().await {
        let written = if queue.is_closed() {
            let farewell = tokio::time::timeout(FAREWELL, writer.write_all(&bytes)).await;
            farewell.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        } else {
            writer.write_all(&bytes).await
        };
        let (input, is_last) = match written {
            Ok(()) => (Input::Sent(id.clone()), false),
            Err(error) => (lost(&id, &error), true),
        };
        if inputs.send(input).await.is_err() || is_last {
            return;
        }
    }
    // The core closed the connection, and waits for nothing more of it.
    let _ = tokio::time::timeout(FAREWELL, writer.shutdown()).await;
}

fn closed_by_peer(id: &ConnectionId) -> Input {
    Input::Closed {
        connection: id.clone(),
        why: "the peer closed it".to_owned(),
    }
}

fn lost(id: &ConnectionId, error: &io::Error) -> Input {
    Input::Closed {
        connection: id.clone(),
        why: error.to_string(),
    }
}

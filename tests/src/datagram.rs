//! Datagrams from the on-premises host to the VPC host. They go one way, so what becomes of them tells what the gateway
//! lets in, and nothing of its routes back.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv6Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::lab::Lab;

/// How long a datagram may take before it counts as lost.
const PATIENCE: Duration = Duration::from_millis(500);

/// Between two datagrams of a stream.
const GAP: Duration = Duration::from_millis(2);

/// Sends one, and tells whether it arrives.
pub fn arrives(lab: &Lab, from: &str, to: &str) -> bool {
    let (sender, receiver) = sockets(lab, from, to);
    sender.send(b"one").unwrap();
    receiver.recv(&mut [0; 8]).is_ok()
}

/// Datagrams that follow each other until they are told to end.
#[derive(Debug)]
pub struct Stream {
    end: Arc<AtomicBool>,
    sender: JoinHandle<Vec<Instant>>,
    receiver: JoinHandle<Vec<usize>>,
}

/// What came of a stream.
#[derive(Debug)]
pub struct Arrived {
    /// When each was sent.
    pub sent: Vec<Instant>,
    /// The numbers of those that arrived.
    pub arrived: Vec<usize>,
}

impl Stream {
    /// Begins to send.
    pub fn start(lab: &Lab, from: &str, to: &str) -> Self {
        let (sender, receiver) = sockets(lab, from, to);
        let end = Arc::new(AtomicBool::new(false));
        let (sender_end, receiver_end) = (Arc::clone(&end), Arc::clone(&end));
        Self {
            end,
            sender: thread::spawn(move || {
                let mut sent = Vec::new();
                while !sender_end.load(Ordering::Relaxed) {
                    let number = sent.len();
                    sent.push(Instant::now());
                    sender.send(&number.to_ne_bytes()).unwrap();
                    thread::sleep(GAP);
                }
                sent
            }),
            receiver: thread::spawn(move || {
                let mut arrived = Vec::new();
                let mut number = [0; size_of::<usize>()];
                loop {
                    match receiver.recv(&mut number) {
                        Ok(_) => arrived.push(usize::from_ne_bytes(number)),
                        Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("receiving: {error}"),
                        Err(_) if receiver_end.load(Ordering::Relaxed) => return arrived,
                        Err(_) => {}
                    }
                }
            }),
        }
    }

    /// Ends it, and waits for what is on its way.
    pub fn finish(self) -> Arrived {
        self.end.store(true, Ordering::Relaxed);
        Arrived {
            sent: self.sender.join().unwrap(),
            arrived: self.receiver.join().unwrap(),
        }
    }
}

impl Arrived {
    /// How many arrived of those that were sent after a moment.
    pub fn sent_after(&self, moment: Instant) -> usize {
        self.arrived
            .iter()
            .filter(|number| self.sent[**number] > moment)
            .count()
    }
}

/// One on each host. A socket stays in the namespace that it was made in.
fn sockets(lab: &Lab, from: &str, to: &str) -> (UdpSocket, UdpSocket) {
    let (from, to): (IpAddr, IpAddr) = (from.parse().unwrap(), to.parse().unwrap());
    let receiver = lab
        .vpc_host
        .run(|| UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).unwrap());
    receiver.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = receiver.local_addr().unwrap().port();
    let sender = lab.on_premises.run(|| {
        let sender = UdpSocket::bind((from, 0)).unwrap();
        sender.connect((to, port)).unwrap();
        sender
    });
    (sender, receiver)
}

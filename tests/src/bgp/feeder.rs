//! A peer that says what it is told, as fast as it is listened to: the same bytes for whoever is measured.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use interlink_core::prefix::Prefix;

use crate::netns::NetNs;
use crate::random::Random;

/// What the feeder is.
pub const AS: u32 = 65_010;
const IDENTIFIER: [u8; 4] = [10, 20, 0, 1];
/// Where it is.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(169, 254, 0, 101);

/// In seconds. Who is measured may ask for less.
const HOLD_TIME: u16 = 240;
/// Between two KEEPALIVEs.
const SPEAK: Duration = Duration::from_secs(10);

/// How long the other end may take to be there.
const PATIENCE: Duration = Duration::from_mins(1);

const MARKER: [u8; 16] = [0xff; 16];
const OPEN: u8 = 1;
const UPDATE: u8 = 2;
const NOTIFICATION: u8 = 3;
const KEEPALIVE: u8 = 4;

/// An established session.
#[derive(Debug)]
pub struct Feeder {
    /// Held for as long as something is being said, so that no KEEPALIVE falls into it.
    stream: Arc<Mutex<TcpStream>>,
    end: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Feeder {
    /// Connects from a namespace until somebody answers, and agrees on a session for IPv4.
    pub fn connect(from: &NetNs, to: Ipv4Addr) -> Self {
        let began = Instant::now();
        loop {
            match from.run(|| establish(to)) {
                Ok(stream) => return Self::over(stream),
                Err(error) => assert!(began.elapsed() < PATIENCE, "no session with {to}: {error}"),
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn over(stream: TcpStream) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let mut incoming = stream.try_clone().unwrap();
        let stream = Arc::new(Mutex::new(stream));
        let outgoing = Arc::clone(&stream);
        incoming.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let is_over = Arc::clone(&end);
        // What the other end announces is read, so that it isn't kept from anything.
        let reader = thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            let mut spoken = Instant::now();
            while !is_over.load(Ordering::Relaxed) {
                match incoming.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(_) => {}
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                    Err(_) => return,
                }
                if spoken.elapsed() > SPEAK
                    && let Ok(mut stream) = outgoing.try_lock()
                {
                    // An end that is gone is found by who waits for its routes.
                    drop(stream.write_all(&message(KEEPALIVE, &[])));
                    spoken = Instant::now();
                }
            }
        });
        Self {
            stream,
            end,
            reader: Some(reader),
        }
    }

    /// Says something, and returns when the kernel has it.
    pub fn say(&self, bytes: &[u8]) {
        self.stream.lock().unwrap().write_all(bytes).unwrap();
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        drop(self.stream.lock().unwrap().shutdown(std::net::Shutdown::Both));
        if let Some(reader) = self.reader.take() {
            drop(reader.join());
        }
    }
}

/// A connection over which both have said OPEN and KEEPALIVE.
fn establish(to: Ipv4Addr) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect((to, 179))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&open())?;
    let (mut has_opened, mut is_kept) = (false, false);
    while !(has_opened && is_kept) {
        let mut header = [0; 19];
        stream.read_exact(&mut header)?;
        let mut body = vec![0; usize::from(u16::from_be_bytes([header[16], header[17]])) - header.len()];
        stream.read_exact(&mut body)?;
        match header[18] {
            OPEN => {
                has_opened = true;
                stream.write_all(&message(KEEPALIVE, &[]))?;
            }
            KEEPALIVE => is_kept = true,
            NOTIFICATION => return Err(std::io::Error::other(format!("NOTIFICATION {:?}", body.get(..2)))),
            _ => {}
        }
    }
    stream.set_read_timeout(None)?;
    Ok(stream)
}

/// An OPEN with IPv4 unicast and AS numbers of four bytes (RFC 5492, RFC 4760, RFC 6793).
fn open() -> Vec<u8> {
    let [a, b, c, d] = AS.to_be_bytes();
    let capabilities = [1, 4, 0, 1, 0, 1, 65, 4, a, b, c, d];
    let mut body = vec![4];
    body.extend(u16::try_from(AS).unwrap().to_be_bytes());
    body.extend(HOLD_TIME.to_be_bytes());
    body.extend(IDENTIFIER);
    let length = u8::try_from(capabilities.len()).unwrap();
    body.extend([length + 2, 2, length]);
    body.extend(capabilities);
    message(OPEN, &body)
}

/// The prefixes as a router with a full table announces them: a run of neighbours shares a path of three to six ASes and
/// a few communities. None of the ASes is the gateway's. Then End-of-RIB (RFC 4724).
pub fn announce_all(random: &mut Random, prefixes: &[Prefix<Ipv4Addr>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = prefixes;
    while !rest.is_empty() {
        // Twelve on average, as a full table has them.
        let (run, behind) = rest.split_at((1 + random.below(23)).min(rest.len()));
        let path: Vec<u32> = (0..2 + random.below(4))
            .map(|_| 20_000 + number(random, 40_000))
            .collect();
        let communities: Vec<u32> = (0..random.below(4)).map(|_| 3_356 << 16 | number(random, 64)).collect();
        bytes.extend(announce(run, &path, &communities));
        rest = behind;
    }
    bytes.extend(message(UPDATE, &[0; 4]));
    bytes
}

/// One UPDATE: the prefixes, by way of the feeder and then these ASes.
pub fn announce(prefixes: &[Prefix<Ipv4Addr>], behind: &[u32], communities: &[u32]) -> Vec<u8> {
    let path: Vec<u8> = std::iter::once(&AS)
        .chain(behind)
        .flat_map(|number| number.to_be_bytes())
        .collect();
    let mut attributes = vec![0x40, 1, 1, 0];
    attributes.extend([
        0x40,
        2,
        u8::try_from(path.len() + 2).unwrap(),
        2,
        u8::try_from(path.len() / 4).unwrap(),
    ]);
    attributes.extend(path);
    attributes.extend([0x40, 3, 4]);
    attributes.extend(ADDRESS.octets());
    if !communities.is_empty() {
        attributes.extend([0xc0, 8, u8::try_from(communities.len() * 4).unwrap()]);
        attributes.extend(communities.iter().flat_map(|community| community.to_be_bytes()));
    }
    let mut body = vec![0, 0];
    body.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
    body.extend(attributes);
    body.extend(prefixes.iter().flat_map(|prefix| on_the_wire(*prefix)));
    message(UPDATE, &body)
}

/// One UPDATE that takes a prefix back.
pub fn withdraw(prefix: Prefix<Ipv4Addr>) -> Vec<u8> {
    let prefix = on_the_wire(prefix);
    let mut body = u16::try_from(prefix.len()).unwrap().to_be_bytes().to_vec();
    body.extend(prefix);
    body.extend([0, 0]);
    message(UPDATE, &body)
}

fn on_the_wire(prefix: Prefix<Ipv4Addr>) -> Vec<u8> {
    let bytes = usize::from(prefix.length().div_ceil(8));
    let mut wire = vec![prefix.length()];
    wire.extend(&prefix.network().octets()[..bytes]);
    wire
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = MARKER.to_vec();
    message.extend(u16::try_from(MARKER.len() + 3 + body.len()).unwrap().to_be_bytes());
    message.push(kind);
    message.extend(body);
    message
}

fn number(random: &mut Random, below: usize) -> u32 {
    u32::try_from(random.below(below)).unwrap()
}

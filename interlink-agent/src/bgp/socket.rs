//! TCP sockets that are bound to the link, signed where that is wanted, and deaf to what comes from further away.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;

use interlink_core::bgp::effect::Endpoint;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::dataplane::set_socket_option;

/// The port of BGP.
const PORT: u16 = 179;
/// How many connections may wait to be accepted.
const BACKLOG: u32 = 8;
/// The longest key that the kernel takes, in bytes.
const LONGEST_KEY: usize = 80;
/// The TTL of packets to a router on the same link, which none further away sees.
const ONE_HOP: u8 = 1;
/// The TTL that shows that a packet crossed no router (RFC 5082).
const UNROUTED: u8 = 255;

const IP_FREEBIND: i32 = 15;
const IP_MINTTL: i32 = 21;
const IPV6_MINHOPCOUNT: i32 = 73;
const IPV6_FREEBIND: i32 = 78;
const TCP_MD5SIG: i32 = 14;

/// Listens for a peer, also while our address is still to come.
pub(super) fn listen(endpoint: &Endpoint) -> io::Result<TcpListener> {
    let socket = prepare(endpoint)?;
    socket.set_reuseaddr(true)?;
    match endpoint.local {
        IpAddr::V4(_) => set(&socket, libc::IPPROTO_IP, IP_FREEBIND, 1)?,
        IpAddr::V6(_) => set(&socket, libc::IPPROTO_IPV6, IPV6_FREEBIND, 1)?,
    }
    socket.bind(SocketAddr::new(endpoint.local, PORT))?;
    socket.listen(BACKLOG)
}

/// Connects to a peer.
pub(super) async fn connect(endpoint: &Endpoint) -> io::Result<TcpStream> {
    let socket = prepare(endpoint)?;
    socket.bind(SocketAddr::new(endpoint.local, 0))?;
    socket.connect(SocketAddr::new(endpoint.peer, PORT)).await
}

fn prepare(endpoint: &Endpoint) -> io::Result<TcpSocket> {
    let Endpoint {
        local,
        peer,
        interface,
        md5_key_file,
        ttl_security,
    } = endpoint;
    let socket = match local {
        IpAddr::V4(_) => TcpSocket::new_v4()?,
        IpAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_nodelay(true)?;
    socket.bind_device(Some(interface.as_str().as_bytes()))?;
    let ttl = if *ttl_security { UNROUTED } else { ONE_HOP };
    match local {
        IpAddr::V4(_) => {
            set(&socket, libc::IPPROTO_IP, libc::IP_TTL, ttl.into())?;
            if *ttl_security {
                set(&socket, libc::IPPROTO_IP, IP_MINTTL, UNROUTED.into())?;
            }
        }
        IpAddr::V6(_) => {
            set(&socket, libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS, ttl.into())?;
            if *ttl_security {
                set(&socket, libc::IPPROTO_IPV6, IPV6_MINHOPCOUNT, UNROUTED.into())?;
            }
        }
    }
    if let Some(file) = md5_key_file {
        let signature = signature(*peer, &read_key(file)?);
        set_socket_option(socket.as_fd(), libc::IPPROTO_TCP, TCP_MD5SIG, &signature)?;
    }
    Ok(socket)
}

fn set(socket: &TcpSocket, level: i32, name: i32, value: i32) -> io::Result<()> {
    set_socket_option(socket.as_fd(), level, name, &value.to_ne_bytes())
}

/// The key in a file, without the line's end.
fn read_key(file: &str) -> io::Result<Vec<u8>> {
    let with_name = |error: io::Error| io::Error::new(error.kind(), format!("md5_key_file {file}: {error}"));
    let mut key = fs::read(file).map_err(with_name)?;
    while key.last().is_some_and(u8::is_ascii_whitespace) {
        key.pop();
    }
    if key.is_empty() || key.len() > LONGEST_KEY {
        let problem = format!("{} bytes, and a key has from 1 to {LONGEST_KEY}", key.len());
        return Err(with_name(io::Error::new(io::ErrorKind::InvalidData, problem)));
    }
    Ok(key)
}

/// The kernel's `struct tcp_md5sig`: whose segments are signed, and with which key.
fn signature(peer: IpAddr, key: &[u8]) -> Vec<u8> {
    const ADDRESS: usize = 128;
    let mut bytes = Vec::with_capacity(ADDRESS + 8 + LONGEST_KEY);
    // A `struct sockaddr_storage`; the port doesn't count.
    match peer {
        IpAddr::V4(address) => {
            bytes.extend(u16::try_from(libc::AF_INET).unwrap_or_default().to_ne_bytes());
            bytes.extend([0; 2]);
            bytes.extend(address.octets());
        }
        IpAddr::V6(address) => {
            bytes.extend(u16::try_from(libc::AF_INET6).unwrap_or_default().to_ne_bytes());
            bytes.extend([0; 6]);
            bytes.extend(address.octets());
        }
    }
    bytes.resize(ADDRESS, 0);
    // No flags, and so no length of a prefix.
    bytes.extend([0; 2]);
    bytes.extend(u16::try_from(key.len()).unwrap_or_default().to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(key);
    bytes.resize(ADDRESS + 8 + LONGEST_KEY, 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_has_the_layout_of_the_kernels_structure() {
        let bytes = signature("169.254.0.100".parse().unwrap(), b"secret");
        assert_eq!(bytes.len(), 216);
        assert_eq!(bytes[..8], [2, 0, 0, 0, 169, 254, 0, 100]);
        assert_eq!(bytes[130..132], 6_u16.to_ne_bytes());
        assert_eq!(bytes[136..142], *b"secret");
        let bytes = signature("fd00::1".parse().unwrap(), b"secret");
        assert_eq!((bytes.len(), bytes[0], bytes[8], bytes[23]), (216, 10, 0xfd, 1));
    }

    #[test]
    fn a_key_is_what_the_file_holds_without_the_lines_end() {
        let file = std::env::temp_dir().join(format!("il-key-{}", std::process::id()));
        let name = file.to_str().unwrap();
        fs::write(&file, "secret\n").unwrap();
        assert_eq!(read_key(name).unwrap(), b"secret");
        for (text, said) in [("\n", "0 bytes"), (&*"x".repeat(81), "81 bytes")] {
            fs::write(&file, text).unwrap();
            assert!(read_key(name).unwrap_err().to_string().contains(said));
        }
        fs::remove_file(&file).unwrap();
        assert!(read_key(name).unwrap_err().to_string().starts_with("md5_key_file /"));
    }
}

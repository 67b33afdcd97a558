//! Just enough HTTP to say also what no client would say.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// How long an answer may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    pub(crate) headers: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
            headers: String::new(),
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, Some(body.to_string().as_bytes()))
    }

    pub(crate) fn patch(&mut self, path: &str, body: &Value) -> Answer {
        self.ask("PATCH", path, Some(body.to_string().as_bytes()))
    }

    pub(crate) fn delete(&mut self, path: &str) -> Answer {
        self.ask("DELETE", path, None)
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        self.try_ask(method, path, body)
            .unwrap_or_else(|| panic!("{method} {path}: no answer"))
    }

    /// Nothing where the other end goes away.
    pub(crate) fn try_ask(&mut self, method: &str, path: &str, body: Option<&[u8]>) -> Option<Answer> {
        let length = body.map_or_else(String::new, |body| {
            format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())
        });
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{}{length}\r\n",
            self.headers
        );
        self.say(&[head.as_bytes(), body.unwrap_or_default()].concat())?;
        self.hear()
    }

    /// Sends bytes as they are.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.get_mut().write_all(bytes).ok()
    }

    /// Reads one answer.
    pub(crate) fn hear(&mut self) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.stream.read_exact(&mut body).ok()?;
        Some(Answer {
            status,
            head,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        })
    }

    /// Reads one line, as a stream of events has them.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line)
    }
}

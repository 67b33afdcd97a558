//! Bytes to events.

use std::collections::VecDeque;

/// The longest event that is read.
const LONGEST: usize = 4 << 20;

#[derive(Debug, Default)]
pub(super) struct Parser {
    /// What has come of a line that isn't complete.
    line: Vec<u8>,
    /// The data of the event that isn't complete.
    data: String,
    has_data: bool,
    /// Whether the last byte was a carriage return: then a newline behind it is the same end of a line.
    after_return: bool,
    ready: VecDeque<String>,
}

impl Parser {
    /// Takes what came.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        for byte in bytes {
            let follows_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => self.line_ends(),
                byte => self.line.push(*byte),
            }
            if self.line.len().saturating_add(self.data.len()) > LONGEST {
                return Err(format!("an event is longer than {LONGEST} bytes"));
            }
        }
        Ok(())
    }

    /// The data of the next event.
    pub(super) fn next(&mut self) -> Option<String> {
        self.ready.pop_front()
    }

    fn line_ends(&mut self) {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            if std::mem::take(&mut self.has_data) {
                self.ready.push_back(data);
            }
            return;
        }
        // A line that begins with a colon is a comment; other fields than `data` say nothing to us.
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        if field == "data" {
            if self.has_data {
                self.data.push('\n');
            }
            self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
            self.has_data = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&str]) -> Vec<String> {
        let mut parser = Parser::default();
        for chunk in chunks {
            parser.take(chunk.as_bytes()).unwrap();
        }
        std::iter::from_fn(|| parser.next()).collect()
    }

    #[test]
    fn an_event_is_its_data_however_it_is_cut() {
        let text = ": alive\n\nid: 7\ndata: {\"sequence\":7}\n\n: alive\n\ndata:x\ndata: y\n\n";
        assert_eq!(events(&[text]), ["{\"sequence\":7}", "x\ny"]);
        let bytes: Vec<_> = text.split_inclusive(|_| true).collect();
        assert_eq!(events(&bytes), ["{\"sequence\":7}", "x\ny"]);
    }

    #[test]
    fn every_end_of_a_line_is_one() {
        assert_eq!(events(&["data: a\r\n\r\ndata: b\r\rdata: c\n\n"]), ["a", "b", "c"]);
        assert_eq!(events(&["data: a\r", "\n\r", "\n"]), ["a"]);
    }

    #[test]
    fn an_event_that_isnt_complete_is_none_and_one_without_data_neither() {
        assert_eq!(events(&["data: a\n"]), [""; 0]);
        assert_eq!(events(&["id: 4\n\nevent: x\n\n"]), [""; 0]);
    }

    #[test]
    fn an_event_without_an_end_is_refused() {
        let mut parser = Parser::default();
        let line = vec![b'x'; LONGEST];
        assert!(parser.take(&line).is_ok());
        assert!(parser.take(b"x").is_err());
    }
}

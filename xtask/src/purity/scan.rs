//! Finds what a pure source may not name.

use std::collections::BTreeSet;
use std::iter::Peekable;

use super::code::{Token, tokens};

/// What is forbidden, as words and signs, and why.
const FORBIDDEN: [(&[&str], &str); 14] = [
    (&["Instant", ":", ":", "now"], "time comes in as an argument"),
    (&["SystemTime"], "time comes in as an argument"),
    (&["std", ":", ":", "fs"], "files are the agent's"),
    (&["std", ":", ":", "env"], "the environment is the agent's"),
    (&["std", ":", ":", "process"], "processes are the agent's"),
    (&["std", ":", ":", "thread"], "threads are the agent's"),
    (&["TcpListener"], "sockets are the agent's"),
    (&["TcpStream"], "sockets are the agent's"),
    (&["UdpSocket"], "sockets are the agent's"),
    (&["dbg", "!"], "output is the agent's"),
    (&["eprint", "!"], "output is the agent's"),
    (&["eprintln", "!"], "output is the agent's"),
    (&["print", "!"], "output is the agent's"),
    (&["println", "!"], "output is the agent's"),
];

/// Every breach in a source, as `LINE: WHAT (WHY)`, in the order of lines.
pub(super) fn scan(source: &str) -> Vec<String> {
    let code = tokens(source);
    let breaches: BTreeSet<(usize, String)> = std::iter::once(code.clone())
        .chain(imports(&code))
        .flat_map(|sequence| breaches(&sequence))
        .collect();
    breaches
        .into_iter()
        .map(|(line, what)| format!("{line}: {what}"))
        .collect()
}

fn breaches(sequence: &[Token<'_>]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (words, why) in FORBIDDEN {
        for window in sequence.windows(words.len()) {
            if let Some(last) = window
                .last()
                .filter(|_| window.iter().map(|token| token.text).eq(words.iter().copied()))
            {
                found.push((last.line, format!("`{}` ({why})", words.concat())));
            }
        }
    }
    found
}

/// Each path that a `use` names, written out: `use std::{fs, io}` hides `std::fs` from a plain search.
fn imports<'a>(code: &[Token<'a>]) -> Vec<Vec<Token<'a>>> {
    let mut paths = Vec::new();
    let mut rest = code.iter().copied().peekable();
    while let Some(token) = rest.next() {
        if token.text == "use" {
            write_out(&mut rest, &mut Vec::new(), &mut paths);
        }
    }
    paths
}

fn write_out<'a>(
    rest: &mut Peekable<impl Iterator<Item = Token<'a>>>,
    path: &mut Vec<Token<'a>>,
    paths: &mut Vec<Vec<Token<'a>>>,
) {
    while let Some(token) = rest.next_if(|token| !matches!(token.text, "," | "}" | ";")) {
        if token.text != "{" {
            path.push(token);
            continue;
        }
        loop {
            let common = path.len();
            write_out(rest, path, paths);
            path.truncate(common);
            if rest.next().is_none_or(|end| end.text != ",") {
                return;
            }
        }
    }
    paths.push(path.clone());
}

#[cfg(test)]
mod tests {
    use super::scan;

    #[test]
    fn forbidden_things_are_caught_with_line_and_reason() {
        assert_eq!(
            scan("fn f() {\n    let t = Instant::now();\n}"),
            ["2: `Instant::now` (time comes in as an argument)"]
        );
        assert_eq!(scan("use std::fs;"), ["1: `std::fs` (files are the agent's)"]);
        assert_eq!(scan("std :: fs :: read(x)"), ["1: `std::fs` (files are the agent's)"]);
        assert_eq!(scan("println!(\"x\")"), ["1: `println!` (output is the agent's)"]);
        assert_eq!(
            scan("std::net::TcpStream::connect(a)"),
            ["1: `TcpStream` (sockets are the agent's)"]
        );
        for source in [
            "std::env::var(x)",
            "::std::thread::spawn(f)",
            "std::process::exit(1)",
            "SystemTime::UNIX_EPOCH",
        ] {
            assert_eq!(scan(source).len(), 1, "{source}");
        }
    }

    #[test]
    fn grouped_imports_are_caught() {
        assert_eq!(
            scan("use std::{\n    fmt,\n    fs::{self, File},\n};"),
            ["3: `std::fs` (files are the agent's)"]
        );
        assert_eq!(scan("use std::{collections::{BTreeMap, BTreeSet}, thread};").len(), 1);
        assert_eq!(scan("use {core::fmt, std::{io, env as e}};").len(), 1);
        assert_eq!(scan("pub use std::net::{IpAddr, UdpSocket,};").len(), 1);
    }

    #[test]
    fn comments_and_strings_may_name_them() {
        assert!(scan("// std::fs\n/// Instant::now()\n/* println!() */ fn f() {}").is_empty());
        assert!(scan("const HELP: &str = \"see std::fs and println!\";").is_empty());
    }

    #[test]
    fn similar_names_pass() {
        assert!(scan("use std::time::{Duration, Instant}; fn f(now: Instant) {}").is_empty());
        assert!(scan("use std::net::{IpAddr, Ipv4Addr}; use std::io;").is_empty());
        assert!(scan("mod fs; use crate::fs; envelope::std::fsck(); my_println!(); println(x);").is_empty());
        assert!(scan("let instant = Instant::nowhere(); struct SystemTimeout;").is_empty());
        assert!(scan("use std::fmt; use crate::{env, process, thread};").is_empty());
    }

    #[test]
    fn unfinished_source_does_not_hang() {
        assert!(scan("use std::{fmt, {").is_empty());
        assert!(scan("use").is_empty());
    }
}

//! What was observed, step by step, and whether all of it was as it should be.

use std::process::ExitCode;

use interlink_agent::out;

use super::probe::Seen;
use crate::traffic::Outcome;

#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<[String; 7]>,
    checks: Vec<(String, bool)>,
}

const HEADINGS: [&str; 7] = [
    "step",
    "missing",
    "ping IPv4",
    "ping IPv6",
    "TCP IPv4",
    "TCP IPv6",
    "as expected",
];

impl Table {
    /// One try of traffic.
    pub(super) fn row(&mut self, step: &str, missing: &str, seen: Seen, wanted: Seen) {
        let Seen {
            ping_v4,
            ping_v6,
            tcp_v4,
            tcp_v6,
        } = seen;
        let as_expected = seen == wanted;
        let [ping_v4, ping_v6, tcp_v4, tcp_v6] = [ping_v4, ping_v6, tcp_v4, tcp_v6].map(in_a_word);
        let line = format!("  {step}: ping IPv4 {ping_v4}, IPv6 {ping_v6}; TCP IPv4 {tcp_v4}, IPv6 {tcp_v6}\n");
        out::print(&line).unwrap_or_default();
        let verdict = if as_expected { "yes" } else { "NO" };
        self.rows
            .push([step, missing, ping_v4, ping_v6, tcp_v4, tcp_v6, verdict].map(str::to_owned));
        self.checks.push((step.to_owned(), as_expected));
    }

    /// Anything else that must be so.
    pub(super) fn check(&mut self, what: &str, holds: bool) {
        if !holds {
            out::complain(&format!("  NOT SO: {what}\n"));
        }
        self.checks.push((what.to_owned(), holds));
    }

    /// Prints everything; success only if everything was as it should be.
    pub(super) fn finish(self) -> ExitCode {
        let headings = HEADINGS.map(str::to_owned);
        let lines: Vec<&[String; 7]> = [&headings].into_iter().chain(&self.rows).collect();
        let widths: [usize; 7] =
            std::array::from_fn(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or_default());
        let mut text = String::from("\n");
        for line in lines {
            let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            text += cells.collect::<Vec<_>>().join("  ").trim_end();
            text.push('\n');
        }
        let failed: Vec<_> = self
            .checks
            .iter()
            .filter(|(_, holds)| !holds)
            .map(|(what, _)| what.as_str())
            .collect();
        let (all, good) = (self.checks.len(), self.checks.len() - failed.len());
        let closing = [format!("\n{good} of {all} observations as expected")];
        let lines = closing
            .into_iter()
            .chain(failed.iter().map(|what| format!("  not so: {what}")));
        text += &lines.collect::<Vec<_>>().join("\n");
        text.push('\n');
        out::print(&text).unwrap_or_default();
        if failed.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

const fn in_a_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Flows => "flows",
        Outcome::Blocked => "blocked",
    }
}

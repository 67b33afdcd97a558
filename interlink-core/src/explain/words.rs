//! The explanation as an operator reads it.

use std::net::IpAddr;

use interlink_common::{Reason, Verdict};

use super::{Explanation, Heard, Match};
use crate::domain::Link;
use crate::family::Family;
use crate::gate::Closed;

impl Explanation {
    /// Line by line: the verdict, then what it rests on.
    pub fn lines(&self, link: &Link, (source, destination): (IpAddr, IpAddr)) -> Vec<String> {
        let verdict = match self.reason.verdict() {
            Verdict::Pass => "would pass",
            Verdict::Drop => "would be dropped",
        };
        let mut lines = vec![
            format!(
                "{source} -> {destination} from link {:?} on {} {verdict}",
                link.name.as_str(),
                link.key
            ),
            format!("  reason       {}: {}", self.reason.name(), self.summary()),
            format!("  gate         {} {}", self.family, self.gate_in_words()),
            format!("  source       {}", in_words(self.source, source, "remote")),
            format!("  destination  {}", in_words(self.destination, destination, "local")),
            format!("  way back     {}", self.way_back_in_words()),
        ];
        if let Some(heard) = &self.heard {
            lines.push(format!("  session      {}", session_in_words(self.family, heard)));
            lines.push(format!("  announced    {}", announced_in_words(source, heard)));
        }
        let next_step = match (self.gate.first_unmet(), self.reason, self.source) {
            (Some(closed), _, _) => closed.next_step(),
            (None, Reason::Allowed, _) => "",
            (None, Reason::SourceNotAllowed, Match::NotAnnounced(_)) => {
                "if it should pass, have the peer announce its prefix, or go by the policy alone with `enforce`"
            }
            (None, reason, _) => reason.next_step(),
        };
        if !next_step.is_empty() {
            lines.push(format!("  next         {next_step}"));
        }
        lines
    }

    /// The program has one word for both: the source isn't in the set that it was given.
    const fn summary(&self) -> &'static str {
        match (self.reason, self.source) {
            (Reason::SourceNotAllowed, Match::NotAnnounced(_)) => "the peer doesn't announce the source",
            (reason, _) => reason.summary(),
        }
    }

    fn gate_in_words(&self) -> String {
        let unmet: Vec<_> = self
            .gate
            .conditions()
            .filter_map(|(_, closed)| closed.map(Closed::to_string))
            .collect();
        if unmet.is_empty() {
            "is open".to_owned()
        } else {
            format!("is closed: {}", unmet.join("; "))
        }
    }

    fn way_back_in_words(&self) -> String {
        self.route_back.as_ref().map_or_else(
            || "no route of ours leads to the source".to_owned(),
            ToString::to_string,
        )
    }
}

fn in_words(found: Match, address: IpAddr, list: &str) -> String {
    match found {
        Match::Within(prefix) => format!("{address} is in the {list} prefix {prefix}"),
        Match::NotAnnounced(prefix) => {
            format!("{address} is in the {list} prefix {prefix}, but in none that the peer announces")
        }
        Match::Nearest(prefix) => format!("{address} is in no {list} prefix; the nearest is {prefix}"),
        Match::EmptyList => format!("{address} is in no {list} prefix, because there is none"),
    }
}

fn session_in_words(
    family: Family,
    Heard {
        state,
        why,
        covering: _,
    }: &Heard,
) -> String {
    let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("BGP for {family} is {state}{why}")
}

fn announced_in_words(address: IpAddr, heard: &Heard) -> String {
    match heard.covering {
        Some((prefix, None)) => format!("{prefix} by the peer, and accepted"),
        Some((prefix, Some(rejection))) => format!("{prefix} by the peer, and rejected: {rejection}"),
        None => format!("no prefix with {address}"),
    }
}

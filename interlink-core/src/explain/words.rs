//! The explanation as an operator reads it.

use std::net::IpAddr;

use interlink_common::{Reason, Verdict};

use super::{Explanation, Match};
use crate::domain::Link;
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
            format!("  reason       {}: {}", self.reason.name(), self.reason.summary()),
            format!("  gate         {} {}", self.family, self.gate_in_words()),
            format!("  source       {}", in_words(self.source, source, "remote")),
            format!("  destination  {}", in_words(self.destination, destination, "local")),
            format!("  way back     {}", self.way_back_in_words()),
        ];
        let next_step = match (self.gate.first_unmet(), self.reason) {
            (Some(closed), _) => closed.next_step(),
            (None, Reason::Allowed) => "",
            (None, reason) => reason.next_step(),
        };
        if !next_step.is_empty() {
            lines.push(format!("  next         {next_step}"));
        }
        lines
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
        Match::Nearest(prefix) => format!("{address} is in no {list} prefix; the nearest is {prefix}"),
        Match::EmptyList => format!("{address} is in no {list} prefix, because there is none"),
    }
}

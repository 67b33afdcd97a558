//! The text format, with all samples of a metric together as it demands.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use super::list::{ALL, Kind, Metric};

/// Names and values of labels.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

/// The samples so far, by the names of their metrics.
#[derive(Debug, Default)]
pub(super) struct Text {
    samples: BTreeMap<&'static str, String>,
}

impl Text {
    /// Adds a sample.
    pub(super) fn value(&mut self, metric: Metric, labels: Labels<'_>, value: impl Display) {
        let samples = self.samples.entry(metric.name).or_default();
        samples.push_str(metric.name);
        for (index, (name, value)) in labels.iter().enumerate() {
            samples.push(if index == 0 { '{' } else { ',' });
            samples.push_str(name);
            samples.push_str("=\"");
            escape(samples, value);
            samples.push('"');
        }
        if !labels.is_empty() {
            samples.push('}');
        }
        // Writing to a string can't fail.
        writeln!(samples, " {value}").unwrap_or_default();
    }

    /// The whole text. A metric without a sample is left out.
    pub(super) fn finish(self) -> String {
        let mut text = String::new();
        for Metric { name, kind, help } in ALL {
            let Some(samples) = self.samples.get(name) else {
                continue;
            };
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
            };
            writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}").unwrap_or_default();
            text.push_str(samples);
        }
        text
    }
}

/// A label's value may hold anything but these three as they are.
fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
}

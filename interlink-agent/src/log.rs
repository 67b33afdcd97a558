//! What the daemon says of itself.
//!
//! | level | what it means |
//! | --- | --- |
//! | error | something that should be enforced isn't |
//! | warn | somebody should look at it, today |
//! | info | the normal course of things |
//! | debug | of interest to somebody who is looking: each step, each client that went away |
//!
//! Under systemd it goes to the journal, with fields; else to standard error, as text or as JSON. Keys and tokens are in
//! none of it: nothing that is told holds one. What a peer can cause is told at most so often, see
//! [`Budget`](interlink_core::budget::Budget).

use std::fmt::Display;
use std::sync::OnceLock;

use clap::ValueEnum;
use interlink_core::bgp;
use interlink_core::machine::{Event, Level};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

/// The variable that sets how much is said, in tracing's filter syntax.
const VARIABLE: &str = "INTERLINK_LOG";

/// The form of what is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people, on standard error.
    Text,
    /// A JSON object a line, on standard error.
    Json,
    /// Entries of the systemd journal, with fields.
    Journal,
}

/// Whether who reads the log has a use for fields.
static HAS_FIELDS: OnceLock<bool> = OnceLock::new();

/// Begins to log: in the form that is asked for, else to the journal where standard error leads there anyway.
pub(crate) fn start(format: Option<LogFormat>) {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    let leads_there = leads_to_the_journal();
    let format = format.unwrap_or(if leads_there {
        LogFormat::Journal
    } else {
        LogFormat::Text
    });
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false);
    let journal = (format == LogFormat::Journal).then(tracing_journald::layer);
    let has_fields = format == LogFormat::Json || matches!(journal, Some(Ok(_)));
    let unreachable = journal
        .as_ref()
        .and_then(|journal| journal.as_ref().err())
        .map(ToString::to_string);
    // Where no journal answers, standard error is read by somebody.
    let layer = match journal {
        Some(Ok(journal)) => journal.with_field_prefix(Some("INTERLINK".to_owned())).boxed(),
        Some(Err(_)) | None if format == LogFormat::Json => lines.json().flatten_event(true).boxed(),
        Some(Err(_)) | None if leads_there => lines.without_time().with_ansi(false).boxed(),
        Some(Err(_)) | None => lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .boxed(),
    };
    HAS_FIELDS.get_or_init(|| has_fields);
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();
    if let Some(error) = unreachable {
        tracing::warn!(%error, "no journal answers, so this goes to standard error");
    }
}

/// Whether standard error is the stream to the journal that systemd says it made.
fn leads_to_the_journal() -> bool {
    let stream = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    let found = rustix::fs::fstat(rustix::stdio::stderr());
    found.is_ok_and(|found| stream == format!("{}:{}", found.st_dev, found.st_ino))
}

/// Logs what the core says, at the level that it gives it.
pub(crate) fn tell(event: &Event) {
    say(event.level(), event.name(), event);
}

/// The same for what it says of BGP.
pub(crate) fn tell_session(event: &bgp::effect::Event) {
    say(event.level(), event.name(), event);
}

/// Says it, with its name as the field `event` for programs.
fn say(level: Level, name: &str, event: &impl Display) {
    macro_rules! at {
        ($level:ident) => {
            if HAS_FIELDS.get().copied().unwrap_or_default() {
                tracing::$level!(event = name, "{event}")
            } else {
                tracing::$level!("{event}")
            }
        };
    }
    match level {
        Level::Debug => at!(debug),
        Level::Info => at!(info),
        Level::Warn => at!(warn),
        Level::Error => at!(error),
    }
}

//! What the daemon says of itself, on standard error.

use std::fmt::Display;

use interlink_core::bgp;
use interlink_core::machine::{Event, Level};
use tracing_subscriber::EnvFilter;

/// The variable that sets how much is said, in tracing's filter syntax.
const VARIABLE: &str = "INTERLINK_LOG";

/// Begins to log. Lines carry no time where the service manager adds its own.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        lines.without_time().with_ansi(false).init();
    } else {
        lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .init();
    }
}

/// Logs what the core says, at the level that it gives it.
pub(crate) fn tell(event: &Event) {
    say(event.level(), event);
}

/// The same for what it says of BGP.
pub(crate) fn tell_session(event: &bgp::effect::Event) {
    say(event.level(), event);
}

fn say(level: Level, event: &impl Display) {
    match level {
        Level::Debug => tracing::debug!("{event}"),
        Level::Info => tracing::info!("{event}"),
        Level::Warn => tracing::warn!("{event}"),
        Level::Error => tracing::error!("{event}"),
    }
}

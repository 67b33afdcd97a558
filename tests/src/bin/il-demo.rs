//! `cargo xtask demo`

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use interlink_agent::out;
use interlink_tests::demo::{self, Interrupted};
use signal_hook::consts::{SIGINT, SIGTERM};

fn main() -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        if let Err(error) = signal_hook::flag::register(signal, Arc::clone(&stop)) {
            out::complain(&format!("il-demo: can't listen to signals: {error}\n"));
            return ExitCode::FAILURE;
        }
    }
    demo::walk(&stop).unwrap_or_else(|Interrupted| {
        out::complain("il-demo: interrupted; everything was taken down\n");
        ExitCode::FAILURE
    })
}

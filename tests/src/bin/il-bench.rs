//! Measures one thing, and writes the report.

use std::path::PathBuf;
use std::process::ExitCode;

use interlink_agent::out;
use interlink_tests::bench::ask::{Ask, Scale};
use interlink_tests::bench::{shape, throughput};
use interlink_tests::figures::{self, Figures};
use interlink_tests::{bgp, fib, lookup, policy};

const USAGE: &str = "il-bench: the arguments are what to measure, and --scale tiny|quick|full, --rounds NUMBER, --table \
                     FILE\n";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let mut ask = Ask {
        scale: Scale::Quick,
        rounds: None,
        table: None,
    };
    while let Some(option) = arguments.next() {
        let Some(value) = arguments.next() else {
            return misunderstood();
        };
        match (option.as_str(), value.as_str()) {
            ("--scale", "tiny") => ask.scale = Scale::Tiny,
            ("--scale", "quick") => ask.scale = Scale::Quick,
            ("--scale", "full") => ask.scale = Scale::Full,
            ("--rounds", text) => match text.parse() {
                Ok(rounds @ 1..) => ask.rounds = Some(rounds),
                Ok(0) | Err(_) => return misunderstood(),
            },
            ("--table", path) => ask.table = Some(PathBuf::from(path)),
            _ => return misunderstood(),
        }
    }
    let progress = |what: &str| out::complain(&format!("{name}: {what}\n"));
    let figures: Figures = match name.as_str() {
        "bgp" => bgp::measure(ask.rounds(), progress).into(),
        "lookup" => lookup::measure(&ask, progress),
        "policy" => policy::measure(&ask, progress),
        "routes" => fib::measure(ask.rounds(), progress).into(),
        "table" => shape::measure(&ask, progress),
        "throughput" => throughput::measure(&ask, progress),
        _ => return misunderstood(),
    };
    let scale = ask.of("tiny", "quick", "full");
    let written = out::print(&figures::table(&figures.rows)).and_then(|()| figures::write(&name, scale, &figures));
    match written {
        Ok(path) => {
            progress(&format!("written to {}", path.display()));
            ExitCode::SUCCESS
        }
        Err(error) => {
            out::complain(&format!("il-bench: can't write the results: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn misunderstood() -> ExitCode {
    out::complain(USAGE);
    ExitCode::FAILURE
}

//! Measures one thing, and writes the report.

use std::process::ExitCode;

use interlink_agent::out;
use interlink_tests::{bgp, fib, figures, lookup, policy};

const USAGE: &str = "il-bench: the arguments are `bgp`, `lookup`, `policy` or `routes`, and the number of rounds\n";

const ROUNDS: usize = 7;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (name, rounds) = (arguments.next().unwrap_or_default(), arguments.next());
    let Ok(rounds) = rounds.map_or(Ok(ROUNDS), |rounds| rounds.parse()) else {
        out::complain(USAGE);
        return ExitCode::FAILURE;
    };
    let progress = |what: &str| out::complain(&format!("{name}: {what}\n"));
    let rows = match name.as_str() {
        "lookup" => lookup::measure(rounds, progress),
        "policy" => policy::measure(rounds, progress),
        "bgp" => bgp::measure(rounds, progress),
        "routes" => fib::measure(rounds, progress),
        _ => {
            out::complain(USAGE);
            return ExitCode::FAILURE;
        }
    };
    let written = out::print(&figures::table(&rows)).and_then(|()| figures::write(&name, &rows));
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

//! Measures look-ups, and writes the report.

use std::fmt::Write as _;
use std::process::ExitCode;

use interlink_agent::out;
use interlink_tests::lookup::{Row, measure};
use interlink_tests::report;
use serde_json::{Value, json};

const ROUNDS: usize = 7;
const FILE: &str = "target/bench/lookup.json";

fn main() -> ExitCode {
    let rounds = match std::env::args().nth(1).map(|rounds| rounds.parse()) {
        Some(Ok(rounds)) => rounds,
        None => ROUNDS,
        Some(Err(_)) => {
            out::complain("il-lookup: the one argument is the number of rounds\n");
            return ExitCode::FAILURE;
        }
    };
    let rows = measure(rounds, |what| out::complain(&format!("il-lookup: {what}\n")));
    match out::print(&table(&rows)).and_then(|()| report::write(FILE, &values(&rows))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            out::complain(&format!("il-lookup: can't write the results: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<26}{:<12}{:>9}{:>9}{:>9}{:>8}\n",
        "case", "variant", "median", "min", "max", "ratio"
    );
    for row in rows {
        let Row {
            case,
            variant,
            median,
            min,
            max,
            ratio,
            n: _,
        } = row;
        // Writing to a string doesn't fail.
        let _infallible = writeln!(
            text,
            "{case:<26}{variant:<12}{median:>9.1}{min:>9.1}{max:>9.1}{ratio:>8.2}"
        );
    }
    text
}

fn values(rows: &[Row]) -> Vec<Value> {
    let row = |row: &Row| {
        json!({
            "case": row.case, "variant": row.variant, "n": row.n, "median": row.median, "min": row.min,
            "max": row.max, "unit": "ns", "ratio": row.ratio,
        })
    };
    rows.iter().map(row).collect()
}

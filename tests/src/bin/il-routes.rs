//! Measures routes, and writes the report.

use std::fmt::Write as _;
use std::process::ExitCode;

use interlink_agent::out;
use interlink_tests::fib::{Row, measure};
use interlink_tests::report;
use serde_json::{Value, json};

const ROUNDS: usize = 5;
const ROUTES: usize = 1_000_000;
const FILE: &str = "target/bench/routes.json";

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse());
    let (rounds, routes) = match (
        numbers.next().unwrap_or(Ok(ROUNDS)),
        numbers.next().unwrap_or(Ok(ROUTES)),
    ) {
        (Ok(rounds), Ok(routes)) if rounds > 0 => (rounds, routes),
        _ => {
            out::complain("il-routes: the arguments are the number of rounds and that of routes\n");
            return ExitCode::FAILURE;
        }
    };
    let rows = measure(rounds, routes, |what| out::complain(&format!("il-routes: {what}\n")));
    match out::print(&table(&rows)).and_then(|()| report::write(FILE, &values(&rows))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            out::complain(&format!("il-routes: can't write the results: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<18}{:<12}{:>9}{:>9}{:>9} {:<4}{:>8}\n",
        "case", "variant", "median", "min", "max", "", "ratio"
    );
    for row in rows {
        let (median, min, max) = row.spread();
        let (case, variant, unit, ratio) = (row.case, row.variant, row.unit, row.ratio(rows));
        // Writing to a string doesn't fail.
        let _infallible = writeln!(
            text,
            "{case:<18}{variant:<12}{median:>9.2}{min:>9.2}{max:>9.2} {unit:<4}{ratio:>8.2}"
        );
    }
    text
}

fn values(rows: &[Row]) -> Vec<Value> {
    let row = |row: &Row| {
        let (median, min, max) = row.spread();
        json!({
            "case": row.case, "variant": row.variant, "n": row.values.len(), "median": median, "min": min, "max": max,
            "unit": row.unit, "ratio": row.ratio(rows),
        })
    };
    rows.iter().map(row).collect()
}

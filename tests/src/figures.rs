//! Measured figures: as a table for people, and as JSON with all that is needed to make sense of them later.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

/// One figure, of several rounds.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was measured, on what.
    pub case: String,
    /// What did it.
    pub variant: &'static str,
    /// What the figures are in.
    pub unit: &'static str,
    /// How many rounds there were.
    pub n: usize,
    /// The round in between.
    pub median: f64,
    /// The lowest round.
    pub min: f64,
    /// The highest round.
    pub max: f64,
    /// The median of each round's ratio to the reference of the case.
    pub ratio: f64,
}

impl Row {
    /// The figure of some rounds, and of the same rounds of the reference.
    pub fn new(case: &str, variant: &'static str, unit: &'static str, rounds: &[f64], reference: &[f64]) -> Self {
        let ratios: Vec<f64> = rounds
            .iter()
            .zip(reference)
            .map(|(figure, reference)| figure / reference)
            .collect();
        Self {
            case: case.to_owned(),
            variant,
            unit,
            n: rounds.len(),
            median: median(rounds),
            min: rounds.iter().copied().fold(f64::INFINITY, f64::min),
            max: rounds.iter().copied().fold(0.0, f64::max),
            ratio: median(&ratios),
        }
    }
}

/// The figures in columns.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<26}{:<12}{:>12}{:>12}{:>12} {:<5}{:>9}\n",
        "case", "variant", "median", "min", "max", "", "ratio"
    );
    for row in rows {
        let Row {
            case,
            variant,
            unit,
            n: _,
            median,
            min,
            max,
            ratio,
        } = row;
        // Writing to a string doesn't fail.
        let _infallible = writeln!(
            text,
            "{case:<26}{variant:<12}{median:>12.1}{min:>12.1}{max:>12.1} {unit:<5}{ratio:>9.3}"
        );
    }
    text
}

/// Writes the figures below `target/bench`, and gives the path.
pub fn write(name: &str, rows: &[Row]) -> io::Result<PathBuf> {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "case": row.case, "variant": row.variant, "n": row.n, "median": row.median, "min": row.min,
                "max": row.max, "unit": row.unit, "ratio": row.ratio,
            })
        })
        .collect();
    let report = json!({
        "machine": words("sh", &["-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | sort | uniq -c | xargs"]),
        "mitigations": words("sh", &["-c", "cd /sys/devices/system/cpu/vulnerabilities && grep . * | sort"]),
        "kernel": words("uname", &["-r"]),
        "date": words("date", &["--utc", "--iso-8601=seconds"]),
        "commit": words("git", &["rev-parse", "HEAD"]),
        "rows": rows,
    });
    let directory = PathBuf::from("target/bench");
    fs::create_dir_all(&directory)?;
    let path = directory.join(format!("{name}.json"));
    fs::write(&path, format!("{report:#}\n"))?;
    Ok(path)
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What a command says; nothing if it can't be run.
fn words(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

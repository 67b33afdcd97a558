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

/// What wasn't measured, and why.
#[derive(Clone, Debug)]
pub struct Absent {
    /// What would have been measured.
    pub case: String,
    /// What can't do it.
    pub variant: &'static str,
    /// Why not.
    pub why: String,
}

/// Everything that a run found.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// What was measured.
    pub rows: Vec<Row>,
    /// What wasn't.
    pub absent: Vec<Absent>,
    /// What there is to know about the table that was used.
    pub table: String,
}

impl From<Vec<Row>> for Figures {
    fn from(rows: Vec<Row>) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
}

/// Collects the values of rounds by case and variant, in the order in which these first come.
#[derive(Debug, Default)]
pub struct Rounds {
    collected: Vec<Collected>,
    absent: Vec<Absent>,
}

#[derive(Debug)]
struct Collected {
    case: String,
    variant: &'static str,
    unit: &'static str,
    values: Vec<f64>,
}

impl Rounds {
    /// One value.
    pub fn add(&mut self, case: &str, variant: &'static str, unit: &'static str, value: f64) {
        let known = self
            .collected
            .iter_mut()
            .find(|it| it.case == case && it.variant == variant);
        match known {
            Some(known) => known.values.push(value),
            None => self.collected.push(Collected {
                case: case.to_owned(),
                variant,
                unit,
                values: vec![value],
            }),
        }
    }

    /// Says why there is none, once.
    pub fn lacks(&mut self, case: &str, variant: &'static str, why: String) {
        if !self.absent.iter().any(|it| it.case == case && it.variant == variant) {
            let case = case.to_owned();
            self.absent.push(Absent { case, variant, why });
        }
    }

    /// The rows, with ratios to the first of these variants that the case has.
    pub fn figures(&self, references: &[&str], table: String) -> Figures {
        let row = |it: &Collected| {
            let of_case = |variant: &&str| {
                self.collected
                    .iter()
                    .find(|other| other.case == it.case && other.variant == *variant)
            };
            let reference = references.iter().find_map(of_case).unwrap_or(it);
            // A variant may have had fewer rounds: then its median is what every round is compared with.
            let compared = if reference.values.len() < it.values.len() {
                vec![median(&reference.values); it.values.len()]
            } else {
                reference.values.clone()
            };
            Row::new(&it.case, it.variant, it.unit, &it.values, &compared)
        };
        Figures {
            rows: self.collected.iter().map(row).collect(),
            absent: self.absent.clone(),
            table,
        }
    }
}

/// The figures in columns.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<30}{:<16}{:>12}{:>12}{:>12} {:<5}{:>9}\n",
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
            "{case:<30}{variant:<16}{median:>12.1}{min:>12.1}{max:>12.1} {unit:<5}{ratio:>9.3}"
        );
    }
    text
}

/// Writes the figures below `target/bench`, and gives the path.
pub fn write(name: &str, scale: &str, figures: &Figures) -> io::Result<PathBuf> {
    let rows: Vec<Value> = figures
        .rows
        .iter()
        .map(|row| {
            json!({
                "case": row.case, "variant": row.variant, "n": row.n, "median": row.median, "min": row.min,
                "max": row.max, "unit": row.unit, "ratio": row.ratio,
            })
        })
        .collect();
    let absent: Vec<Value> = figures
        .absent
        .iter()
        .map(|it| json!({"case": it.case, "variant": it.variant, "why": it.why}))
        .collect();
    let report = json!({
        "name": name,
        "scale": scale,
        "table": figures.table,
        "machine": words("sh", &["-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | sort | uniq -c | xargs"]),
        "mitigations": words("sh", &["-c", "cd /sys/devices/system/cpu/vulnerabilities && grep . * | sort"]),
        "kernel": words("uname", &["-r"]),
        "date": words("date", &["--utc", "--iso-8601=seconds"]),
        "commit": words("git", &["rev-parse", "HEAD"]),
        "rows": rows,
        "absent": absent,
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

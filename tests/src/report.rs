//! The file that a measurement leaves, with the machine that it is of.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use serde_json::{Value, json};

/// Writes rows of figures.
pub fn write(file: &str, rows: &[Value]) -> io::Result<()> {
    let report = json!({
        "machine": words("sh", &["-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | sort | uniq -c | xargs"]),
        "kernel": words("uname", &["-r"]),
        "date": words("date", &["--utc", "--iso-8601=seconds"]),
        "commit": words("git", &["rev-parse", "HEAD"]),
        "rows": rows,
    });
    if let Some(directory) = Path::new(file).parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(file, format!("{report:#}\n"))
}

/// What a command says; nothing if it can't be run.
fn words(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

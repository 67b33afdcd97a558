//! The layer `sdk`: the product's own JavaScript SDK, as its vendor publishes it, against the controller.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::run::{find_program, run};
use crate::workspace;

/// What is installed, at versions that are known.
const PACKAGES: [&str; 2] = ["@scaleway/sdk-interlink@1.4.0", "@scaleway/sdk-client@1.3.3"];

/// Installs the SDK below `target/`, starts a controller with a new database, and walks.
pub(crate) fn walk() -> Result<()> {
    for program in ["node", "npm"] {
        ensure!(
            find_program(program).is_some(),
            "the layer sdk needs {program}: install Node.js 20.19 or newer with npm (Debian's nodejs and npm)"
        );
    }
    run(workspace::cargo().args(["build", "--package", "interlink-controller"]))?;
    let folder = workspace::root().join("target/sdk");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Without a package of its own there, npm would install beside the next one above.
    let package = folder.join("package.json");
    fs::write(&package, "{ \"private\": true }\n").with_context(|| format!("cannot write {}", package.display()))?;
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts"]);
    run(install.args(PACKAGES).current_dir(&folder))?;

    let database = folder.join("database");
    match fs::remove_dir_all(&database) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", database.display()));
        }
        Err(_) | Ok(()) => {}
    }
    fs::create_dir_all(&database).with_context(|| format!("cannot make {}", database.display()))?;
    let database = database.join("controller.db");
    let program = workspace::built_program("interlink-controller")?;
    let inventory = workspace::root().join("interlink-controller/src/rules/testing/inventory.toml");
    let mut serve = Command::new(&program);
    serve.args(["serve", "--listen", "127.0.0.1:0", "--inventory"]);
    serve.arg(inventory).arg("--database").arg(&database);
    let mut child = serve
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the controller")?;
    let stdout = child.stdout.take().context("the controller has no output")?;
    let _controller = Stopped(child);
    let mut line = String::new();
    BufReader::new(stdout)
        .read_line(&mut line)
        .context("the controller says nothing")?;
    let url = line
        .trim()
        .strip_prefix("serving on ")
        .context("the controller doesn't serve")?;

    let mut node = Command::new("node");
    node.arg(workspace::root().join("tests/sdk/walk.mjs"));
    run(node.arg(url).arg(&program).arg(&database).arg(&folder))
}

/// A program that is stopped when the layer ends, whichever way.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

//! A controller that ends with its test.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::client::{Answer, Client};

/// Where the inventory of the rules' tests lies.
pub(crate) const INVENTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules/testing/inventory.toml");

pub(crate) const DC5: &str = "00000000-0000-0000-0000-000000000001";
pub(crate) const FRANCE_IX: &str = "00000000-0000-0000-0000-000000000011";
pub(crate) const FREE_PRO: &str = "00000000-0000-0000-0000-000000000012";
pub(crate) const RACK: &str = "00000000-0000-0000-0000-000000000021";
pub(crate) const PATCHING: &str = "00000000-0000-0000-0000-000000000022";
pub(crate) const PROD: &str = "00000000-0000-0000-0000-000000000031";
pub(crate) const TEST: &str = "00000000-0000-0000-0000-000000000032";
pub(crate) const NOBODY: &str = "99999999-9999-4999-8999-999999999999";

/// A directory that goes with its test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("il-controller-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("controller.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A running controller, killed when it is dropped.
pub(crate) struct Controller {
    child: Child,
    address: String,
}

impl Controller {
    pub(crate) fn start(folder: &Folder) -> Self {
        Self::start_with(folder, INVENTORY, &[])
    }

    pub(crate) fn start_with(folder: &Folder, inventory: &str, arguments: &[&str]) -> Self {
        let mut child = command(folder, &["serve", "--inventory", inventory, "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        assert!(!address.is_empty(), "the controller ended before it served");
        Self { child, address }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.address)
    }

    /// SIGKILL: nothing is written, nothing is closed.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interlink-controller"));
    command.args(arguments).arg("--database").arg(folder.database());
    command
}

pub(crate) fn run(folder: &Folder, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// What the partner does, by the command.
pub(crate) fn partner(folder: &Folder, act: &str, link: &str) -> String {
    let mut arguments = vec!["partner", act, link];
    if act == "refuse" {
        arguments.extend(["--reason", "no capacity"]);
    }
    let output = run(folder, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn path(rest: &str) -> String {
    format!("/interlink/v1beta1/regions/fr-par/{rest}")
}

pub(crate) fn hosted() -> Value {
    json!({ "name": "paris", "pop_id": DC5, "bandwidth_mbps": 100, "partner_id": FRANCE_IX })
}

pub(crate) fn dedicated() -> Value {
    json!({ "name": "rack", "pop_id": DC5, "bandwidth_mbps": 100, "connection_id": RACK })
}

pub(crate) fn policy() -> Value {
    json!({
        "name": "prod-v4",
        "is_ipv6": false,
        "prefix_filter_in": ["10.20.0.0/16"],
        "prefix_filter_out": ["172.16.4.0/22"],
    })
}

/// Makes something, and gives its id.
pub(crate) fn make(client: &mut Client, collection: &str, body: &Value) -> String {
    let answer = client.post(&path(collection), body);
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

/// That an answer refuses, with this status and type.
pub(crate) fn refused(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(
        (answer.status, answer.body["type"].as_str()),
        (status, Some(kind)),
        "{:?}",
        answer.body
    );
    assert!(
        answer.body["message"]
            .as_str()
            .is_some_and(|message| !message.is_empty())
    );
}

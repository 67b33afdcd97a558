//! Builds the object that the agent loads into the kernel, with the toolchain that `cargo xtask setup` found.
#![expect(clippy::print_stderr, reason = "cargo shows a failing build script's standard error")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use twox_hash::XxHash3_128;

/// What `cargo xtask setup` writes, relative to the workspace.
const TOOLCHAIN_FILE: &str = "target/tools/ebpf.env";

/// What the object is made of, relative to the workspace.
const INPUTS: [&str; 7] = [
    "interlink-ebpf/src",
    "interlink-ebpf/build.rs",
    "interlink-ebpf/Cargo.toml",
    "interlink-common/src",
    "interlink-common/Cargo.toml",
    "Cargo.toml",
    "Cargo.lock",
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // Cargo shows a script's error lines alone when the script succeeds, and its standard error only when it fails.
        Err(Failure::Said(message)) => {
            println!("cargo::error={message}");
            ExitCode::SUCCESS
        }
        Err(Failure::Compiler { message, output }) => {
            println!("cargo::error={message}");
            eprint!("{output}");
            ExitCode::FAILURE
        }
    }
}

enum Failure {
    Said(String),
    Compiler { message: String, output: String },
}

fn run() -> Result<(), Failure> {
    let manifest_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let workspace = manifest_dir
        .parent()
        .ok_or_else(|| said("interlink-agent lies outside its workspace"))?;
    for input in INPUTS {
        println!("cargo::rerun-if-changed={}", workspace.join(input).display());
    }
    println!("cargo::rerun-if-env-changed=CI");

    let toolchain = Toolchain::read(&workspace.join(TOOLCHAIN_FILE))?;
    let bytes = publish(&build(workspace, &toolchain, "interlink")?, "INTERLINK_OBJECT")?;
    println!(
        "cargo::rustc-env=INTERLINK_OBJECT_DIGEST={:032x}",
        XxHash3_128::oneshot(&bytes)
    );
    if env::var_os("CARGO_FEATURE_BENCH_OBJECT").is_some() {
        publish(
            &build(workspace, &toolchain, "interlink-bench")?,
            "INTERLINK_BENCH_OBJECT",
        )?;
    }
    Ok(())
}

/// Copies an object to where it stays as it is, and names the place in a variable.
fn publish(built: &Path, variable_name: &str) -> Result<Vec<u8>, Failure> {
    let object = PathBuf::from(variable("OUT_DIR")?).join(format!("{}.o", variable_name.to_lowercase()));
    let bytes = fs::read(built).map_err(|error| said(format!("cannot read {}: {error}", built.display())))?;
    fs::write(&object, &bytes).map_err(|error| said(format!("cannot write {}: {error}", object.display())))?;
    println!("cargo::rustc-env={variable_name}={}", object.display());
    Ok(bytes)
}

struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    linker: PathBuf,
}

impl Toolchain {
    fn read(file: &Path) -> Result<Self, Failure> {
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read_to_string(file).map_err(|_| missing("it has not been set up"))?;
        let values: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
        let program = |key: &str| {
            let path = values
                .get(key)
                .map(PathBuf::from)
                .ok_or_else(|| missing(&format!("{TOOLCHAIN_FILE} has no {key}")))?;
            println!("cargo::rerun-if-changed={}", path.display());
            if path.is_file() {
                Ok(path)
            } else {
                Err(missing(&format!("there is no {}", path.display())))
            }
        };
        Ok(Self {
            cargo: program("CARGO")?,
            rustc: program("RUSTC")?,
            linker: program("LINKER")?,
        })
    }
}

fn build(workspace: &Path, toolchain: &Toolchain, program: &str) -> Result<PathBuf, Failure> {
    let target = match variable("CARGO_CFG_TARGET_ENDIAN")?.as_str() {
        "big" => "bpfeb-unknown-none",
        _ => "bpfel-unknown-none",
    };
    let target_dir = workspace.join("target/ebpf");
    let mut command = Command::new(&toolchain.cargo);
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_none_or(is_of_the_outer_build)) {
        command.env_remove(name);
    }
    command
        .current_dir(workspace)
        .args(["build", "--package", "interlink-ebpf", "--bin", program, "--release", "-Zbuild-std=core"])
        .args(["--quiet", "--color", "never", "--target", target, "--target-dir"])
        .arg(&target_dir)
        .args(workspace.join("Cargo.lock").exists().then_some("--locked"))
        .env("RUSTC", &toolchain.rustc)
        // A stable compiler takes -Z only so; a nightly does not mind.
        .env("RUSTC_BOOTSTRAP", "1")
        // As a flag, the linker's path would be part of every symbol's hash, and so of the digest.
        .env(format!("CARGO_TARGET_{}_LINKER", target.to_uppercase().replace('-', "_")), &toolchain.linker)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace, toolchain)?.join("\x1f"))
        .stdin(Stdio::null());

    let output = command
        .output()
        .map_err(|error| said(format!("cannot run {}: {error}", toolchain.cargo.display())))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        let message = format!(
            "the eBPF object did not build ({}), the compiler's words are below",
            output.status
        );
        return Err(Failure::Compiler {
            message,
            output: stderr,
        });
    }
    if stderr.lines().any(|line| line.starts_with("warning")) {
        if env::var_os("CI").is_some() {
            let message = "the eBPF object builds with warnings, which CI refuses".to_owned();
            return Err(Failure::Compiler {
                message,
                output: stderr,
            });
        }
        for line in stderr.lines() {
            println!("cargo::warning={line}");
        }
    }
    Ok(target_dir.join(target).join("release").join(program))
}

fn flags(workspace: &Path, toolchain: &Toolchain) -> Result<Vec<String>, Failure> {
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .ok_or_else(|| said("neither CARGO_HOME nor HOME is set"))?;
    let mut flags = vec![
        format!("--cfg=bpf_target_arch=\"{}\"", variable("CARGO_CFG_TARGET_ARCH")?),
        "-Cdebuginfo=2".to_owned(),
        "-Clink-arg=--btf".to_owned(),
        // Line info names files: equal sources must give equal objects wherever they lie.
        format!("--remap-path-prefix={}=/interlink", workspace.display()),
        format!("--remap-path-prefix={}=/cargo", cargo_home.display()),
    ];
    if let Some(prefix) = toolchain.rustc.parent().and_then(Path::parent) {
        flags.push(format!(
            "--remap-path-prefix={}/lib/rustlib/src/rust=/rust",
            prefix.display()
        ));
    }
    Ok(flags)
}

/// The outer cargo, clippy's wrapper and the user's settings for the host speak through these: none may reach the object.
fn is_of_the_outer_build(name: &str) -> bool {
    const KEPT: [&str; 6] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_MAKEFLAGS",
        "CARGO_NET_",
        "CARGO_REGISTRIES_",
        "CARGO_SOURCE_",
    ];
    const OTHERS: [&str; 7] = ["DEBUG", "HOST", "NUM_JOBS", "OPT_LEVEL", "OUT_DIR", "PROFILE", "TARGET"];
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    starts(&["CARGO", "RUST"]) && !starts(&KEPT) || OTHERS.contains(&name)
}

fn variable(name: &str) -> Result<String, Failure> {
    env::var(name).map_err(|error| said(format!("cargo did not set {name}: {error}")))
}

fn missing(why: &str) -> Failure {
    said(format!(
        "the eBPF toolchain is missing ({why}): run `cargo xtask setup`"
    ))
}

fn said(message: impl Into<String>) -> Failure {
    Failure::Said(message.into())
}

//! A compiler that can build `core` for BPF: it takes `-Z` flags and has the library's source.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::{Report, apt, linker};
use crate::run::{capture, find_program};

/// Debian's current compiler, kept for its browsers.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "libstd-rust-web-dev"];

const RUSTUP_INSTALL: [&str; 7] = [
    "toolchain",
    "install",
    "nightly",
    "--profile",
    "minimal",
    "--component",
    "rust-src",
];

const RUSTUP_ADD_SOURCE: [&str; 5] = ["component", "add", "rust-src", "--toolchain", "nightly"];

/// A usable compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toolchain {
    pub(crate) cargo: PathBuf,
    pub(crate) rustc: PathBuf,
    pub(crate) version: String,
    /// The major version of its LLVM, which the linker must share.
    pub(crate) llvm: u32,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cargo: _,
            rustc,
            version,
            llvm,
        } = self;
        write!(
            f,
            "{} {version} with LLVM {llvm} and the library's source",
            rustc.display()
        )
    }
}

/// Where a compiler may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Nightly,
    System,
    InstallDebian,
    InstallNightly,
}

impl Way {
    /// In the order of trying.
    pub(super) const ALL: [Self; 4] = [Self::Nightly, Self::System, Self::InstallDebian, Self::InstallNightly];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nightly => "rustup's nightly",
            Self::System => "the system's compiler",
            Self::InstallDebian => "Debian's compiler, installed",
            Self::InstallNightly => "rustup's nightly, installed",
        }
    }

    /// Whether the installer that it takes is there.
    pub(super) fn applies(self) -> bool {
        match self {
            Self::Nightly | Self::InstallNightly => find_program("rustup").is_some(),
            Self::System => true,
            Self::InstallDebian => apt::is_here(),
        }
    }

    /// The compiler, or why this way gives none.
    pub(super) fn provide(self, report: Report) -> Result<Toolchain> {
        match self {
            Self::Nightly => nightly(),
            Self::System => system(),
            Self::InstallDebian => apt::install(&DEBIAN_PACKAGES, report).and_then(|()| system()),
            Self::InstallNightly => install_nightly(report).and_then(|()| nightly()),
        }
    }
}

/// What a reader can do when no way gives a compiler.
pub(super) fn advice() -> String {
    format!(
        "either of these gives a compiler:\n  {}\n  rustup {}",
        apt::install_command(&DEBIAN_PACKAGES),
        RUSTUP_INSTALL.join(" ")
    )
}

fn nightly() -> Result<Toolchain> {
    inspect(&nightly_sysroot()?.join("bin"))
}

fn nightly_sysroot() -> Result<PathBuf> {
    capture(Command::new("rustup").args(["run", "nightly", "rustc", "--print", "sysroot"])).map(PathBuf::from)
}

fn system() -> Result<Toolchain> {
    inspect(Path::new("/usr/bin"))
}

/// A nightly that is there keeps its version: installing it anew would replace it by the newest.
fn install_nightly(report: Report) -> Result<()> {
    let mut rustup = Command::new("rustup");
    if nightly_sysroot().is_ok() {
        report.doing("adding rust-src to rustup's nightly");
        rustup.args(RUSTUP_ADD_SOURCE);
    } else {
        report.doing("installing rustup's nightly with rust-src");
        rustup.args(RUSTUP_INSTALL);
    }
    capture(&mut rustup).map(drop)
}

/// Accepts the compiler in a folder, or says why it won't do.
pub(super) fn inspect(folder: &Path) -> Result<Toolchain> {
    let (cargo, rustc) = (folder.join("cargo"), folder.join("rustc"));
    for program in [&cargo, &rustc] {
        ensure!(program.is_file(), "there is no {}", program.display());
    }
    let (version, llvm) = parse_version(&capture(Command::new(&rustc).arg("-vV"))?)?;
    ensure!(
        is_at_least(&version, env!("CARGO_PKG_RUST_VERSION")),
        "{} is {version}, and {} is needed",
        rustc.display(),
        env!("CARGO_PKG_RUST_VERSION")
    );
    ensure!(
        linker::LLVM_MAJORS.contains(&llvm),
        "{} has LLVM {llvm}, and bpf-linker {} knows {:?}",
        rustc.display(),
        linker::VERSION,
        linker::LLVM_MAJORS
    );
    let sysroot = capture(Command::new(&rustc).args(["--print", "sysroot"]))?;
    let library = Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock");
    ensure!(
        library.is_file(),
        "it has no source of the standard library ({} is missing)",
        library.display()
    );
    Ok(Toolchain {
        cargo,
        rustc,
        version,
        llvm,
    })
}

/// The release and LLVM's major version, from `rustc -vV`.
fn parse_version(text: &str) -> Result<(String, u32)> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let release = field("release: ").context("`rustc -vV` names no release")?;
    let llvm = field("LLVM version: ").context("`rustc -vV` names no LLVM version")?;
    let major = llvm.split('.').next().unwrap_or(llvm);
    Ok((
        release.to_owned(),
        major.parse().with_context(|| format!("unknown LLVM version {llvm}"))?,
    ))
}

fn is_at_least(version: &str, minimum: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split(['.', '-']).map_while(|part| part.parse().ok()).collect() };
    numbers(version) >= numbers(minimum)
}

#[cfg(test)]
mod tests {
    use super::{is_at_least, parse_version};

    #[test]
    fn release_and_llvm_are_read() {
        let text = "rustc 1.96.0 (built from a source tarball)\nbinary: rustc\nrelease: 1.96.0\nLLVM version: 22.1.8";
        assert_eq!(parse_version(text).unwrap(), ("1.96.0".to_owned(), 22));
    }

    #[test]
    fn compiler_without_llvm_is_refused() {
        assert_eq!(
            parse_version("release: 1.96.0").unwrap_err().to_string(),
            "`rustc -vV` names no LLVM version"
        );
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(is_at_least("1.95.0", "1.95"));
        assert!(is_at_least("1.97.0-nightly", "1.95"));
        assert!(is_at_least("1.100.0", "1.95"));
        assert!(!is_at_least("1.94.1", "1.95"));
        assert!(!is_at_least("1.9.0", "1.95"));
    }
}

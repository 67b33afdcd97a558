//! A machine in QEMU, from its boot to its end.

use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::kernels::Kernel;
use super::qemu::Qemu;
use super::{folder, initramfs};
use crate::run::describe;

/// How long a machine may take for everything.
const PATIENCE: Duration = Duration::from_mins(20);

/// How long one may take to say a word.
const FIRST_WORD: Duration = Duration::from_secs(15);

/// What the first word is.
const GREETING: &str = "il-vm: up";

/// What a kernel that is broken, or that we broke, says.
const TROUBLE: [&str; 5] = [
    "BUG: ",
    "Oops",
    "WARNING: CPU",
    "general protection fault",
    "Kernel panic",
];

/// What QEMU runs a machine on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accelerator {
    /// The processor.
    Kvm,
    /// A processor that is emulated.
    Emulation,
}

impl fmt::Display for Accelerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kvm => "KVM",
            Self::Emulation => "an emulated processor, as KVM doesn't work here",
        })
    }
}

impl Accelerator {
    /// KVM where a machine on it gets to its first word. Inside of other virtual machines it may be there and not work.
    pub(super) fn probe(qemu: &Qemu, kernels: &[Kernel]) -> Result<Self> {
        let Some(kernel) = kernels.first().filter(|_| Path::new("/dev/kvm").exists()) else {
            return Ok(Self::Emulation);
        };
        let initramfs = initramfs::make(kernel, &format!("echo '{GREETING}'\n"))?;
        let mut qemu = Self::Kvm.command(qemu, kernel, &initramfs)?;
        let machine = Machine::start(qemu.stderr(Stdio::null()))?;
        let (output, _) = machine.follow(FIRST_WORD, |_line| {})?;
        let works = output.lines().any(|line| line == GREETING);
        Ok(if works { Self::Kvm } else { Self::Emulation })
    }

    fn command(self, qemu: &Qemu, kernel: &Kernel, initramfs: &Path) -> Result<Command> {
        let mut qemu = qemu.command();
        qemu.args(match self {
            Self::Kvm => ["-accel", "kvm"],
            Self::Emulation => ["-accel", "tcg,thread=multi"],
        });
        qemu.args(["-cpu", "max", "-smp", "2", "-m", "2048"]);
        qemu.args(["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]);
        qemu.arg("-kernel").arg(kernel.image()).arg("-initrd").arg(initramfs);
        qemu.args(["-append", "console=ttyS0 rdinit=/init quiet panic=-1"]);
        qemu.arg("-serial").arg(format!("file:{}", log(kernel)?.display()));
        qemu.args(["-serial", "stdio"]);
        // Two NICs on one hub hear each other. They need no firmware, as nothing boots from them.
        for end in ["a", "b"] {
            qemu.arg("-netdev").arg(format!("hubport,id={end},hubid=0"));
            qemu.arg("-device").arg(format!("virtio-net-pci,netdev={end},romfile="));
        }
        let share = initramfs::SHARE;
        qemu.arg("-virtfs").arg(format!(
            "local,path=/,mount_tag={share},security_model=none,readonly=on,multidevs=remap"
        ));
        Ok(qemu)
    }
}

/// Boots a kernel, has it run a script, and gives what that printed, which is shown meanwhile.
pub(super) fn run(qemu: &Qemu, kernel: &Kernel, accelerator: Accelerator, script: &str) -> Result<String> {
    let initramfs = initramfs::make(kernel, script)?;
    let mut qemu = accelerator.command(qemu, kernel, &initramfs)?;
    let machine = Machine::start(&mut qemu)?;
    let (output, ended) = machine.follow(PATIENCE, |line| println!("{line}"))?;
    let log = log(kernel)?;
    let said = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
    let trouble = said
        .lines()
        .find(|line| TROUBLE.iter().any(|trouble| line.contains(trouble)));
    if let Some(line) = trouble {
        bail!(
            "the kernel is in trouble: {}; all that it said is in {}",
            line.trim(),
            log.display()
        );
    }
    ensure!(
        ended,
        "the machine was stopped after {} s; what the kernel said is in {}",
        PATIENCE.as_secs(),
        log.display()
    );
    ensure!(
        !output.is_empty(),
        "the machine said nothing: see {} for what the kernel did, which ends with {:?}",
        log.display(),
        said.lines().last().unwrap_or_default()
    );
    Ok(output)
}

/// Where a kernel's own words go.
fn log(kernel: &Kernel) -> Result<PathBuf> {
    Ok(folder("logs")?.join(format!("{}.log", kernel.version)))
}

/// A running machine, which ends when it is dropped.
struct Machine(Child);

impl Machine {
    fn start(qemu: &mut Command) -> Result<Self> {
        qemu.stdin(Stdio::null()).stdout(Stdio::piped());
        let child = qemu
            .spawn()
            .with_context(|| format!("cannot run `{}`", describe(qemu)))?;
        Ok(Self(child))
    }

    /// What it prints until it ends, each line shown as it comes, and whether it ended by itself in that time.
    fn follow(mut self, patience: Duration, show: impl Fn(&str) + Send + 'static) -> Result<(String, bool)> {
        let stdout = self.0.stdout.take().context("the machine has no output")?;
        let reader = thread::spawn(move || {
            let mut output = String::new();
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                show(&line);
                output.push_str(&line);
                output.push('\n');
            }
            output
        });
        let give_up = Instant::now() + patience;
        let mut ended = false;
        while !ended && Instant::now() < give_up {
            thread::sleep(Duration::from_millis(50));
            ended = self.0.try_wait().context("cannot wait for the machine")?.is_some();
        }
        drop(self);
        let output = reader.join().ok().context("the machine's output could not be read")?;
        Ok((output, ended))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

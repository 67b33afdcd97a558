//! What a kernel boots into: a shell that mounts this machine's own files, read-only with a place in memory for what is
//! written, and goes on there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::folder;
use super::kernels::Kernel;
use crate::run::{capture, find_program};

/// The name under which a machine is given our files.
pub(super) const SHARE: &str = "host";

/// What the files need to be read.
const MODULES: [&str; 4] = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];

/// Says on the first serial line what goes wrong, and what the script prints on the second.
const INIT: &str = r#"#!/busybox sh
die() {
    /busybox echo "il-vm: $1"
    /busybox poweroff -f
}
/busybox mkdir -p /proc /lower /upper /root
/busybox mount -t proc proc /proc
/busybox mount -t devtmpfs dev /dev
while read -r module; do
    /busybox insmod "/modules/$module" || die "the kernel doesn't take $module"
done < /modules/order
/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 host /lower || die "no files"
/busybox mount -t tmpfs tmpfs /upper
/busybox mkdir /upper/files /upper/work
/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /root || die "no root"
/busybox mount --move /proc /root/proc
/busybox mount --move /dev /root/dev
/busybox mount -t sysfs sysfs /root/sys
/busybox mount -t tmpfs tmpfs /root/run
/busybox cp /script /root/run/script
/busybox chroot /root /bin/sh /run/script > /root/dev/ttyS1 2>&1 < /root/dev/null
/busybox poweroff -f
"#;

/// Makes the initramfs with a script, and says where it is.
pub(super) fn make(kernel: &Kernel, script: &str) -> Result<PathBuf> {
    let name = format!("initramfs/{}", kernel.version);
    let tree = folder(&name)?;
    fs::remove_dir_all(&tree).with_context(|| format!("cannot empty {}", tree.display()))?;
    let modules = folder(&format!("{name}/modules"))?;
    folder(&format!("{name}/dev"))?;
    fs::copy(static_busybox()?, tree.join("busybox")).context("cannot copy busybox")?;
    write(&tree.join("init"), INIT)?;
    fs::set_permissions(tree.join("init"), fs::Permissions::from_mode(0o755)).context("cannot let init be run")?;
    write(&tree.join("script"), script)?;
    write(&modules.join("order"), &add_modules(kernel, &modules)?)?;
    pack(&tree, &folder("initramfs")?.join(format!("{}.cpio", kernel.version)))
}

/// Adds the modules, and gives their names in the order of their needs, one a line.
fn add_modules(kernel: &Kernel, to: &Path) -> Result<String> {
    let mut names: Vec<String> = Vec::new();
    for module in MODULES {
        for file in kernel.module_files(module)? {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let is_compressed = file.extension().is_some_and(|extension| extension == "xz");
            let name = if is_compressed { stem } else { format!("{stem}.ko") };
            if names.contains(&name) {
                continue;
            }
            let copy = to.join(&name);
            if is_compressed {
                let target = fs::File::create(&copy).with_context(|| format!("cannot write {}", copy.display()))?;
                let status = Command::new("xz").arg("-dc").arg(&file).stdout(target).status();
                ensure!(
                    status.context("cannot run xz")?.success(),
                    "xz can't unpack {}",
                    file.display()
                );
            } else {
                fs::copy(&file, &copy).with_context(|| format!("cannot copy {}", file.display()))?;
            }
            names.push(name);
        }
    }
    names.push(String::new());
    Ok(names.join("\n"))
}

/// The one program that runs without any library.
fn static_busybox() -> Result<PathBuf> {
    let busybox = find_program("busybox").context("there is no busybox")?;
    // Only what is linked with nothing has no interpreter, which `ldd` says by failing.
    let linked = capture(Command::new("ldd").arg(&busybox));
    ensure!(
        linked.is_err(),
        "{} needs libraries, which an initramfs has none of: install Debian's busybox-static in its place",
        busybox.display()
    );
    Ok(busybox)
}

fn pack(tree: &Path, packed: &Path) -> Result<PathBuf> {
    let target = fs::File::create(packed).with_context(|| format!("cannot write {}", packed.display()))?;
    let mut find = Command::new("find")
        .arg(".")
        .current_dir(tree)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run find")?;
    let names = find.stdout.take().context("find has no output")?;
    let mut cpio = Command::new("cpio");
    cpio.args(["--create", "--format=newc", "--quiet"]).current_dir(tree);
    let packing = cpio.stdin(names).stdout(target).status().context("cannot run cpio")?;
    let finding = find.wait().context("cannot wait for find")?;
    ensure!(finding.success() && packing.success(), "cannot pack {}", tree.display());
    Ok(packed.to_owned())
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

//! The prefixes in the tries.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aya::Pod;
use aya::maps::MapError;
use aya::maps::lpm_trie::Key;
use interlink_common::lpm::{self, TABLE_BITS};
use interlink_common::{TableId, map};
use interlink_core::prefix::{Address, Prefix, PrefixSet};

use super::error::{Doing as _, KernelError};
use super::maps::Prefixes;
use super::slots;

/// How often a prefix is offered to a kernel that is out of memory. Recent kernels refuse an entry now and then while
/// they refill a pool, and take it a moment later.
const ATTEMPTS: u32 = 6;
/// How long the first pause is; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// An address as the data of a trie's key.
pub(super) trait TrieAddress: Address {
    /// The data: table id, address.
    type Data: Pod + Send + Sync;
    /// The name of the trie.
    const MAP: &'static str;

    /// The data of a key.
    fn data(table: TableId, address: Self) -> Self::Data;
    /// What the data stands for.
    fn split(data: Self::Data) -> (TableId, Self);
}

/// What a trie holds.
#[derive(Debug)]
pub(super) struct Tables<A> {
    prefixes: BTreeMap<TableId, Vec<Prefix<A>>>,
    /// Keys so short that they match in several tables, by the table id they match and how many bits of it. Nobody of
    /// ours writes such.
    strays: Vec<(TableId, u32)>,
}

impl<A: TrieAddress> Tables<A> {
    /// Reads a trie, with one system call for each prefix.
    pub(super) fn read(trie: &Prefixes<A::Data>) -> Result<Self, KernelError> {
        let mut prefixes = BTreeMap::<_, Vec<_>>::new();
        let mut strays = Vec::new();
        for key in trie.keys() {
            let key = key.doing(|| format!("reading {}", A::MAP))?;
            let (table, address) = A::split(key.data());
            match key.prefix_len().checked_sub(TABLE_BITS).map(u8::try_from) {
                Some(Ok(length)) => prefixes
                    .entry(table)
                    .or_default()
                    .push(Prefix::containing(address, length)),
                Some(Err(_)) | None => strays.push((table, key.prefix_len())),
            }
        }
        Ok(Self { prefixes, strays })
    }

    /// The addresses that the program finds in a table.
    pub(super) fn set(&self, table: TableId) -> Arc<PrefixSet<A>> {
        let everything = self
            .strays
            .iter()
            .any(|(stray, bits)| matches_first_bits(*stray, table, *bits))
            .then(|| Prefix::containing(A::from_number(0), 0));
        let own = self.prefixes.get(&table).into_iter().flatten().copied();
        // The program doesn't look into the empty table.
        Arc::new(if table == TableId::EMPTY {
            PrefixSet::default()
        } else {
            own.chain(everything).collect()
        })
    }

    /// Removes everything that isn't in one of the tables.
    pub(super) fn keep_only(
        &mut self,
        trie: &mut Prefixes<A::Data>,
        kept: &BTreeSet<TableId>,
    ) -> Result<(), KernelError> {
        for (table, bits) in self.strays.drain(..) {
            remove::<A>(trie, &Key::new(bits, A::data(table, A::from_number(0))))?;
        }
        let garbage: Vec<_> = self.prefixes.keys().filter(|id| !kept.contains(*id)).copied().collect();
        for table in garbage {
            self.erase(trie, table)?;
        }
        Ok(())
    }

    /// Writes a new table. One that can't be written whole stays in part, in use by nobody.
    pub(super) fn store(&mut self, trie: &mut Prefixes<A::Data>, set: &PrefixSet<A>) -> Result<TableId, KernelError> {
        let table = slots::free_table(&self.prefixes.keys().copied().collect());
        let written = self.prefixes.entry(table).or_default();
        for prefix in set.prefixes() {
            insert(trie, &key(table, prefix)).doing(|| format!("writing the prefix {prefix} into {}", A::MAP))?;
            written.push(prefix);
        }
        Ok(table)
    }

    /// Removes a table.
    fn erase(&mut self, trie: &mut Prefixes<A::Data>, table: TableId) -> Result<(), KernelError> {
        for prefix in self.prefixes.remove(&table).into_iter().flatten() {
            remove::<A>(trie, &key(table, prefix))?;
        }
        Ok(())
    }
}

impl TrieAddress for Ipv4Addr {
    type Data = [u8; 8];
    const MAP: &'static str = map::PREFIXES_V4;

    fn data(table: TableId, address: Self) -> Self::Data {
        lpm::key_v4(table, address.octets())
    }

    fn split(data: Self::Data) -> (TableId, Self) {
        let (table, address) = lpm::split_v4(data);
        (table, address.into())
    }
}

impl TrieAddress for Ipv6Addr {
    type Data = [u8; 20];
    const MAP: &'static str = map::PREFIXES_V6;

    fn data(table: TableId, address: Self) -> Self::Data {
        lpm::key_v6(table, address.octets())
    }

    fn split(data: Self::Data) -> (TableId, Self) {
        let (table, address) = lpm::split_v6(data);
        (table, address.into())
    }
}

fn key<A: TrieAddress>(table: TableId, prefix: Prefix<A>) -> Key<A::Data> {
    Key::new(
        TABLE_BITS + u32::from(prefix.length()),
        A::data(table, prefix.network()),
    )
}

/// The value says nothing: a prefix is in the set by being a key.
fn insert<D: Pod>(trie: &mut Prefixes<D>, key: &Key<D>) -> Result<(), MapError> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..ATTEMPTS {
        match trie.insert(key, 1, 0) {
            Err(error) if is(&error, libc::ENOMEM) => thread::sleep(pause),
            result @ (Ok(()) | Err(_)) => return result,
        }
        pause *= 2;
    }
    trie.insert(key, 1, 0)
}

fn remove<A: TrieAddress>(trie: &mut Prefixes<A::Data>, key: &Key<A::Data>) -> Result<(), KernelError> {
    match trie.remove(key) {
        Err(error) if is(&error, libc::ENOENT) => Ok(()),
        result @ (Ok(()) | Err(_)) => result.doing(|| format!("removing a prefix from {}", A::MAP)),
    }
}

fn is(error: &MapError, errno: i32) -> bool {
    let MapError::SyscallError(error) = error else {
        return false;
    };
    io::Error::raw_os_error(&error.io_error) == Some(errno)
}

fn matches_first_bits(a: TableId, b: TableId, bits: u32) -> bool {
    let differing = (a.0 ^ b.0).leading_zeros();
    differing >= bits
}

//! What is asked of a measurement: how much of it, and on which table.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use interlink_core::prefix::Prefix;

use super::mrt;
use crate::dfz;
use crate::random::Random;

/// Why a case isn't measured with a dump of the other family.
pub const NO_SUCH_PREFIXES: &str = "the table has no prefixes of this family";

/// How long a measurement may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// To see that it works at all: seconds, and figures that mean nothing.
    Tiny,
    /// Everything within a few minutes on two cores.
    Quick,
    /// For a machine that has nothing else to do.
    Full,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// How much of everything.
    pub scale: Scale,
    /// How often, if not as often as the scale says.
    pub rounds: Option<usize>,
    /// A dump of a real table, in place of the generator's.
    pub table: Option<PathBuf>,
}

impl Ask {
    /// How often each thing is measured.
    pub fn rounds(&self) -> usize {
        self.rounds.unwrap_or(match self.scale {
            Scale::Tiny => 1,
            Scale::Quick => 3,
            Scale::Full => 7,
        })
    }

    /// So many of a scale's choice.
    pub fn of<T>(&self, tiny: T, quick: T, full: T) -> T {
        match self.scale {
            Scale::Tiny => tiny,
            Scale::Quick => quick,
            Scale::Full => full,
        }
    }

    /// So many IPv4 prefixes: of the dump, where there is one, else made. A dump that has fewer gives all.
    pub fn prefixes_v4(&self, random: &mut Random, count: usize) -> Vec<Prefix<Ipv4Addr>> {
        match &self.table {
            Some(path) => some(random, mrt::read(path).v4, count),
            None => dfz::prefixes_v4(random, count),
        }
    }

    /// So many IPv6 prefixes likewise.
    pub fn prefixes_v6(&self, random: &mut Random, count: usize) -> Vec<Prefix<Ipv6Addr>> {
        match &self.table {
            Some(path) => some(random, mrt::read(path).v6, count),
            None => dfz::prefixes_v6(random, count),
        }
    }

    /// Where tables come from, in words.
    pub fn source(&self) -> String {
        self.table
            .as_ref()
            .map_or_else(|| "generated".to_owned(), |path| path.display().to_string())
    }
}

/// So many of them, each as likely as the others (the first steps of Fisher and Yates' shuffle).
fn some<T>(random: &mut Random, mut all: Vec<T>, count: usize) -> Vec<T> {
    let count = count.min(all.len());
    for index in 0..count {
        let other = index + random.below(all.len() - index);
        all.swap(index, other);
    }
    all.truncate(count);
    all
}

/// The name of a size: `1m`, `250k`, `10`.
pub fn size(count: usize) -> String {
    match count {
        1_000_000.. if count.is_multiple_of(1_000_000) => format!("{}m", count / 1_000_000),
        1_000.. if count.is_multiple_of(1_000) => format!("{}k", count / 1_000),
        _ => count.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{size, some};
    use crate::random::Random;

    #[test]
    fn sizes_are_named_as_people_say_them() {
        assert_eq!(
            [10, 1_000, 250_000, 1_000_000, 1_500].map(size),
            ["10", "1k", "250k", "1m", "1500"]
        );
    }

    #[test]
    fn a_sample_has_no_element_twice_and_no_more_than_there_are() {
        let mut sample = some(&mut Random::new(1), (0..100).collect(), 60);
        sample.sort_unstable();
        sample.dedup();
        assert_eq!(sample.len(), 60);
        assert_eq!(some(&mut Random::new(1), vec![1, 2], 9).len(), 2);
    }
}

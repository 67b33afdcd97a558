//! The program against the reference model, on more frames than anybody would write down.
//!
//! `INTERLINK_FRAMES` sets how many, `INTERLINK_SEED` where the sequence starts.

use std::{collections::BTreeMap, env, fmt::Debug, str::FromStr};

use interlink_common::{Counter, Reason, counter_index};
use interlink_tests::{
    frames::Frames,
    kernel::{Hex, Kernel, describe},
    model::{Network, judge},
    random::{self, Random},
};

use crate::support::KINDS;

const FRAMES: usize = 1_000_000;
const FRAMES_PER_NETWORK: usize = 20_000;
const FRAMES_PER_CHUNK: usize = 256;
/// No longer than what the kernel puts into one buffer.
const ONE_BUFFER: usize = 3000;

#[test]
fn the_program_agrees_with_the_model() {
    let count = setting("INTERLINK_FRAMES").unwrap_or(FRAMES);
    let mut random = Random::new(setting("INTERLINK_SEED").unwrap_or(0));
    let mut seen = BTreeMap::<Reason, usize>::new();

    let mut left = count;
    while left > 0 {
        let size = left.min(FRAMES_PER_NETWORK);
        left -= size;
        let network = random::network(&mut random);
        let kernels = KINDS.map(|tables| Kernel::with(&network, tables));
        let mut frames = Frames::new(&network, random.number());
        let all: Vec<_> = (0..size).map(|_| frames.next_frame()).collect();
        for chunk in all.chunks(FRAMES_PER_CHUNK) {
            for frame in chunk {
                *seen.entry(judge(frame, &network).reason).or_default() += 1;
            }
            for kernel in &kernels {
                compare(kernel, &network, chunk);
            }
        }
        for kernel in &kernels {
            let counted: u64 = kernel.counters().iter().map(|(_, counter)| counter.packets).sum();
            assert_eq!(counted, size as u64, "some frame was counted twice");
        }
    }

    println!("{count} frames, of which {seen:#?}");
    if count < FRAMES {
        println!("too few to have met everything");
        return;
    }
    // Each reason but those of gates, which nothing here tells apart, and that of limits, which nothing here reaches,
    // has to be common enough to have been tried.
    let tried = |reason: &&Reason| !(Reason::RateLimited..=Reason::BgpDown).contains(*reason);
    for reason in Reason::ALL.iter().filter(tried) {
        let times = seen.get(reason).copied().unwrap_or(0);
        assert!(
            times >= count / 500,
            "of {count} frames only {times} were {}",
            reason.name()
        );
    }
}

/// Compares the verdict of each frame, and the counters of all of them together: their bytes only where each frame fits
/// into one buffer, as the length of others isn't always known.
fn compare(kernel: &Kernel, network: &Network, chunk: &[Vec<u8>]) {
    let mut expected = BTreeMap::<u32, Counter>::new();
    for frame in chunk {
        let judgement = judge(frame, network);
        let index = counter_index(judgement.slot, judgement.traffic, judgement.reason);
        let counter = expected.entry(index).or_default();
        counter.packets += 1;
        counter.bytes += frame.len() as u64;
    }

    let before: BTreeMap<_, _> = expected.keys().map(|index| (*index, kernel.counter(*index))).collect();
    for frame in chunk {
        if kernel.run(frame) != judge(frame, network).reason.verdict() {
            explain(kernel, network, frame);
            panic!(
                "counted as the model says, but not dropped or passed so: {}",
                Hex(frame)
            );
        }
    }
    let has_jumbo = chunk.iter().any(|frame| frame.len() > ONE_BUFFER);
    let all_as_expected = expected.iter().all(|(index, expected)| {
        let (before, after) = (before[index], kernel.counter(*index));
        let bytes_agree = after.bytes - before.bytes == expected.bytes;
        after.packets - before.packets == expected.packets && (bytes_agree || has_jumbo)
    });
    if !all_as_expected {
        for frame in chunk {
            explain(kernel, network, frame);
        }
        panic!("the counters of a chunk are wrong, those of each frame alone are right");
    }
}

/// Panics if a frame alone isn't counted where the model says.
fn explain(kernel: &Kernel, network: &Network, frame: &[u8]) {
    let before: BTreeMap<_, _> = kernel.counters().into_iter().collect();
    kernel.run(frame);
    let risen: Vec<_> = kernel
        .counters()
        .into_iter()
        .filter(|(index, after)| before.get(index) != Some(after))
        .map(|(index, _)| describe(index))
        .collect();
    let judgement = judge(frame, network);
    let expected = describe(counter_index(judgement.slot, judgement.traffic, judgement.reason));
    assert_eq!(
        risen,
        [expected],
        "program (left) and model (right) disagree about {}\n{network:#?}",
        Hex(frame)
    );
}

fn setting<T: FromStr<Err: Debug>>(name: &str) -> Option<T> {
    let value = env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|error| panic!("{name}={value}: {error:?}")),
    )
}

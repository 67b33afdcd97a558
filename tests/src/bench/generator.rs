//! Frames from many sources, sent by the kernel itself: `BPF_PROG_TEST_RUN` with live frames (Linux 5.18), redirected
//! into a cable.

use std::net::Ipv4Addr;

use aya::maps::{Array, MapData};
use aya::programs::{TestRun as _, TestRunAttrs, TestRunOptions, Xdp};
use aya::{Ebpf, EbpfLoader};
use interlink_agent::dataplane::object::BENCH_OBJECT;
use interlink_common::bench::{ADDRESS_COUNT, TEMPLATE_WORDS};

use crate::kernel::offer;

/// The program that sends.
const PROGRAM: &str = "live_v4";

/// How many frames leave at a time, as a NIC's driver takes them out of its ring.
const BATCH: u32 = 64;

/// The length of a frame: Ethernet's least, without the checksum behind it.
const LENGTH: usize = 60;

/// What sends.
#[derive(Debug)]
pub struct Generator {
    ebpf: Ebpf,
    template: [u8; LENGTH],
    sources: u32,
}

impl Generator {
    /// A sender of UDP packets through an interface, to a host behind a gateway.
    pub fn new(exit: u32, gateway: [u8; 6], destination: Ipv4Addr) -> Self {
        let mut ebpf = EbpfLoader::new()
            .load(BENCH_OBJECT)
            .unwrap_or_else(|error| panic!("loading the object failed: {error:?}"));
        let program: &mut Xdp = ebpf.program_mut(PROGRAM).unwrap().try_into().unwrap();
        offer(program).unwrap_or_else(|error| panic!("the verifier refused `{PROGRAM}`: {error}"));
        let mut generator = Self {
            ebpf,
            template: template(gateway, destination),
            sources: 0,
        };
        generator.map::<u32>("EXIT").set(0, exit, 0).unwrap();
        let words: Vec<u64> = generator
            .template
            .chunks_exact(8)
            .take(TEMPLATE_WORDS)
            .map(|chunk| u64::from_ne_bytes(chunk.try_into().unwrap()))
            .collect();
        let words: [u64; TEMPLATE_WORDS] = words.try_into().unwrap();
        generator
            .map::<[u64; TEMPLATE_WORDS]>("TEMPLATE")
            .set(0, words, 0)
            .unwrap();
        generator
    }

    /// Says which sources take turns. They are as many as the object has room for, or all that is ever sent.
    pub fn aim(&mut self, sources: &[Ipv4Addr]) {
        let template = self.template;
        let mut addresses = self.map::<[u8; 16]>("ADDRESSES");
        for (index, source) in (0..ADDRESS_COUNT).zip(sources) {
            let mut element = [0; 16];
            element[..4].copy_from_slice(&source.octets());
            element[4..6].copy_from_slice(&checksum(&template, *source));
            addresses.set(index, element, 0).unwrap();
        }
        self.sources = u32::try_from(sources.len()).unwrap().min(ADDRESS_COUNT);
        self.map::<u32>("TURN").set(0, 0, 0).unwrap();
    }

    /// How many sources take turns.
    pub fn sources(&self) -> u32 {
        self.sources
    }

    /// Begins anew with the first source.
    pub fn rewind(&mut self) {
        self.map::<u32>("TURN").set(0, 0, 0).unwrap();
    }

    /// Sends so many frames, on the calling thread's CPU and in its network namespace.
    pub fn send(&self, frames: u32) {
        let xdp: &Xdp = self.ebpf.program(PROGRAM).unwrap().try_into().unwrap();
        let options = TestRunOptions {
            data_in: Some(&self.template),
            repeat: frames,
            attrs: TestRunAttrs::new().xdp_live_frames(BATCH.min(frames)),
            ..TestRunOptions::new()
        };
        xdp.test_run(options)
            .unwrap_or_else(|error| panic!("BPF_PROG_TEST_RUN with live frames failed: {error:?}"));
    }

    fn map<V: aya::Pod>(&mut self, name: &str) -> Array<&mut MapData, V> {
        self.ebpf.map_mut(name).unwrap().try_into().unwrap()
    }
}

/// A UDP packet without a checksum of its own; the header's comes with the source.
fn template(gateway: [u8; 6], destination: Ipv4Addr) -> [u8; LENGTH] {
    let mut frame = [0; LENGTH];
    frame[..6].copy_from_slice(&gateway);
    frame[6..12].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
    frame[12..14].copy_from_slice(&[8, 0]);
    let length = u16::try_from(LENGTH - 14).unwrap();
    frame[14..24].copy_from_slice(&[0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17]);
    frame[16..18].copy_from_slice(&length.to_be_bytes());
    frame[30..34].copy_from_slice(&destination.octets());
    frame[34..38].copy_from_slice(&[0x30, 0x39, 0x23, 0x28]);
    frame[38..40].copy_from_slice(&(length - 20).to_be_bytes());
    frame
}

/// The checksum of the template's header with a source (RFC 791, section 3.1).
fn checksum(template: &[u8; LENGTH], source: Ipv4Addr) -> [u8; 2] {
    let mut header = template[14..34].to_vec();
    header[12..16].copy_from_slice(&source.octets());
    let words = header.chunks_exact(2);
    let sum: u32 = words
        .map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    (!u16::try_from(folded).unwrap()).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{checksum, template};

    #[test]
    fn the_checksum_of_a_header_adds_up_with_it() {
        let template = template([0xff; 6], Ipv4Addr::new(172, 16, 7, 7));
        for source in [[0; 4], [255; 4], [10, 20, 0, 1], [199, 17, 3, 250]] {
            let mut header = template[14..34].to_vec();
            header[12..16].copy_from_slice(&source);
            header[10..12].copy_from_slice(&checksum(&template, source.into()));
            let words = header.chunks_exact(2);
            let sum: u32 = words
                .map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])))
                .sum();
            let folded = (sum & 0xffff) + (sum >> 16);
            assert_eq!((folded & 0xffff) + (folded >> 16), 0xffff, "{source:?}");
        }
    }
}

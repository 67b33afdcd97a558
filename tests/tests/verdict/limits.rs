//! How much passes of what passes closed gates.

use interlink_common::{Limit, Reason, Verdict, Window, counter_index};
use interlink_core::table::TableChoice;
use interlink_tests::{
    kernel::Kernel,
    model::{Network, judge},
    packet::Frame,
};

use crate::support::{PARIS, PARIS_VLAN, UNTAGGED, network};

const REPEAT: u32 = 5000;

#[test]
fn a_kind_passes_as_long_as_its_window_has_room() {
    let mut kernel = Kernel::with(&shared(), TableChoice::default());
    for (limit, slot, frame) in limited() {
        let judgement = judge(&frame, &shared());
        for left in [0, 1, 3] {
            kernel.set_left(slot, limit, left);
            let verdicts: Vec<_> = pinned(|| (0..4).map(|_| kernel.run(&frame)).collect());
            let expected: Vec<_> = (0..4)
                .map(|number| if number < left { Verdict::Pass } else { Verdict::Drop })
                .collect();
            assert_eq!(verdicts, expected, "{limit:?}, {left} left");
        }
        let counted = |reason| {
            kernel
                .counter(counter_index(judgement.slot, judgement.traffic, reason))
                .packets
        };
        assert!(counted(judgement.reason) >= 4, "{limit:?}");
        assert!(counted(Reason::RateLimited) >= 8, "{limit:?}");
    }
}

/// Nobody's flood shuts out another link, nor what the same link has of another kind.
#[test]
fn each_link_and_kind_has_a_window_of_its_own() {
    let all = limited();
    let mut kernel = Kernel::with(&shared(), TableChoice::default());
    for (exhausted, (limit, slot, _)) in all.iter().enumerate() {
        kernel.set_left(*slot, *limit, 0);
        for (number, (other, of, frame)) in all.iter().enumerate() {
            let is_same = (other, of) == (limit, slot);
            let expected = if is_same { Verdict::Drop } else { Verdict::Pass };
            assert_eq!(
                kernel.run(frame),
                expected,
                "{limit:?} is exhausted, frame {number} of {exhausted}"
            );
        }
        for frame in unlimited() {
            assert_eq!(kernel.run(&frame), Verdict::Pass);
        }
        kernel.set_left(*slot, *limit, u64::MAX);
    }
}

#[test]
fn a_flood_passes_at_the_rate_that_the_limit_says() {
    let mut kernel = Kernel::with(&shared(), TableChoice::default());
    for (limit, slot, frame) in limited() {
        kernel.set_window(slot, limit, Window::default());
        let judgement = judge(&frame, &shared());
        let index = counter_index(judgement.slot, judgement.traffic, judgement.reason);
        let before = kernel.counter(index).packets;
        pinned(|| kernel.run_repeatedly(interlink_common::PROGRAM, &frame, REPEAT));
        let passed = kernel.counter(index).packets - before;
        // Five thousand runs take a millisecond: they are in one window, or in two.
        let windows = passed / limit.per_window();
        assert_eq!(passed, windows * limit.per_window(), "{limit:?}");
        assert!((1..=3).contains(&windows), "{limit:?}: {passed} passed");
    }
}

#[test]
fn a_window_that_has_ended_is_followed_by_a_fresh_one() {
    let mut kernel = Kernel::with(&shared(), TableChoice::default());
    for (limit, slot, frame) in limited() {
        kernel.set_window(slot, limit, Window { end: 1, left: 0 });
        assert_eq!(kernel.run(&frame), Verdict::Pass, "{limit:?}");
    }
}

#[test]
fn what_has_no_limit_takes_nothing_and_what_is_dropped_neither() {
    let mut kernel = Kernel::with(&shared(), TableChoice::default());
    for limit in Limit::ALL {
        for slot in [0, UNTAGGED, PARIS] {
            kernel.set_left(slot, limit, 0);
        }
    }
    for frame in unlimited() {
        assert_eq!(kernel.run(&frame), Verdict::Pass);
    }
    let foreign = Frame::ethernet().arp("169.254.0.100", "172.16.4.9");
    let forged = Frame::ethernet()
        .ipv4("198.51.100.1", "172.16.4.9")
        .icmp_error(3, &[])
        .bytes();
    let spoofed = Frame::ethernet().ipv4("8.8.8.8", "169.254.0.101").echo().bytes();
    for frame in [foreign, forged, spoofed] {
        let judgement = judge(&frame, &shared());
        kernel.run(&frame);
        let index = counter_index(judgement.slot, judgement.traffic, judgement.reason);
        assert_eq!(kernel.counter(index).packets, 1, "{judgement:?}");
    }
}

/// A frame of each kind, and a second link's, with the slot that it is counted under.
fn limited() -> Vec<(Limit, u32, Vec<u8>)> {
    let ethernet = Frame::ethernet;
    let paris = || Frame::ethernet().vlan(PARIS_VLAN);
    let quote = ethernet().ipv4("172.16.4.9", "10.20.1.1").tcp(443, 5000).ip_bytes();
    let quote6 = ethernet()
        .ipv6("2001:db8:16::9", "2001:db8:20::1")
        .tcp(443, 5000)
        .ip_bytes();
    let solicitation = ethernet()
        .ipv6("fe80::1", "ff02::1:ff00:2")
        .neighbour_solicitation("fd00:0:0:1::2");
    let error = ethernet().ipv4("198.51.100.1", "172.16.4.9").icmp_error(3, &quote);
    let error6 = ethernet().ipv6("3fff::1", "2001:db8:16::9").icmp_error(2, &quote6);
    vec![
        (Limit::Arp, UNTAGGED, ethernet().arp("169.254.0.100", "169.254.0.101")),
        (Limit::Arp, PARIS, paris().arp("169.254.0.10", "169.254.0.9")),
        (Limit::NeighbourDiscovery, UNTAGGED, solicitation.bytes()),
        (
            Limit::Icmp,
            UNTAGGED,
            ethernet().ipv4("169.254.0.100", "169.254.0.101").echo().bytes(),
        ),
        (
            Limit::Icmp,
            UNTAGGED,
            ethernet().ipv6("fd00:0:0:1::1", "fd00:0:0:1::2").echo().bytes(),
        ),
        (
            Limit::Icmp,
            PARIS,
            paris().ipv4("169.254.0.10", "169.254.0.9").echo().bytes(),
        ),
        (Limit::IcmpError, UNTAGGED, error.bytes()),
        (Limit::IcmpError, UNTAGGED, error6.bytes()),
        (Limit::Control, 0, ethernet().lldp()),
        (Limit::Control, 0, ethernet().slow_protocol(1)),
    ]
}

/// What passes without a limit.
fn unlimited() -> [Vec<u8>; 4] {
    let router = || Frame::ethernet().ipv4("169.254.0.100", "169.254.0.101");
    [
        router().tcp(40000, 179).bytes(),
        router().hop_limit(255).udp(49152, 3784, b"").bytes(),
        Frame::ethernet().ipv4("10.20.1.1", "172.16.4.9").echo().bytes(),
        Frame::ethernet().vlan(99).ipv4("8.8.8.8", "8.8.4.4").bytes(),
    ]
}

fn shared() -> Network {
    Network {
        other_vlans: true,
        lldp: true,
        lacp: true,
        ..network()
    }
}

/// Does something on one CPU, as each has windows of its own.
fn pinned<T>(work: impl FnOnce() -> T) -> T {
    let before = rustix::thread::sched_getaffinity(None).unwrap();
    let mut one = rustix::thread::CpuSet::new();
    one.set(
        (0..rustix::thread::CpuSet::MAX_CPU)
            .find(|cpu| before.is_set(*cpu))
            .unwrap(),
    );
    rustix::thread::sched_setaffinity(None, &one).unwrap();
    let result = work();
    rustix::thread::sched_setaffinity(None, &before).unwrap();
    result
}

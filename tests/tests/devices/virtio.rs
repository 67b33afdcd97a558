//! A link on virtio-net. A machine's own may be what it is managed through, so the tests take only two that they are
//! given, of which each hears what the other says: `INTERLINK_VIRTIO="eth0 eth1"`.

use std::env;

use interlink_tests::agent;
use interlink_tests::lab::{self, LINK, Lab};

use crate::support::{NATIVE, address, is_guarded, mode, refusal, settled, start, take};

#[test]
fn virtio_net_is_guarded_natively_and_with_long_frames_where_its_driver_can() {
    let Ok(given) = env::var("INTERLINK_VIRTIO") else {
        interlink_tests::skip("nobody gave a pair of virtio-net's NICs (INTERLINK_VIRTIO)");
        return;
    };
    let (near, far) = given.split_once(' ').unwrap();
    let lab = Lab::new();
    lab.gateway.ip(&format!("link delete {LINK}"));
    take(near, &lab.gateway, LINK);
    take(far, &lab.on_premises, "eth0");
    let driver = lab.gateway.command("ethtool").args(["-i", LINK]).output().unwrap();
    assert!(driver.stdout.starts_with(b"driver: virtio_net"), "{driver:?}");

    address(&lab, LINK, "eth0");
    let running = start(&lab, LINK, None);
    settled(&lab);
    assert_eq!(mode(&lab, LINK), NATIVE);
    is_guarded(&lab);
    running.signal("TERM");
    assert_eq!(running.wait(), Some(0));
    assert!(agent::run(&lab, &["unload"]).status.success());

    lab.gateway.ip(&format!("link set {LINK} mtu 9000"));
    if takes_long_frames(&lab) {
        let _agent = start(&lab, LINK, None);
        settled(&lab);
        assert_eq!(mode(&lab, LINK), NATIVE);
        is_guarded(&lab);
    } else {
        let said = refusal(&lab, LINK);
        let begin = "interlink-agent: link0 can't run XDP natively (virtio_net: MTU too large to enable XDP";
        assert!(
            said.starts_with(begin) && said.contains("`ip link set dev link0 mtu 3498`"),
            "{said}"
        );
        assert_eq!(mode(&lab, LINK), None);
    }
}

/// Up to Linux 6.2 the driver takes no program for frames of more than a page, whatever the program says.
fn takes_long_frames(lab: &Lab) -> bool {
    let release = lab::run(lab.gateway.command("uname").arg("-r")).stdout;
    let release = String::from_utf8(release).unwrap();
    let mut numbers = release.split('.').map_while(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(6), Some(3))
}

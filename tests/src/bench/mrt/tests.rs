use interlink_core::prefix::Prefix;

use super::{Dump, Malformed, parse};

/// A record of TABLE_DUMP_V2 with nothing behind the prefix that is read.
fn record(subtype: u16, prefix: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend(13_u16.to_be_bytes());
    bytes.extend(subtype.to_be_bytes());
    bytes.extend(u32::try_from(4 + prefix.len() + 2).unwrap().to_be_bytes());
    bytes.extend([0, 0, 0, 7]);
    bytes.extend(prefix);
    bytes.extend([0, 0]);
    bytes
}

#[test]
fn prefixes_of_both_families_are_read_once_each_and_host_bits_are_cut() {
    let bytes = [
        record(1, &[9; 20]),
        record(2, &[24, 192, 0, 2]),
        record(8, &[24, 192, 0, 2]),
        record(2, &[9, 10, 0xff]),
        record(2, &[0]),
        record(4, &[32, 0x20, 0x01, 0x0d, 0xb8]),
        record(4, &[128, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ]
    .concat();
    let v4 = ["10.128.0.0/9", "192.0.2.0/24"].map(|text| Prefix::try_from_net(text.parse().unwrap()).unwrap());
    let v6 = ["2001:db8::/32", "2001:db8::1/128"].map(|text| Prefix::try_from_net(text.parse().unwrap()).unwrap());
    assert_eq!(
        parse(&bytes),
        Ok(Dump {
            v4: v4.into(),
            v6: v6.into()
        })
    );
}

#[test]
fn what_is_cut_short_or_too_long_is_refused_with_its_place() {
    let good = record(2, &[24, 192, 0, 2]);
    for length in 1..good.len() {
        assert_eq!(parse(&good[..length]), Err(Malformed::Truncated(0)), "{length} bytes");
    }
    let two = [good.clone(), record(2, &[33, 1, 2, 3, 4, 5])].concat();
    assert_eq!(parse(&two), Err(Malformed::Length(good.len())));
    let lying = record(2, &[32, 1]);
    assert_eq!(parse(&lying), Err(Malformed::Truncated(0)));
    assert_eq!(parse(&[]), Err(Malformed::Nothing));
    assert_eq!(parse(&record(1, &[0; 9])), Err(Malformed::Nothing));
}

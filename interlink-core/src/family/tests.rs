use std::net::IpAddr;

use super::*;

#[test]
fn addresses_and_networks_are_of_their_family() {
    let of = |text: &str| Family::of(text.parse::<IpAddr>().unwrap());
    assert_eq!([of("10.0.0.1"), of("::ffff:10.0.0.1")], Family::ALL);
    let of_net = |text: &str| Family::of_net(text.parse::<IpNet>().unwrap());
    assert_eq!([of_net("0.0.0.0/0"), of_net("::/0")], Family::ALL);
}

#[test]
fn each_family_has_its_own_value() {
    let mut names = PerFamily::from_fn(|family| family.to_string());
    assert_eq!((names.v4.as_str(), names.v6.as_str()), ("IPv4", "IPv6"));
    for family in Family::ALL {
        assert_eq!(*names.get(family), family.to_string());
        names.get_mut(family).push('!');
    }
    assert_eq!((names.v4.as_str(), names.v6.as_str()), ("IPv4!", "IPv6!"));
}

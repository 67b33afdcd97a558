//! The tables of the product, written out.

mod link;
mod status;

use std::net::Ipv4Addr;

use super::*;
use crate::testing::prefix;

/// The table of DESIGN §1: whose routes are accepted, and whose announced.
#[test]
fn each_role_takes_in_and_out_from_its_own_end() {
    let list = |text| PrefixList::new(vec![prefix::<Ipv4Addr>(text)]);
    let (from_customer, from_provider) = ("10.20.0.0/16", "172.16.4.0/22");
    for (role, remote, local) in [
        (Role::Provider, from_customer, from_provider),
        (Role::Customer, from_provider, from_customer),
    ] {
        let filters = Filters {
            prefix_filter_in: vec![prefix(from_customer)],
            prefix_filter_out: vec![prefix(from_provider)],
        };
        let expected = Whitelist {
            remote: list(remote),
            local: list(local),
        };
        assert_eq!(role.whitelist(filters), expected, "{role:?}");
    }
}

#[test]
fn each_role_knows_its_own_router() {
    assert_eq!(Role::Provider.ours_and_peer("scw", "peer"), ("scw", "peer"));
    assert_eq!(Role::Customer.ours_and_peer("scw", "peer"), ("peer", "scw"));
    assert_eq!(Role::ALL.map(Role::name), ["provider", "customer"]);
}

#[test]
fn a_list_keeps_its_prefixes_as_written_and_knows_the_set_of_them() {
    let written = ["10.0.1.0/24", "10.0.0.0/24", "10.0.1.0/24", "10.0.1.128/25"].map(prefix::<Ipv4Addr>);
    let list = PrefixList::new(written.to_vec());
    assert_eq!(list.prefixes(), written);
    assert_eq!(list.set().prefixes().collect::<Vec<_>>(), [prefix("10.0.0.0/23")]);
}

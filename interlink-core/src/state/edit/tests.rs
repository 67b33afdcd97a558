use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use interlink_common::Reason;

use super::*;
use crate::prefix::{Address, Prefix, PrefixSet};
use crate::state::FamilyState;

fn set<A: Address>(prefixes: &[&str]) -> Arc<PrefixSet<A>> {
    let prefixes = prefixes.iter().map(|prefix| prefix.parse().unwrap());
    Arc::new(prefixes.map(|net| Prefix::try_from_net(net).unwrap()).collect())
}

fn family<A: Address>(remote: &str, local: &str) -> FamilyState<A> {
    FamilyState {
        gate: Reason::Allowed,
        interconnect: None,
        remote: set(&[remote]),
        local: set(&[local]),
    }
}

fn state() -> LinkState {
    LinkState {
        v4: family::<Ipv4Addr>("10.20.0.0/16", "172.16.0.0/16"),
        v6: family::<Ipv6Addr>("2001:db8:1::/48", "2001:db8:2::/48"),
    }
}

type Change = fn(&mut LinkState, &[&str]);

#[test]
fn a_change_of_one_list_in_one_word_is_an_edit() {
    let old = state();
    assert_eq!(old.edit_from(&old), None);
    let more = ["10.20.0.0/16", "10.21.0.0/16"];
    let changes: [(List, Change); 4] = [
        (List::RemoteV4, |state, more| state.v4.remote = set(more)),
        (List::LocalV4, |state, _| state.v4.local = set(&["172.16.0.0/17"])),
        (List::RemoteV6, |state, _| state.v6.remote = set(&[])),
        (List::LocalV6, |state, _| state.v6.local = set(&["2001:db8:2::/47"])),
    ];
    for (list, change) in changes {
        let mut new = old.clone();
        change(&mut new, &more);
        assert_eq!(new.edit_from(&old).map(|edit| edit.list), Some(list));
        assert_eq!(old.edit_from(&new).map(|edit| edit.list), Some(list));
    }
}

#[test]
fn a_change_of_anything_besides_is_none() {
    let old = state();
    let changes: [fn(&mut LinkState); 6] = [
        |state| state.v4.gate = Reason::NoVpc,
        |state| state.v6.gate = Reason::NoVpc,
        |state| state.v4.local = set(&["172.16.0.0/17"]),
        |state| state.v6.remote = set(&["2001:db8:1::/49"]),
        |state| state.v6.local = set(&[]),
        |state| state.v6.local = set(&["::/0"]),
    ];
    for change in changes {
        let mut new = old.clone();
        change(&mut new);
        new.v4.remote = set(&["10.20.0.0/17"]);
        assert_eq!(new.edit_from(&old), None);
    }
    let mut wide = old.clone();
    wide.v4.remote = set(&["10.0.0.0/8"]);
    assert_eq!(wide.edit_from(&old), None);
}

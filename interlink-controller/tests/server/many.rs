//! Ten thousand links and policies. What they take is printed; only that it isn't out of all bounds is asserted.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use interlink_controller::controller::now;
use interlink_controller::inventory;
use interlink_controller::rules::{Answer, Command, Context, NewHost, NewLink, NewPolicy, Region, State, decide};
use interlink_controller::store::Store;
use interlink_core::family::{Family, PerFamily};
use interlink_core::name::Name;
use serde_json::json;

use crate::process::{Controller, Folder, NOBODY, path};

const MANY: usize = 10_000;

/// The product's VLAN ids do for 2400 links of a partner at a PoP.
const PARTNERS: usize = 5;

/// Far more than it takes, so that a loaded machine fails no test.
const BOUND: Duration = Duration::from_secs(2);

fn inventory_of_many() -> String {
    let mut text = "[organization]\nid = \"00000000-0000-0000-0000-0000000000aa\"\n\
                    [provider]\ninterconnect_ipv6 = \"fd00:10::/64\"\n\
                    [[pop]]\nid = \"00000000-0000-0000-0000-000000000001\"\nname = \"DC5\"\nregion = \"fr-par\"\n\
                    available_link_bandwidths_mbps = [100]\n\
                    [[vpc]]\nid = \"00000000-0000-0000-0000-000000000031\"\nname = \"prod\"\nregion = \"fr-par\"\n"
        .to_owned();
    for number in 0..PARTNERS {
        let id = format!("00000000-0000-0000-0000-0000000001{number:02}");
        write!(
            text,
            "[[partner]]\nid = \"{id}\"\nname = \"partner-{number}\"\nasn = 39801\npops = [\"DC5\"]\n"
        )
        .unwrap();
    }
    text
}

/// Makes them by the rules and keeps them in one commit each thousand, which is quicker than asking for each.
fn fill(folder: &Folder, text: &str) -> Vec<String> {
    let inventory = inventory::parse(text).unwrap();
    let mut store = Store::open(&folder.database(), now()).unwrap();
    let mut state = State::default();
    let mut ids = Vec::new();
    let mut pending = Vec::new();
    let partners: Vec<_> = inventory.partners.keys().copied().collect();
    let pop = *inventory.pops.keys().next().unwrap();
    for number in 0..2 * MANY {
        let context = Context {
            region: Region::new("fr-par").unwrap(),
            now: now(),
            up: interlink_core::time::Time::default(),
            fresh: [1, 2].map(|which| uuid::Uuid::from_u128(u128::try_from(number * 2 + which).unwrap())),
        };
        let name = Name::new(&format!("object-{number:05}")).unwrap();
        let command = if number < MANY {
            Command::CreateLink(NewLink {
                project: None,
                name,
                tags: vec![format!("tag-{}", number % 10)],
                pop,
                bandwidth: 100.try_into().unwrap(),
                host: NewHost::Partner(partners[number % PARTNERS]),
                peer_asn: None,
                vlan: None,
                policies: PerFamily::default(),
            })
        } else {
            Command::CreatePolicy(NewPolicy {
                project: None,
                name,
                tags: Vec::new(),
                family: Family::V4,
                filter_in: vec!["10.0.0.0/8".parse().unwrap()],
                filter_out: vec!["172.16.0.0/12".parse().unwrap()],
            })
        };
        let decision = decide(&state, &inventory, &context, command).unwrap();
        if let Answer::Link(link) = &decision.answer {
            ids.push(link.id.to_string());
        }
        let sequence = state.sequence() + 1;
        state.apply(sequence, &decision.changes);
        pending.extend(decision.changes);
        if pending.len() == 1000 {
            store.commit(sequence, &pending).unwrap();
            pending.clear();
        }
    }
    ids
}

#[test]
fn ten_thousand_links_and_policies_are_listed_filtered_and_followed() {
    let folder = Folder::new();
    let text = inventory_of_many();
    let ids = fill(&folder, &text);
    let file = folder.path().join("inventory.toml");
    std::fs::write(&file, text).unwrap();
    let start = Instant::now();
    let controller = Controller::start_with(&folder, file.to_str().unwrap(), &[]);
    println!("start: {:?}", start.elapsed());
    let mut client = controller.client();

    let lists = [
        ("links", MANY),
        ("links?page_size=1000&page=10", MANY),
        ("links?order_by=name_desc&page_size=100", MANY),
        ("links?name=object-0123", 10),
        ("links?tags=tag-7&status=requested&page_size=100", MANY / 10),
        ("routing-policies?page_size=100&order_by=name_asc", MANY),
        ("routing-policies?name=object-12345", 1),
    ];
    for (query, count) in lists {
        let mut times: Vec<Duration> = (0..9)
            .map(|_| {
                let start = Instant::now();
                let answer = client.get(&path(query));
                let time = start.elapsed();
                assert_eq!(answer.body["total_count"], count, "{query}");
                time
            })
            .collect();
        times.sort_unstable();
        println!("{query}: median {:?}, longest {:?}", times[4], times[8]);
        assert!(times[4] < BOUND, "{query}: {times:?}");
    }

    let mut follower = controller.client();
    let since = 2 * MANY;
    let head = format!(
        "GET {}?since={since} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        path("x-interlink/events")
    );
    follower.say(head.as_bytes()).unwrap();
    follower.hear().unwrap();
    let mut told = || {
        std::iter::from_fn(|| follower.line())
            .find(|line| line.starts_with("data: "))
            .unwrap()
    };
    told();
    let mut times = Vec::new();
    for number in 0..20 {
        let id = &ids[number * 401];
        let start = Instant::now();
        let answer = client.post(&path(&format!("links/{id}/enable-route-propagation")), &json!({}));
        assert_eq!(answer.status, 200);
        assert!(told().contains(id.as_str()));
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!(
        "a change, asked for, answered and told: median {:?}, longest {:?}",
        times[10], times[19]
    );
    assert!(times[10] < BOUND);
    assert_eq!(
        client.get(&path(&format!("links?pairing_key={NOBODY}"))).body["total_count"],
        0
    );
}

//! Following, against an API that says what a test wants.

use std::time::Duration;

use interlink_api::extension::Event;
use interlink_api::{self as api, BgpConfig, Nullable};

use super::*;
use crate::config::Config;
use crate::domain::{LinkStatus, Role};
use crate::name::Name;
use crate::time::Time;

const ID: &str = "49c5a2a4-6a1c-4a37-9d5e-2f3d1a7b0c11";
const VPC: &str = "0a0a0a0a-6a1c-4a37-9d5e-2f3d1a7b0c11";
const FILE: &str = "agent.role = 'customer'
[source]
kind = 'scaleway'
region = 'fr-par'
[[vpc]]
name = 'prod'
table = 100
[[link]]
name = 'paris'
id = '49c5a2a4-6a1c-4a37-9d5e-2f3d1a7b0c11'
interface = 'eth1'
";

fn link() -> api::Link {
    let router = |asn, ipv4: &str| {
        Nullable::Value(BgpConfig {
            asn,
            ipv4: ipv4.to_owned(),
            ..BgpConfig::default()
        })
    };
    api::Link {
        id: ID.into(),
        status: api::LinkStatus::Active,
        vlan: 2386,
        vpc_id: Nullable::Value(VPC.into()),
        routing_policy_v4_id: Nullable::Value("p-1".into()),
        enable_route_propagation: true,
        scw_bgp_config: router(12876, "169.254.0.100/31"),
        peer_bgp_config: router(65010, "169.254.0.101/31"),
        ..api::Link::default()
    }
}

fn policy(id: &str, prefix: &str) -> api::RoutingPolicy {
    api::RoutingPolicy {
        id: id.into(),
        name: "prod-v4".to_owned(),
        prefix_filter_in: vec![prefix.to_owned()],
        ..api::RoutingPolicy::default()
    }
}

fn gone() -> Failed {
    Failed {
        is_not_found: true,
        is_no_such_path: false,
        why: "there is no link".to_owned(),
        retry_after: None,
    }
}

fn away() -> Failed {
    Failed {
        is_not_found: false,
        is_no_such_path: false,
        why: "can't connect".to_owned(),
        retry_after: None,
    }
}

/// An API that holds a link and policies, and a follower of it.
struct World {
    config: Config,
    follower: Follower,
    now: Time,
    link: Result<api::Link, Failed>,
    policies: Vec<api::RoutingPolicy>,
    /// Whether questions are answered.
    is_quick: bool,
    waiting: Vec<(u64, Ask)>,
    done: Vec<Effect>,
}

impl World {
    fn new() -> Self {
        let config = Config::parse(FILE).unwrap();
        let follower = Follower::new(config.source.clone().unwrap(), Remote::default(), 7);
        Self {
            config,
            follower,
            now: Time::default(),
            link: Ok(link()),
            policies: vec![policy("p-1", "10.20.0.0/16"), policy("p-2", "10.21.0.0/16")],
            is_quick: true,
            waiting: Vec::new(),
            done: Vec::new(),
        }
    }

    /// One whose file finds the link by a tag.
    fn tagged() -> Self {
        let mut world = Self::new();
        let file = FILE.replace(&format!("id = '{ID}'"), "tags = ['edge']");
        world.config = Config::parse(&file).unwrap();
        world.follower = Follower::new(world.config.source.clone().unwrap(), Remote::default(), 7);
        world.link = world.link.map(|link| api::Link {
            tags: vec!["edge".to_owned()],
            ..link
        });
        world
    }

    fn translated(&self) -> Translated {
        translate(
            &self.config,
            self.config.source.as_ref().unwrap(),
            self.follower.remote(),
        )
    }

    /// Lets time pass, a second at a time.
    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now.after(Duration::from_secs(1));
            self.follower.handle_timeout(self.now);
            self.serve();
        }
    }

    fn say(&mut self, input: Input) {
        self.follower.handle(input, self.now);
        self.serve();
    }

    fn serve(&mut self) {
        loop {
            while let Some(effect) = self.follower.poll_effect() {
                match effect {
                    Effect::Ask { number, ask } => self.waiting.push((number, ask)),
                    other => self.done.push(other),
                }
            }
            if !self.is_quick || self.waiting.is_empty() {
                return;
            }
            for (number, ask) in std::mem::take(&mut self.waiting) {
                let answer = self.answer(&ask);
                self.follower.handle(Input::Answered { number, answer }, self.now);
            }
        }
    }

    fn answer(&self, ask: &Ask) -> Result<Answer, Failed> {
        match ask {
            Ask::Link(_) => self.link.clone().map(|link| Answer::Link(Box::new(link))),
            Ask::Policy(id) => {
                let found = self.policies.iter().find(|policy| policy.id == *id);
                let found = found.cloned().ok_or_else(gone)?;
                Ok(Answer::Policy(Policy::read(found, Role::Customer)))
            }
            Ask::Tagged(_) => Ok(Answer::Links(self.link.clone().into_iter().collect())),
        }
    }

    fn beliefs(&mut self) -> usize {
        let count = self.done.iter().filter(|effect| **effect == Effect::Believe).count();
        self.done.clear();
        count
    }

    fn status(&self) -> LinkStatus {
        self.translated().intent.links.values().next().unwrap().status.clone()
    }

    fn remote_prefixes(&self) -> Vec<String> {
        let translated = self.translated();
        let link = translated.intent.links.values().next().unwrap();
        let whitelist = translated.intent.whitelist_v4(link);
        let prefixes = whitelist.into_iter().flat_map(|list| list.local.prefixes().iter());
        prefixes.map(ToString::to_string).collect()
    }
}

#[test]
fn a_nic_is_closed_before_anything_is_known_of_its_links() {
    let world = World::new();
    let link = world.translated().intent.links.into_values().next().unwrap();
    assert_eq!(
        (link.key.interface.as_str(), link.status),
        ("eth1", LinkStatus::Unknown)
    );
}

#[test]
fn what_the_api_says_of_a_link_and_what_the_file_adds_make_an_intent() {
    let mut world = World::new();
    world.wait(1);
    let translated = world.translated();
    assert!(translated.mismatches.is_empty(), "{:?}", translated.mismatches);
    let link = translated.intent.links.into_values().next().unwrap();
    assert_eq!(link.name, Name::new("paris").unwrap());
    assert_eq!(link.key.vlan.id(), Some(2386));
    assert_eq!(link.vpc, Some(Name::new("prod").unwrap()));
    assert_eq!(link.interconnect_v4.unwrap().ours().to_string(), "169.254.0.101");
    assert_eq!(link.bgp.unwrap().local_as.0.get(), 65010);
    assert!(link.enable_route_propagation && link.interconnect_v6.is_none());
    assert_eq!(world.remote_prefixes(), ["10.20.0.0/16"]);
}

#[test]
fn only_what_changed_is_believed_anew_and_a_policy_changes_by_itself() {
    let mut world = World::new();
    world.wait(1);
    assert!(world.beliefs() > 0);
    world.link.as_mut().unwrap().bgp_v4_status = api::BgpStatus::Up;
    world.link.as_mut().unwrap().updated_at = Nullable::Value("now".to_owned());
    world.wait(40);
    assert_eq!(world.beliefs(), 0);
    world.policies[0] = policy("p-1", "10.99.0.0/16");
    world.wait(40);
    assert_eq!(world.beliefs(), 1);
    assert_eq!(world.remote_prefixes(), ["10.99.0.0/16"]);
}

#[test]
fn a_failure_keeps_everything_and_is_told_until_it_is_over() {
    let mut world = World::new();
    world.wait(1);
    let before = world.translated();
    world.done.clear();
    world.link = Err(away());
    world.wait(300);
    assert_eq!(world.translated(), before);
    assert!(!world.done.contains(&Effect::Confirmed), "not while it fails");
    let told: Vec<_> = world
        .done
        .drain(..)
        .filter(|effect| matches!(effect, Effect::Troubled(_)))
        .collect();
    assert_eq!(told, [Effect::Troubled(Some(format!("link {ID}: can't connect")))]);
    world.link = Ok(link());
    world.wait(60);
    assert!(world.done.contains(&Effect::Troubled(None)) && world.done.contains(&Effect::Confirmed));
}

#[test]
fn a_link_that_is_missing_is_believed_to_be_when_it_was_three_times() {
    let mut world = World::new();
    world.wait(1);
    world.link = Err(gone());
    world.is_quick = false;
    for missing in 1..=3 {
        assert_eq!(world.status(), LinkStatus::Active, "{missing}");
        while !world.waiting.iter().any(|(_, ask)| matches!(ask, Ask::Link(_))) {
            world.wait(1);
            let policies: Vec<_> = world
                .waiting
                .extract_if(.., |(_, ask)| matches!(ask, Ask::Policy(_)))
                .collect();
            for (number, ask) in policies {
                let answer = world.answer(&ask);
                world.say(Input::Answered { number, answer });
            }
        }
        let (number, _) = world.waiting.pop().unwrap();
        world.say(Input::Answered {
            number,
            answer: Err(gone()),
        });
    }
    assert_eq!(world.status(), LinkStatus::Deleted);
}

#[test]
fn a_link_that_an_event_says_is_gone_is_believed_to_be_at_once() {
    let mut world = World::new();
    world.wait(1);
    world.say(Input::Opened(Opened::Stream));
    world.link = Err(gone());
    world.say(Input::Event(Event {
        sequence: 7,
        links: vec![ID.into()],
        ..Event::default()
    }));
    assert_eq!(world.status(), LinkStatus::Deleted);
}

#[test]
fn an_event_is_followed_at_once_beside_whatever_is_asked() {
    let mut world = World::new();
    world.wait(1);
    world.say(Input::Opened(Opened::Stream));
    world.is_quick = false;
    while world.waiting.is_empty() {
        world.wait(1);
    }
    // A round is under way, and its answer isn't there yet.
    let early = world.waiting.pop().unwrap();
    world.say(Input::Event(Event {
        sequence: 8,
        links: vec![ID.into()],
        ..Event::default()
    }));
    let (number, _) = world.waiting.pop().unwrap();
    world.link.as_mut().unwrap().enable_route_propagation = false;
    let answer = world.answer(&Ask::Link(ID.into()));
    world.say(Input::Answered { number, answer });
    let disabled = |world: &World| {
        world
            .translated()
            .intent
            .links
            .values()
            .all(|link| !link.enable_route_propagation)
    };
    assert!(disabled(&world));
    // What was asked for earlier comes late, and says what was before.
    let answer = Ok(Answer::Link(Box::new(link())));
    world.say(Input::Answered {
        number: early.0,
        answer,
    });
    assert!(disabled(&world));
}

#[test]
fn a_policy_that_another_takes_the_place_of_stays_until_that_is_known() {
    let mut world = World::new();
    world.wait(1);
    world.say(Input::Opened(Opened::Stream));
    world.is_quick = false;
    world.link.as_mut().unwrap().routing_policy_v4_id = Nullable::Value("p-2".into());
    world.say(Input::Event(Event {
        sequence: 9,
        links: vec![ID.into()],
        ..Event::default()
    }));
    let (number, ask) = world.waiting.pop().unwrap();
    let answer = world.answer(&ask);
    world.say(Input::Answered { number, answer });
    assert_eq!(world.remote_prefixes(), ["10.20.0.0/16"]);
    world.is_quick = true;
    world.serve();
    assert_eq!(world.remote_prefixes(), ["10.21.0.0/16"]);
    // Taking one off never waits.
    world.link.as_mut().unwrap().routing_policy_v4_id = Nullable::Absent;
    world.say(Input::Event(Event {
        sequence: 10,
        links: vec![ID.into()],
        ..Event::default()
    }));
    assert!(world.remote_prefixes().is_empty());
}

#[test]
fn an_answer_about_another_link_is_none() {
    let mut world = World::new();
    world.wait(1);
    let before = world.translated();
    world.link.as_mut().unwrap().id = "other".into();
    world.wait(60);
    assert_eq!(world.translated(), before);
}

#[test]
fn what_was_kept_is_what_is_believed_after_a_restart() {
    let mut world = World::new();
    world.wait(1);
    world.link.as_mut().unwrap().status = api::LinkStatus::Configuring;
    world.wait(40);
    let kept = world.follower.remote().keep("url", "fr-par");
    let restored = Remote::restore(kept, Role::Customer);
    let source = world.config.source.as_ref().unwrap();
    let intent = translate(&world.config, source, &restored).intent;
    let link = intent.links.values().next().unwrap();
    assert_eq!(link.status, LinkStatus::Active, "the status that counted");
    assert_eq!(intent.whitelist_v4(link).unwrap().local.prefixes().len(), 1);
}

#[test]
fn a_link_whose_routers_cant_be_neighbours_is_closed_and_never_static() {
    for change in [
        (|link: &mut api::Link| link.peer_bgp_config = Nullable::Absent) as fn(&mut api::Link),
        |link| link.peer_bgp_config = link.scw_bgp_config.clone(),
        |link| {
            link.scw_bgp_config = Nullable::Value(BgpConfig {
                ipv4: "169.254.0.100/31".to_owned(),
                ..BgpConfig::default()
            });
        },
    ] {
        let mut world = World::new();
        change(world.link.as_mut().unwrap());
        world.wait(1);
        let translated = world.translated();
        let link = translated.intent.links.values().next().unwrap();
        assert!(link.interconnect_v4.is_none() && link.bgp.is_none());
        assert_eq!(translated.mismatches.len(), 1);
    }
}

#[test]
fn sections_that_the_api_carries_are_refused_with_their_place() {
    let text = format!("{FILE}vlan = 5\n[[routing_policy]]\nname = 'a'\n");
    let said = Config::parse(&text).unwrap_err().to_string();
    assert!(
        said.contains("`vlan` comes from the API, because of `[source]`: take it out"),
        "{said}"
    );
    assert!(said.contains("routing policies come from the API"), "{said}");
    let missing = FILE.replace(&format!("id = '{ID}'\n"), "");
    let said = Config::parse(&missing).unwrap_err().to_string();
    assert!(said.contains("`id` or `tags` is missing"), "{said}");
}

#[test]
fn a_followed_configuration_is_printed_as_it_is_read() {
    let config = Config::parse(FILE).unwrap();
    assert_eq!(Config::parse(&config.to_string()), Ok(config));
}

#[test]
fn a_policy_that_is_gone_before_it_was_ever_read_closes_what_the_one_before_it_held_open() {
    let mut world = World::new();
    world.wait(1);
    assert_eq!(world.remote_prefixes(), ["10.20.0.0/16"]);
    let mut changed = link();
    changed.routing_policy_v4_id = Nullable::Value("p-3".into());
    world.link = Ok(changed);
    world.wait(20);
    world.beliefs();
    world.wait(120);
    assert!(
        world.remote_prefixes().is_empty(),
        "closed after it was missing for good"
    );
    assert_eq!(
        world.follower.remote().policies_of_links().len(),
        1,
        "it is asked for on"
    );
    let why = world.translated().mismatches[0].to_string();
    assert!(why.contains("nothing is known of its IPv4 policy p-3"), "{why}");
}

#[test]
fn what_is_missing_has_to_be_so_for_longer_than_a_server_takes_to_be_replaced() {
    let mut world = World::new();
    world.wait(1);
    world.link = Err(gone());
    world.wait(u64::from(crate::config::model::default::POLL_INTERVAL) + 2);
    assert_eq!(
        world.status(),
        LinkStatus::Active,
        "missing once, and not for two seconds"
    );
    world.wait(10);
    assert_eq!(world.status(), LinkStatus::Deleted);
}

#[test]
fn a_link_that_tags_had_found_is_forgotten_when_it_is_gone() {
    let mut world = World::tagged();
    world.wait(1);
    assert_eq!(world.follower.remote().links.len(), 1);
    world.link = Err(gone());
    world.wait(120);
    assert_eq!(world.follower.remote().links.len(), 0);
    assert_eq!(world.status(), LinkStatus::Unknown, "its NIC stays closed");
}

#[test]
fn an_event_about_what_is_nobodys_here_is_no_trouble() {
    let mut world = World::tagged();
    world.link = Err(gone());
    world.wait(1);
    world.done.clear();
    world.say(Input::Event(Event {
        sequence: 7,
        links: vec!["other".into()],
        ..Event::default()
    }));
    world.wait(5);
    let troubled = world
        .done
        .iter()
        .any(|effect| matches!(effect, Effect::Troubled(Some(_))));
    assert!(!troubled, "{:?}", world.done);
}

#[test]
fn nobody_on_the_way_can_have_nothing_asked_for_for_long() {
    let mut world = World::new();
    world.wait(1);
    world.link = Err(Failed {
        retry_after: Some(Duration::from_secs(999_999_999)),
        ..away()
    });
    world.wait(60);
    world.link = Ok(api::Link {
        enable_route_propagation: false,
        ..link()
    });
    world.wait(300);
    let translated = world.translated();
    assert!(
        !translated
            .intent
            .links
            .values()
            .next()
            .unwrap()
            .enable_route_propagation
    );
}

#[test]
fn what_the_api_does_not_take_of_sessions_is_told_until_it_takes_it() {
    let mut world = World::new();
    world.wait(1);
    world.say(Input::Opened(Opened::Stream));
    let report = |status| api::extension::Report {
        bgp_v4_status: status,
        ..api::extension::Report::default()
    };
    world.say(Input::Sessions([(ID.into(), report(api::BgpStatus::Up))].into()));
    let posts = |world: &World| {
        let posts = world.done.iter().filter(|effect| matches!(effect, Effect::Post { .. }));
        posts.count()
    };
    assert_eq!(posts(&world), 1);
    let link = || ID.into();
    world.say(Input::Posted {
        link: link(),
        result: Err(away()),
    });
    assert_eq!(
        world.follower.standing().report_trouble.as_deref(),
        Some("can't connect")
    );
    world.wait(4);
    assert_eq!(posts(&world), 1, "not at once");
    world.wait(2);
    assert_eq!(posts(&world), 2);
    world.say(Input::Posted {
        link: link(),
        result: Ok(()),
    });
    assert_eq!(world.follower.standing().report_trouble, None);
    world.wait(50);
    assert_eq!(posts(&world), 2, "nothing is new");
    world.wait(15);
    assert_eq!(posts(&world), 3, "a sign of life");
    let no_path = Failed {
        is_no_such_path: true,
        ..away()
    };
    world.say(Input::Posted {
        link: link(),
        result: Err(no_path),
    });
    assert_eq!(world.follower.standing().report_trouble, None);
    world.wait(120);
    assert_eq!(posts(&world), 3, "the API has no reports");
    world.say(Input::Opened(Opened::Stream));
    assert_eq!(posts(&world), 4, "it may be another");
}

#[test]
fn a_stream_that_ends_is_opened_again_from_where_it_was() {
    let mut world = World::new();
    world.wait(1);
    world.say(Input::Opened(Opened::Stream));
    world.say(Input::Event(Event {
        sequence: 9,
        ..Event::default()
    }));
    world.done.clear();
    world.say(Input::Ended("silent".to_owned()));
    assert!(!world.follower.standing().is_live);
    assert_eq!(world.follower.standing().stream_trouble.as_deref(), Some("silent"));
    world.wait(2);
    assert!(
        world.done.contains(&Effect::Open { since: Some(9) }),
        "{:?}",
        world.done
    );
    world.done.clear();
    world.say(Input::Opened(Opened::NoSuchThing));
    assert_eq!(world.follower.standing().stream_trouble, None);
    world.wait(200);
    assert!(
        !world.done.iter().any(|effect| matches!(effect, Effect::Open { .. })),
        "not so soon"
    );
}

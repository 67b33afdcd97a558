//! What is asked for, when, and which answers count.

mod rounds;
mod stream;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use interlink_api::extension::{Event, Report};
use interlink_api::{self as api, LinkId, RoutingPolicyId};

use super::believed::{Policy, Remote};
use super::reports::Reports;
use super::translate::section_of;
use crate::backoff::Backoff;
use crate::config::{Select, SourceSection};
use crate::time::Time;
use stream::Stream;

/// How often an object has to be missing before that is believed.
const MISSING: u32 = 3;

/// How many questions that an event brought up are under way at most.
const AT_ONCE: usize = 8;

/// How many questions wait at most; an event that brings up more has everything read anew.
const MOST_URGENT: usize = 1000;

/// How often is asked while a stream tells of changes: it may be wrong.
const STREAM_POLL: Duration = Duration::from_mins(1);

/// Asking takes at most one part in so many of the time.
const SHARE: u32 = 20;

/// How long an answer may ask to wait: whoever is on the way could have nothing followed for years.
const MOST_PATIENCE: Duration = Duration::from_mins(5);

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// For one link.
    Link(LinkId),
    /// For the links with all of these tags.
    Tagged(BTreeSet<String>),
    /// For one policy.
    Policy(RoutingPolicyId),
}

impl From<&Select> for Ask {
    fn from(select: &Select) -> Self {
        match select {
            Select::Id(id) => Self::Link(id.clone()),
            Select::Tags(tags) => Self::Tagged(tags.clone()),
        }
    }
}

/// What an answer is about.
pub type Object = Ask;

/// An answer to a question.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Ask::Link`].
    Link(Box<api::Link>),
    /// To [`Ask::Tagged`].
    Links(Vec<api::Link>),
    /// To [`Ask::Policy`].
    Policy(Policy),
}

/// A question that got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Whether the API itself says that there is no such thing.
    pub is_not_found: bool,
    /// Whether there is no such path, so the API lacks what was asked of it.
    pub is_no_such_path: bool,
    /// Why, and what to do.
    pub why: String,
    /// How long the API asks to wait.
    pub retry_after: Option<Duration>,
}

impl Failed {
    /// How long to wait, at least.
    pub(super) fn patience(&self) -> Duration {
        self.retry_after.unwrap_or_default().min(MOST_PATIENCE)
    }
}

/// A fact.
#[derive(Clone, Debug)]
pub enum Input {
    /// What came of [`Effect::Ask`].
    Answered {
        /// Its number.
        number: u64,
        /// What.
        answer: Result<Answer, Failed>,
    },
    /// What came of [`Effect::Open`].
    Opened(Opened),
    /// The stream says what changed.
    Event(Event),
    /// The stream is over.
    Ended(String),
    /// How the sessions of links stand: of all of them, each time.
    Sessions(BTreeMap<LinkId, Report>),
    /// What came of [`Effect::Post`].
    Posted {
        /// Of which link.
        link: LinkId,
        /// What.
        result: Result<(), Failed>,
    },
}

/// What came of opening a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is open.
    Stream,
    /// The API has none.
    NoSuchThing,
    /// It couldn't be opened.
    Failed(Failed),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask, beside whatever is asked already.
    Ask {
        /// To be given back.
        number: u64,
        /// What for.
        ask: Ask,
    },
    /// Open the stream of changes.
    Open {
        /// The last change that is known.
        since: Option<u64>,
    },
    /// What is believed is another: enforce it, then keep it.
    Believe,
    /// Everything was read, and is as it is believed to be.
    Confirmed,
    /// What stands in the way is another, or nothing does any more.
    Troubled(Option<String>),
    /// Tell the API how the sessions of a link stand.
    Post {
        /// Which link.
        link: LinkId,
        /// How.
        report: Report,
    },
}

/// How often is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// As a rule.
    pub poll: Duration,
    /// While a link is being configured, or something seems to be missing.
    pub configuring: Duration,
}

/// How following stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether a stream tells of changes.
    pub is_live: bool,
    /// Why there is none, if there was one.
    pub stream_trouble: Option<String>,
    /// Why the API doesn't take what it is told of sessions.
    pub report_trouble: Option<String>,
}

/// See the [module](super).
#[derive(Debug)]
pub struct Follower {
    source: SourceSection,
    timing: Timing,
    remote: Remote,
    /// The number of the next question. A question with a higher number began later.
    next: u64,
    under_way: BTreeMap<u64, UnderWay>,
    /// Of each object, the question whose answer counts: an answer that was asked for earlier came too late.
    answered: BTreeMap<Object, u64>,
    missing: BTreeMap<Object, u32>,
    failing: BTreeMap<Object, String>,
    /// Questions that an event, or an answer, brought up.
    urgent: VecDeque<(Ask, Why)>,
    round: Option<Round>,
    round_at: Time,
    /// Whether a round is to begin now, whatever is under way.
    reads_anew: bool,
    backoff: Backoff,
    stream: Stream,
    reports: Reports,
    told: Option<String>,
    random: fastrand::Rng,
    effects: VecDeque<Effect>,
}

#[derive(Debug)]
struct UnderWay {
    ask: Ask,
    why: Why,
}

/// Why something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Its turn has come.
    Round,
    /// A link names it.
    Named,
    /// An event says that it changed.
    Event,
}

/// Everything, once.
#[derive(Debug)]
struct Round {
    began: Time,
    left: VecDeque<Ask>,
    /// Whether the links are read, so that it is known which policies matter.
    has_links: bool,
    /// How long an answer asked to wait.
    patience: Duration,
    failed: bool,
}

impl Follower {
    /// Begins with what was kept, and asks for everything at once.
    pub fn new(source: SourceSection, remote: Remote, seed: u64) -> Self {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let mut follower = Self {
            timing: Timing {
                poll: seconds(source.poll_interval),
                configuring: seconds(source.configuring_poll_interval),
            },
            source,
            remote,
            next: 0,
            under_way: BTreeMap::new(),
            answered: BTreeMap::new(),
            missing: BTreeMap::new(),
            failing: BTreeMap::new(),
            urgent: VecDeque::new(),
            round: None,
            round_at: Time::default(),
            reads_anew: false,
            backoff: Backoff::default(),
            stream: Stream::default(),
            reports: Reports::default(),
            told: None,
            random: fastrand::Rng::with_seed(seed),
            effects: VecDeque::new(),
        };
        // The file may name other links than when this was kept.
        follower.forget_unselected();
        follower
    }

    /// Takes a fact.
    pub fn handle(&mut self, input: Input, now: Time) {
        match input {
            Input::Answered { number, answer } => self.answered(number, answer, now),
            Input::Opened(opened) => self.opened(opened, now),
            Input::Event(event) => self.event(event),
            Input::Ended(why) => self.ended(why, now),
            Input::Sessions(sessions) => self.reports.want(sessions),
            Input::Posted { link, result } => self.reports.posted(&link, &result, now),
        }
        self.go_on(now);
    }

    /// Does what is due by now.
    pub fn handle_timeout(&mut self, now: Time) {
        self.go_on(now);
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Follower::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Time> {
        let round = self.round.is_none().then_some(self.round_at);
        [round, self.stream.opens_at(), self.report_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// What is believed.
    pub const fn remote(&self) -> &Remote {
        &self.remote
    }

    /// How following stands.
    pub fn standing(&self) -> Standing {
        Standing {
            is_live: self.stream.is_live(),
            stream_trouble: self.stream.trouble().map(str::to_owned),
            report_trouble: self.reports.trouble().map(str::to_owned),
        }
    }

    fn go_on(&mut self, now: Time) {
        if std::mem::take(&mut self.reads_anew) {
            self.round_now(now);
        }
        self.ask_urgently();
        self.round(now);
        if self.stream.opens_at().is_some_and(|at| at <= now) {
            let since = self.stream.open();
            self.effects.push_back(Effect::Open { since });
        }
        if self.stream.is_live() {
            for (link, report) in self.reports.due(now) {
                self.effects.push_back(Effect::Post { link, report });
            }
        }
        let trouble = self.trouble();
        if trouble != self.told {
            self.told.clone_from(&trouble);
            self.effects.push_back(Effect::Troubled(trouble));
        }
    }

    fn report_at(&self) -> Option<Time> {
        self.reports.next().filter(|_| self.stream.is_live())
    }

    /// What stands in the way: the first, and how many more there are.
    fn trouble(&self) -> Option<String> {
        let (object, why) = self.failing.iter().next()?;
        let more = match self.failing.len() {
            0 | 1 => String::new(),
            failing => format!(" (and {} more)", failing - 1),
        };
        Some(format!("{object}: {why}{more}"))
    }

    fn ask(&mut self, ask: Ask, why: Why) {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        self.under_way.insert(number, UnderWay { ask: ask.clone(), why });
        self.effects.push_back(Effect::Ask { number, ask });
    }

    /// Queues a question, unless it waits to be asked already: one that is under way may have been too early.
    fn ask_soon(&mut self, ask: Ask, why: Why) {
        if let Some((_, because)) = self.urgent.iter_mut().find(|(waiting, _)| *waiting == ask) {
            if why == Why::Event {
                *because = why;
            }
        } else if self.urgent.len() < MOST_URGENT {
            self.urgent.push_back((ask, why));
        } else if why == Why::Event {
            self.urgent.clear();
            self.reads_anew = true;
        } else {
            // A round asks for it in any case.
        }
    }

    fn ask_urgently(&mut self) {
        loop {
            let urgent = self.under_way.values().filter(|question| question.why != Why::Round);
            if urgent.count() >= AT_ONCE {
                return;
            }
            let Some((ask, why)) = self.urgent.pop_front() else {
                return;
            };
            self.ask(ask, why);
        }
    }

    fn answered(&mut self, number: u64, answer: Result<Answer, Failed>, now: Time) {
        let Some(UnderWay { ask, why }) = self.under_way.remove(&number) else {
            return;
        };
        let is_late = self.answered.get(&ask).is_some_and(|counts| *counts > number);
        let answer = answer.and_then(|answer| fits(&ask, answer));
        let failed = match answer {
            Ok(_) | Err(_) if is_late => None,
            Ok(answer) => {
                self.answered.insert(ask.clone(), number);
                self.missing.remove(&ask);
                self.failing.remove(&ask);
                self.believe(&ask, number, answer);
                None
            }
            Err(failed) if failed.is_not_found => {
                self.answered.insert(ask.clone(), number);
                self.is_missing(&ask, why, failed)
            }
            Err(failed) => {
                self.failing.insert(ask.clone(), failed.why.clone());
                Some(failed)
            }
        };
        match (why, failed) {
            (Why::Round, failed) => self.round_goes_on(failed, now),
            (Why::Named | Why::Event, Some(failed)) => self.round_sooner(failed.patience(), now),
            (Why::Named | Why::Event, None) => {}
        }
    }

    fn believe(&mut self, ask: &Ask, number: u64, answer: Answer) {
        let is_news = match answer {
            Answer::Link(link) => self.believe_link(*link),
            Answer::Links(links) => self.believe_links(ask, number, links),
            Answer::Policy(policy) => self.remote.put_policy(policy),
        };
        if is_news {
            self.effects.push_back(Effect::Believe);
        }
    }

    fn believe_link(&mut self, link: api::Link) -> bool {
        if section_of(&self.source, &link).is_none() {
            // Its tags are others now, so it is nobody's here.
            return self.remote.forget_link(&link.id);
        }
        let id = link.id.clone();
        let is_news = self.remote.put_link(link);
        for policy in self.remote.unknown_policies(&id) {
            self.ask_soon(Ask::Policy(policy), Why::Named);
        }
        is_news
    }

    fn believe_links(&mut self, ask: &Ask, number: u64, links: Vec<api::Link>) -> bool {
        let listed: BTreeSet<_> = links.iter().map(|link| link.id.clone()).collect();
        let mut is_news = false;
        for link in links {
            let of_link = Ask::Link(link.id.clone());
            if self.answered.get(&of_link).is_some_and(|counts| *counts > number) {
                continue;
            }
            self.answered.insert(of_link.clone(), number);
            self.missing.remove(&of_link);
            self.failing.remove(&of_link);
            is_news |= self.believe_link(link);
        }
        // Which are missing from the list has two explanations, so they are asked for themselves.
        let missing = self.remote.links.values().filter(|believed| {
            let section = section_of(&self.source, &believed.link);
            section.is_some_and(
                |section| matches!((&section.select, ask), (Select::Tags(tags), Ask::Tagged(asked)) if tags == asked),
            ) && !listed.contains(&believed.link.id)
        });
        let missing: Vec<_> = missing.map(|believed| believed.link.id.clone()).collect();
        for id in missing {
            self.ask_soon(Ask::Link(id), Why::Named);
        }
        is_news
    }

    /// The API says that there is no such thing: believed at once if a stream said that something happened to it, and
    /// otherwise only when it says so again and again.
    fn is_missing(&mut self, ask: &Ask, why: Why, failed: Failed) -> Option<Failed> {
        let times = self.missing.entry(ask.clone()).or_default();
        *times = times.saturating_add(1);
        if why != Why::Event && *times < MISSING {
            let why = format!("{} ({times} of {MISSING} times before it is believed)", failed.why);
            self.failing.insert(ask.clone(), why.clone());
            return Some(Failed { why, ..failed });
        }
        let is_known = match ask {
            Ask::Link(id) => self.remote.links.contains_key(id),
            Ask::Policy(_) => true,
            Ask::Tagged(_) => false,
        };
        if !is_known && !self.asked_for().contains(ask) {
            // An event named it, and it is nobody's here.
            self.failing.remove(ask);
            self.missing.remove(ask);
            return None;
        }
        if !is_known {
            self.failing.insert(ask.clone(), failed.why.clone());
            return Some(failed);
        }
        self.failing.remove(ask);
        let is_news = match ask {
            Ask::Link(id) if self.source.names(id) => self.remote.delete_link(id),
            // Tags found it. Its place and its name are for another now.
            Ask::Link(id) => self.remote.forget_link(id),
            Ask::Policy(id) => self.remote.delete_policy(id),
            Ask::Tagged(_) => false,
        };
        if is_news {
            self.effects.push_back(Effect::Believe);
        }
        None
    }

    fn forget_unselected(&mut self) {
        let Self { source, remote, .. } = self;
        remote
            .links
            .retain(|_, believed| section_of(source, &believed.link).is_some());
        remote.choose_policies();
    }
}

/// An answer that is about something else is none.
fn fits(ask: &Ask, answer: Answer) -> Result<Answer, Failed> {
    let about = match (ask, &answer) {
        (Ask::Link(id), Answer::Link(link)) if link.id == *id => None,
        (Ask::Policy(id), Answer::Policy(policy)) if policy.wire.id == *id => None,
        (Ask::Tagged(tags), Answer::Links(links)) => {
            let select = Select::Tags(tags.clone());
            let other = links.iter().find(|link| !select.selects(link));
            other.map(|link| format!("link {}, which doesn't have the tags", link.id))
        }
        (_, Answer::Link(link)) => Some(format!("link {}", link.id)),
        (_, Answer::Policy(policy)) => Some(format!("routing policy {}", policy.wire.id)),
        (_, Answer::Links(_)) => Some("a list".to_owned()),
    };
    match about {
        None => Ok(answer),
        Some(about) => Err(Failed {
            is_not_found: false,
            is_no_such_path: false,
            why: format!("the answer is about {about}: see whether `api_url` is right"),
            retry_after: None,
        }),
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(id) => write!(f, "link {id}"),
            Self::Policy(id) => write!(f, "routing policy {id}"),
            Self::Tagged(tags) => {
                let tags: Vec<_> = tags.iter().map(String::as_str).collect();
                write!(f, "links with the tags {}", tags.join(", "))
            }
        }
    }
}

//! The loop of the thread: answers into the core's follower, its questions to the API.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use interlink_api::LinkId;
use interlink_api::client::{Client, Events, Failure, StreamEnd};
use interlink_api::extension::{Event, Report};
use interlink_api::query::ListLinks;
use interlink_core::config::{Config, SourceSection};
use interlink_core::domain::Role;
use interlink_core::follow::{
    Answer, Ask, Effect, Failed, Follower, Input, Opened, Policy, Remote, Translated, translate,
};
use interlink_core::time::Time;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::state::Kept;
use super::{News, Standing};

pub(super) struct Task {
    config: Arc<Config>,
    source: SourceSection,
    client: Client,
    follower: Follower,
    wanted: Translated,
    standing: Standing,
    told: Standing,
    kept: Kept,
    began: Instant,
    calls: JoinSet<Came>,
    events: Option<Events>,
}

/// What came of a call.
enum Came {
    Answered(Input),
    Opened(Result<Option<Events>, Failure>),
}

enum Woken {
    Came(Came),
    Event(Result<Event, StreamEnd>),
    Sessions(BTreeMap<LinkId, Report>),
    Time,
    End,
}

impl Task {
    pub(super) fn new(
        config: Arc<Config>,
        source: SourceSection,
        remote: &Remote,
        client: Client,
        (wanted, standing): (&Translated, &Standing),
        kept: Kept,
        seed: u64,
    ) -> Self {
        Self {
            follower: Follower::new(source.clone(), remote.clone(), seed),
            config,
            source,
            client,
            wanted: wanted.clone(),
            standing: standing.clone(),
            told: standing.clone(),
            kept,
            began: Instant::now(),
            calls: JoinSet::new(),
            events: None,
        }
    }

    pub(super) async fn run(
        mut self,
        news: mpsc::UnboundedSender<News>,
        believes: watch::Sender<Arc<Remote>>,
        mut sessions: watch::Receiver<BTreeMap<LinkId, Report>>,
    ) {
        let now = self.now();
        self.follower.handle_timeout(now);
        loop {
            self.carry_out(&news, &believes);
            self.tell_standing(&news);
            let woken = self.wait(&mut sessions, &news).await;
            let now = self.now();
            match woken {
                Woken::Came(Came::Answered(input)) => self.follower.handle(input, now),
                Woken::Came(Came::Opened(opened)) => {
                    let opened = self.take_stream(opened);
                    self.follower.handle(Input::Opened(opened), now);
                }
                Woken::Event(Ok(event)) => self.follower.handle(Input::Event(event), now),
                Woken::Event(Err(end)) => {
                    self.events = None;
                    self.follower.handle(Input::Ended(end.to_string()), now);
                }
                Woken::Sessions(sessions) => self.follower.handle(Input::Sessions(sessions), now),
                Woken::Time => self.follower.handle_timeout(now),
                Woken::End => return,
            }
        }
    }

    async fn wait(
        &mut self,
        sessions: &mut watch::Receiver<BTreeMap<LinkId, Report>>,
        news: &mpsc::UnboundedSender<News>,
    ) -> Woken {
        let until = self.follower.poll_timeout().map(|at| self.now().until(at));
        let timer = async {
            match until {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        let Self { calls, events, .. } = self;
        let event = async {
            match events {
                Some(events) => events.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = news.closed() => Woken::End,
            event = event => Woken::Event(event),
            Some(came) = calls.join_next() => match came {
                Ok(came) => Woken::Came(came),
                // A call panicked. Its question would never be answered, so this ends, and the agent says so.
                Err(_) => Woken::End,
            },
            changed = sessions.changed() => match changed {
                Ok(()) => Woken::Sessions(sessions.borrow_and_update().clone()),
                Err(_) => Woken::End,
            },
            () = timer => Woken::Time,
        }
    }

    fn carry_out(&mut self, news: &mpsc::UnboundedSender<News>, believes: &watch::Sender<Arc<Remote>>) {
        while let Some(effect) = self.follower.poll_effect() {
            match effect {
                Effect::Ask { number, ask } => {
                    let (client, role) = (self.client.clone(), self.config.agent.role);
                    self.calls.spawn(async move {
                        let answer = answer(&client, ask, role).await;
                        Came::Answered(Input::Answered { number, answer })
                    });
                }
                Effect::Open { since } => {
                    let client = self.client.clone();
                    self.calls
                        .spawn(async move { Came::Opened(client.events(since).await) });
                }
                Effect::Post { link, report } => {
                    let client = self.client.clone();
                    self.calls.spawn(async move {
                        let result = client.report(&link, &report).await;
                        let result = result.map(drop).map_err(|failure| failed(&failure));
                        Came::Answered(Input::Posted { link, result })
                    });
                }
                Effect::Believe => self.believe(news, believes),
                Effect::Confirmed => {
                    self.standing.confirmed = Some(SystemTime::now());
                    self.keep(news);
                }
                Effect::Troubled(trouble) => self.standing.trouble = trouble,
            }
        }
    }

    /// Has what is believed enforced, and keeps it then.
    fn believe(&mut self, news: &mpsc::UnboundedSender<News>, believes: &watch::Sender<Arc<Remote>>) {
        believes.send_replace(Arc::new(self.follower.remote().clone()));
        self.kept.is_old();
        let translated = translate(&self.config, &self.source, self.follower.remote());
        if translated != self.wanted {
            self.wanted = translated.clone();
            // Nobody listens only when this is about to end.
            news.send(News::Wanted(Box::new(translated))).unwrap_or_default();
        }
        self.keep(news);
    }

    /// Keeps what is believed, unless another follows in the place of this one.
    fn keep(&mut self, news: &mpsc::UnboundedSender<News>) {
        let kept = self
            .kept
            .keep(&self.source, self.follower.remote(), self.standing.confirmed, || {
                news.is_closed()
            });
        self.standing.state_trouble = kept.err().map(|error| {
            let path = &self.source.state_file;
            format!("can't write {path}, so a restart without the API would begin with less: {error}")
        });
    }

    fn take_stream(&mut self, opened: Result<Option<Events>, Failure>) -> Opened {
        match opened {
            Ok(Some(events)) => {
                self.events = Some(events);
                Opened::Stream
            }
            Ok(None) => Opened::NoSuchThing,
            Err(failure) => Opened::Failed(failed(&failure)),
        }
    }

    fn tell_standing(&mut self, news: &mpsc::UnboundedSender<News>) {
        let standing = self.follower.standing();
        self.standing.is_live = standing.is_live;
        self.standing.stream_trouble = standing.stream_trouble;
        self.standing.report_trouble = standing.report_trouble;
        if self.standing != self.told {
            self.told = self.standing.clone();
            news.send(News::Standing(self.told.clone())).unwrap_or_default();
        }
    }

    fn now(&self) -> Time {
        Time(self.began.elapsed())
    }
}

async fn answer(client: &Client, ask: Ask, role: Role) -> Result<Answer, Failed> {
    let answer = match ask {
        Ask::Link(id) => client.get_link(&id).await.map(|link| Answer::Link(Box::new(link))),
        Ask::Tagged(tags) => {
            let query = ListLinks {
                tags: tags.into_iter().collect(),
                ..ListLinks::default()
            };
            client.list_links(&query).await.map(Answer::Links)
        }
        Ask::Policy(id) => {
            let policy = client.get_routing_policy(&id).await;
            policy.map(|policy| Answer::Policy(Policy::read(policy, role)))
        }
    };
    answer.map_err(|failure| failed(&failure))
}

fn failed(failure: &Failure) -> Failed {
    Failed {
        is_not_found: failure.is_not_found(),
        // The API's own 404 is about an object.
        is_no_such_path: matches!(failure, Failure::Status { status: 404, .. }),
        why: format!("{failure}: {}", failure.advice()),
        retry_after: failure.retry_after(),
    }
}

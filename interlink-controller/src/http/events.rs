//! The stream of changes, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream};
use hyper::body::Frame;
use interlink_api::extension::{ALIVE_SECONDS, Event};
use interlink_api::value::Extra;
use tokio::sync::watch;

use super::read::Faults;
use crate::controller::Controller;
use crate::ending::Ending;
use crate::rules::{Changed, FaultKind, Refusal, Sequence, State};

/// Half of what followers are promised, so that a late timer breaks nothing.
const ALIVE: Duration = Duration::from_secs(ALIVE_SECONDS / 2);

/// After which change the follower wants to hear: where it doesn't say, it hears that it knows nothing.
pub(super) fn since(query: &str) -> Result<Option<Sequence>, Refusal> {
    let mut faults = Faults::default();
    let mut since = None;
    for (_, value) in form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == "since") {
        since = match value.parse() {
            Ok(number) => Some(number),
            Err(_) => faults.add("since", FaultKind::Format, "since takes the sequence of an event"),
        };
    }
    faults.finish(Some(since))
}

/// One event at once, then one for every change, or for several that come together. It ends with the controller.
pub(super) fn stream(
    controller: Controller,
    since: Option<Sequence>,
    ending: Ending,
) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> + Send {
    let changes = controller.changes();
    let follower = Follower {
        controller,
        changes,
        ending,
        told: Told::Nothing { since },
    };
    stream::unfold(follower, |mut follower| async move {
        let text = follower.next().await?;
        Some((Ok(Frame::data(Bytes::from(text))), follower))
    })
}

struct Follower {
    controller: Controller,
    changes: watch::Receiver<Sequence>,
    ending: Ending,
    told: Told,
}

/// What the follower was told so far.
enum Told {
    Nothing { since: Option<Sequence> },
    UpTo(Sequence),
}

impl Follower {
    /// What it is told next; nothing when that was all.
    async fn next(&mut self) -> Option<String> {
        let event = match self.told {
            Told::Nothing { since } => {
                // What comes from here on is told by the next event.
                self.changes.mark_unchanged();
                first(&self.controller.state(), since)
            }
            Told::UpTo(sequence) => {
                tokio::select! {
                    changed = self.changes.changed() => changed.ok()?,
                    () = self.ending.over() => return None,
                    () = tokio::time::sleep(ALIVE) => return Some(": alive\n\n".to_owned()),
                }
                first(&self.controller.state(), Some(sequence))
            }
        };
        self.told = Told::UpTo(event.sequence);
        Some(text(&event))
    }
}

fn first(state: &State, since: Option<Sequence>) -> Event {
    match since.and_then(|since| state.changed_since(since)) {
        Some(Changed {
            sequence,
            links,
            policies,
        }) => Event {
            sequence,
            links: links.iter().map(|id| id.to_string().into()).collect(),
            routing_policies: policies.iter().map(|id| id.to_string().into()).collect(),
            reset: false,
            extra: Extra::new(),
        },
        None => Event {
            sequence: state.sequence(),
            reset: true,
            ..Event::default()
        },
    }
}

fn text(event: &Event) -> String {
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("id: {}\ndata: {data}\n\n", event.sequence)
}

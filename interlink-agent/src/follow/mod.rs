//! The API as a source of intent.
//!
//! Following has a thread of its own: a policy of a million prefixes is read there, and keeps no peer waiting.

mod state;
mod task;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

use interlink_api::LinkId;
use interlink_api::client::Retry;
use interlink_api::extension::Report;
use interlink_core::config::{Config, SourceSection};
use interlink_core::follow::{Remote, Translated, translate};
use interlink_core::report::ApiReport;
use tokio::sync::{mpsc, watch};

use crate::api::{self, ApiError, Said};
use state::Kept;
use task::Task;

/// What following has to say.
#[derive(Debug)]
pub enum News {
    /// Something else is wanted.
    Wanted(Box<Translated>),
    /// How it stands.
    Standing(Standing),
}

/// How following stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// When what is believed was last confirmed, by an agent before this one if need be.
    pub confirmed: Option<SystemTime>,
    /// Whether a stream tells of changes.
    pub is_live: bool,
    /// Why not, if there was one.
    pub stream_trouble: Option<String>,
    /// Why the API doesn't take what it is told of sessions.
    pub report_trouble: Option<String>,
    /// Why what is believed may be out of date.
    pub trouble: Option<String>,
    /// Why what is believed wouldn't survive a restart.
    pub state_trouble: Option<String>,
}

/// An API that is being followed, until this is dropped.
#[derive(Debug)]
pub struct Following {
    news: mpsc::UnboundedReceiver<News>,
    sessions: watch::Sender<BTreeMap<LinkId, Report>>,
    config: Arc<Config>,
    source: SourceSection,
    /// What the API is believed to say, as of now: news of it may be on the way.
    remote: watch::Receiver<Arc<Remote>>,
    /// Held by who writes the state file.
    writing: Arc<Mutex<()>>,
    ids: BTreeMap<interlink_core::name::Name, LinkId>,
    mismatches: Vec<String>,
    standing: Standing,
}

/// Why nothing can be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The client.
    #[error("`[source]`: {0}")]
    Api(#[from] ApiError),
    /// The system.
    #[error("can't start a thread: {0}")]
    Thread(#[from] std::io::Error),
}

impl Following {
    /// Follows what a configuration names, beginning with what is known: by the one before, if it followed the same API,
    /// or else from the file of the last time. Gives what is wanted by that.
    pub fn start(
        config: &Config,
        source: &SourceSection,
        before: Option<&Self>,
        seed: u64,
    ) -> Result<(Self, Translated), FollowError> {
        let said = Said {
            api_url: Some(source.api_url.clone()),
            region: Some(source.region.clone()),
            token_file: source.token_file.as_ref().map(PathBuf::from),
            ca_file: source.ca_file.as_ref().map(PathBuf::from),
            needs_profile: false,
        };
        let client = api::open(&said, Retry::NEVER)?.client;
        let (remote, standing) = if let Some(before) = before.filter(|before| before.is_of(source, config)) {
            // What stood in the way of the one before has to be met again.
            let standing = Standing {
                confirmed: before.standing.confirmed,
                ..Standing::default()
            };
            (Arc::clone(&before.remote.borrow()), standing)
        } else {
            let (remote, standing) = state::load(source, config.agent.role);
            (Arc::new(remote), standing)
        };
        let translated = translate(config, source, &remote);
        let (teller, news) = mpsc::unbounded_channel();
        let (sessions, hears) = watch::channel(BTreeMap::new());
        let (beliefs, believed) = watch::channel(Arc::clone(&remote));
        let writing = before.map_or_else(Arc::default, |before| Arc::clone(&before.writing));
        let config = Arc::new(config.clone());
        let task = Task::new(
            Arc::clone(&config),
            source.clone(),
            &remote,
            client,
            (&translated, &standing),
            Kept::new(Arc::clone(&writing)),
            seed,
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new()
            .name("follow".to_owned())
            .spawn(move || runtime.block_on(task.run(teller, beliefs, hears)))?;
        let following = Self {
            news,
            sessions,
            config,
            source: source.clone(),
            remote: believed,
            writing,
            ids: translated.ids.clone(),
            mismatches: said_of(&translated),
            standing,
        };
        Ok((following, translated))
    }

    /// What is new; what it says of itself is taken note of. Giving the call up loses nothing.
    pub async fn next(&mut self) -> News {
        match self.news.recv().await {
            Some(News::Wanted(translated)) => {
                self.ids = translated.ids.clone();
                self.mismatches = said_of(&translated);
                News::Wanted(translated)
            }
            Some(News::Standing(standing)) => {
                self.standing = standing.clone();
                News::Standing(standing)
            }
            // The thread ends after this does, or by a bug.
            None => {
                let trouble = "following the API ended by a bug: restart the agent".to_owned();
                if self.standing.trouble.as_ref() == Some(&trouble) {
                    return std::future::pending().await;
                }
                self.standing.trouble = Some(trouble);
                News::Standing(self.standing.clone())
            }
        }
    }

    /// What of the API's can't be taken as it is, in words.
    pub fn mismatches(&self) -> &[String] {
        &self.mismatches
    }

    /// Which link of the API each link is.
    pub const fn ids(&self) -> &BTreeMap<interlink_core::name::Name, LinkId> {
        &self.ids
    }

    /// Says how the sessions of all links stand.
    pub fn tell_sessions(&self, sessions: BTreeMap<LinkId, Report>) {
        self.sessions.send_if_modified(|told| {
            let is_news = *told != sessions;
            *told = sessions;
            is_news
        });
    }

    /// What another configuration of the same API would ask for.
    pub fn translate(&self, config: &Config) -> Option<Translated> {
        let source = config.source.as_ref().filter(|source| self.is_of(source, config))?;
        Some(translate(config, source, &self.remote.borrow()))
    }

    /// Why what is in force may not be what the API says.
    pub fn trouble(&self) -> Option<String> {
        self.standing.trouble.clone()
    }

    /// For `status`.
    pub fn report(&self) -> ApiReport {
        let Standing {
            confirmed,
            is_live,
            stream_trouble,
            report_trouble,
            trouble: _,
            state_trouble,
        } = &self.standing;
        let age = confirmed.map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
        ApiReport {
            url: self.source.api_url.clone(),
            region: self.source.region.clone(),
            confirmed_seconds_ago: age.map(|age| age.as_secs()),
            is_live: *is_live,
            stream_error: stream_trouble.clone(),
            report_error: report_trouble.clone(),
            state_error: state_trouble.clone(),
            mismatches: self.mismatches.clone(),
        }
    }

    /// Whether a section names the API that this follows. Policies were read for one end of the link.
    fn is_of(&self, source: &SourceSection, config: &Config) -> bool {
        self.source.api_url == source.api_url
            && self.source.region == source.region
            && self.config.agent.role == config.agent.role
    }
}

fn said_of(translated: &Translated) -> Vec<String> {
    translated.mismatches.iter().map(ToString::to_string).collect()
}

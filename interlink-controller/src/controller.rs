//! The one that changes the state: what is decided is kept first, then taken in, then told.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use interlink_core::time::Time;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use crate::rules::{Answer, Command, Context, Decision, Inventory, Moment, Refusal, Region, Sequence, State, decide};
use crate::store::{Store, StoreError};

/// How many requests wait for the one before; who comes later waits to be let in.
const WAITING: usize = 256;

/// The state, to be read by anybody and changed by commands, one at a time.
#[derive(Clone, Debug)]
pub struct Controller {
    shared: Arc<Shared>,
    requests: mpsc::Sender<Request>,
    changed: watch::Receiver<Sequence>,
}

/// Why a command isn't done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// By the rules.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// It can't be kept. Nothing has changed.
    #[error("the change can't be kept")]
    Store(#[from] StoreError),
    /// The system has no randomness.
    #[error("the system gives no random numbers")]
    Random(#[from] getrandom::Error),
    /// The controller is ending.
    #[error("the controller is ending")]
    Ending,
}

#[derive(Debug)]
struct Shared {
    state: RwLock<State>,
    inventory: Inventory,
    since: Moment,
}

#[derive(Debug)]
struct Request {
    region: Region,
    command: Command,
    answer: oneshot::Sender<Result<Answer, Failure>>,
}

impl Controller {
    /// Loads what is kept, and starts the thread that changes it. The thread ends with the last of the handles.
    pub fn start(store: Store, inventory: Inventory) -> Result<Self, StoreError> {
        let mut state = store.load()?;
        state.hear_all(Time::default());
        let (publish, changed) = watch::channel(state.sequence());
        let (requests, receiver) = mpsc::channel(WAITING);
        let shared = Arc::new(Shared {
            state: RwLock::new(state),
            inventory,
            since: store.created_at(),
        });
        let writer = Writer {
            shared: Arc::clone(&shared),
            store,
            publish,
            began: Instant::now(),
        };
        thread::spawn(move || writer.run(receiver));
        Ok(Self {
            shared,
            requests,
            changed,
        })
    }

    /// Has a command decided, kept and done.
    pub async fn ask(&self, region: Region, command: Command) -> Result<Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        let request = Request {
            region,
            command,
            answer,
        };
        self.requests.send(request).await.map_err(|_| Failure::Ending)?;
        answered.await.map_err(|_| Failure::Ending)?
    }

    /// Has done what time alone brings about.
    pub async fn tick(&self) -> Result<Answer, Failure> {
        self.ask(Region::default(), Command::Tick).await
    }

    /// Waits until no command can be carried out any more.
    pub async fn ended(&self) {
        self.requests.closed().await;
    }

    /// The state as it is now. To be let go soon: changes wait for it.
    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands there.
    pub fn inventory(&self) -> &Inventory {
        &self.shared.inventory
    }

    /// Since when it stands there: since the database does.
    pub fn since(&self) -> Moment {
        self.shared.since
    }

    /// The number of the last change, whenever there is another.
    pub fn changes(&self) -> watch::Receiver<Sequence> {
        self.changed.clone()
    }
}

struct Writer {
    shared: Arc<Shared>,
    store: Store,
    publish: watch::Sender<Sequence>,
    began: Instant,
}

impl Writer {
    fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(request) = requests.blocking_recv() {
            let Request {
                region,
                command,
                answer,
            } = request;
            // Who asked may be gone. What was done is done all the same.
            drop(answer.send(self.carry_out(region, command)));
        }
    }

    fn carry_out(&mut self, region: Region, command: Command) -> Result<Answer, Failure> {
        let context = Context {
            region,
            now: now(),
            up: Time(self.began.elapsed()),
            fresh: [random_id()?, random_id()?],
        };
        let heard = command.heard();
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        let decision = decide(&state, &self.shared.inventory, &context, command).map_err(Failure::Refused)?;
        let sequence = state.sequence().saturating_add(1);
        drop(state);
        let Decision { changes, answer } = decision;
        if !changes.is_empty() {
            self.store.commit(sequence, &changes)?;
        }
        let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = heard {
            state.hear(link, context.up);
        }
        if !changes.is_empty() {
            state.apply(sequence, &changes);
            drop(state);
            self.publish.send_replace(sequence);
        }
        Ok(answer)
    }
}

/// The time of the system's clock.
pub fn now() -> Moment {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(u64::try_from(since_1970.as_micros()).unwrap_or(u64::MAX))
}

/// An id that nothing has yet, of version 4 (RFC 9562, section 5.4).
pub fn random_id() -> Result<Uuid, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

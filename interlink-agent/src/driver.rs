//! The daemon's one loop: facts into the core, its effects into the kernel, their results back.
//!
//! It decides nothing. The order in which it looks at what may have happened is fixed: signals, commands, the file,
//! the kernel, peers, time.

mod answer;
mod follow;
mod speak;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use interlink_core::bgp::effect as bgp;
use interlink_core::bgp::speaker::Speaker;
use interlink_core::budget::Budget;
use interlink_core::domain::Intent;
use interlink_core::machine::{Effect, Input, Machine};
use interlink_core::name::InterfaceName;
use interlink_core::plan::{Op, OpError, Step};
use interlink_core::state::Observed;
use interlink_core::time::Time;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::bgp::Peers;
use crate::control::Server;
use crate::dataplane::{Dataplane, tag_stripping};
use crate::exit::{Exit, Failed};
use crate::follow::{Following, News};
use crate::log;
use crate::metrics::Exporter;
use crate::netlink::{Changes, Netlink};
use crate::source::{self, Watch};
use crate::supervisor::Supervisor;

/// Where the daemon finds what it works with.
#[derive(Debug)]
pub struct Options {
    /// The configuration.
    pub config: PathBuf,
    /// The socket for commands.
    pub socket: PathBuf,
    /// Who may look, beside root.
    pub socket_group: Option<String>,
    /// What outlives the daemon.
    pub bpffs: PathBuf,
}

/// Runs until a signal ends it, which leaves in the kernel what is there.
pub async fn run(options: Options) -> Result<(), Failed> {
    // Before the file is read, so that no change falls in between.
    let watch = Watch::new(options.config);
    let config = source::read(watch.path()).map_err(|error| Failed::new(Exit::Config, error))?;
    let dataplane = Dataplane::open(&options.bpffs)?;
    let (netlink, changes) = Netlink::open().map_err(|error| Failed::new(Exit::System, error))?;
    let server = Server::bind(&options.socket, options.socket_group.as_deref())?;
    let mut exporter = Exporter::new(server.requests());
    exporter.follow(config.metrics.listen);
    let mut driver = Driver {
        machine: Machine::new(seed()),
        speaker: Speaker::new(seed()),
        peers: Peers::new(),
        dataplane,
        netlink,
        changes,
        server,
        exporter,
        supervisor: Supervisor::new(),
        said: BTreeMap::new(),
        watch,
        following: None,
        mismatches: Vec::new(),
        sessions_changed: false,
        file_error: None,
        trial: None,
        began: Instant::now(),
    };
    let intent = driver
        .follow(&config)
        .map_err(|error| Failed::new(Exit::Config, error))?;
    driver.handle(Input::Intent {
        intent,
        confirm_within: None,
    });
    driver.serve(Signals::new()?).await
}

struct Driver {
    machine: Machine,
    speaker: Speaker,
    peers: Peers,
    dataplane: Dataplane,
    netlink: Netlink,
    changes: Changes,
    server: Server,
    exporter: Exporter,
    supervisor: Supervisor,
    /// How much may still be said of each peer.
    said: BTreeMap<bgp::SessionId, Budget>,
    watch: Watch,
    /// Where links and policies come from, if not from the file.
    following: Option<Following>,
    /// What of the API's was told not to fit.
    mismatches: Vec<String>,
    /// Whether the API that is followed may not know how the sessions stand.
    sessions_changed: bool,
    /// Why what the file says isn't in force.
    file_error: Option<String>,
    /// The text that becomes the file when it is confirmed.
    trial: Option<String>,
    began: Instant,
}

struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failed> {
        let listen = |kind| signal(kind).map_err(|error| Failed::new(Exit::System, error));
        Ok(Self {
            hangup: listen(SignalKind::hangup())?,
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }
}

/// What woke the loop.
enum Woken {
    End,
    Hangup,
    Asked(crate::control::Asked),
    FileChanged,
    News(News),
    KernelChanged,
    Peer(bgp::Input),
    Time,
}

impl Driver {
    async fn serve(&mut self, mut signals: Signals) -> Result<(), Failed> {
        loop {
            self.speak();
            while let Some(effect) = self.machine.poll_effect() {
                self.carry_out(effect).await?;
                // A long plan keeps no peer waiting.
                self.listen_to_peers();
                self.supervisor.tell(self.machine.lifecycle());
            }
            self.supervisor.tell(self.machine.lifecycle());
            match self.wait(&mut signals).await {
                Woken::End => {
                    self.handle(Input::Stop);
                    self.supervisor.tell(self.machine.lifecycle());
                    tracing::info!("going; what is enforced stays enforced (`interlink-agent unload` removes it)");
                    return Ok(());
                }
                Woken::Hangup => {
                    self.watch.take();
                    self.read_file();
                }
                Woken::FileChanged => self.read_file(),
                Woken::Asked(asked) => {
                    let answer = self.answer(&asked.request);
                    asked.answer(answer);
                }
                Woken::News(news) => self.take_news(news),
                Woken::KernelChanged => self.handle(Input::Changed),
                Woken::Peer(input) => self.hear(input),
                Woken::Time => {
                    let now = self.now();
                    self.machine.handle_timeout(now);
                }
            }
            self.listen_to_peers();
            self.report_sessions();
        }
    }

    async fn wait(&mut self, signals: &mut Signals) -> Woken {
        let timers = [self.machine.poll_timeout(), self.speaker.poll_timeout()];
        let until: Option<Duration> = timers.into_iter().flatten().min().map(|at| self.now().until(at));
        let until = until.into_iter().chain(self.supervisor.due_in()).min();
        let timer = async {
            match until {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        let news = async {
            match &mut self.following {
                Some(following) => following.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = signals.terminate.recv() => Woken::End,
            _ = signals.interrupt.recv() => Woken::End,
            _ = signals.hangup.recv() => Woken::Hangup,
            asked = self.server.next() => Woken::Asked(asked),
            news = news => Woken::News(news),
            () = self.watch.changed() => Woken::FileChanged,
            _ = self.changes.next() => Woken::KernelChanged,
            input = self.peers.next() => Woken::Peer(input),
            () = timer => Woken::Time,
        }
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<(), Failed> {
        match effect {
            Effect::Observe => {
                let observed = self.observe().await;
                if let Ok(observed) = &observed {
                    self.sessions_follow(observed);
                }
                self.handle(Input::Observed(observed));
            }
            Effect::Apply(step) => {
                let result = self.apply(&step).await;
                self.handle(Input::Done(result));
            }
            Effect::Tell(event) => log::tell(&event),
            Effect::GiveUp { troubles, unload } => return Err(self.give_up(troubles, &unload)),
        }
        Ok(())
    }

    async fn observe(&mut self) -> Result<Observed, String> {
        let mut interfaces = self.netlink.interfaces().await.map_err(|error| error.to_string())?;
        for nic in self
            .machine
            .intent_in_force()
            .map(Intent::nics_of_links)
            .unwrap_or_default()
        {
            if let Some(interface) = interfaces.get_mut(nic) {
                interface.tag_stripping = tag_stripping(nic);
            }
        }
        let nics = self.dataplane.observe(&interfaces).map_err(|error| error.to_string())?;
        let intent = self.machine.intent_in_force();
        let tables = intent.map(|intent| intent.tables(&interfaces)).unwrap_or_default();
        let rules = self.netlink.rules(&tables).await.map_err(|error| error.to_string())?;
        let began = self.began;
        let routes = self
            .changes
            .routes(&self.netlink, &interfaces, &tables, || Time(began.elapsed()))
            .await
            .map_err(|error| error.to_string())?;
        Ok(Observed {
            interfaces,
            nics,
            routes: routes.ours,
            foreign_routes: routes.others,
            rules: rules.ours,
            foreign_rules: rules.others,
        })
    }

    async fn apply(&mut self, Step { op, why: _ }: &Step) -> Result<(), OpError> {
        let nothing = std::collections::BTreeMap::new();
        let interfaces = self
            .machine
            .last_observed()
            .map_or(&nothing, |observed| &observed.interfaces);
        match op {
            Op::Load { nic } => self.dataplane.load(nic),
            Op::Replace { nic } => self.dataplane.replace(nic),
            Op::SetLink { nic, vlan, state, edit } => match edit {
                Some(edit) => self.dataplane.edit_link(nic, *vlan, state, *edit),
                None => self.dataplane.set_link(nic, *vlan, state),
            },
            Op::RemoveLink { nic, vlan } => self.dataplane.remove_link(nic, *vlan),
            Op::SetNic { nic, settings } => self.dataplane.set_nic(nic, *settings),
            Op::Attach { nic, mode } => {
                let interface = interfaces.get(nic).ok_or_else(|| OpError::NoInterface(nic.clone()))?;
                self.dataplane.attach(nic, *mode, interface)
            }
            Op::KeepTags { nic } => self.dataplane.keep_tags(nic),
            Op::AddRoutes(routes) => self.changes.add_routes(&self.netlink, routes, interfaces).await,
            Op::AddRules(rules) => self.netlink.add_rules(rules).await,
            Op::RemoveRules(rules) => self.netlink.remove_rules(rules).await,
            Op::MakeVlan { interface, link } => self.netlink.make_vlan(interface, link, interfaces).await,
            Op::BringUp { interface } => self.netlink.bring_up(interface, interfaces).await,
            Op::SetMtu { interface, mtu } => self.netlink.set_mtu(interface, *mtu, interfaces).await,
            Op::AddAddresses { interface, addresses } => {
                self.netlink.add_addresses(interface, addresses, interfaces).await
            }
            Op::RemoveAddresses { interface, addresses } => {
                self.netlink.remove_addresses(interface, addresses, interfaces).await
            }
            Op::RemoveInterface { interface } => self.netlink.remove_interface(interface, interfaces).await,
            Op::RemoveRoutes(routes) => self.changes.remove_routes(&self.netlink, routes, interfaces).await,
        }
    }

    /// Reads the file and puts what it says in force, or says why not.
    fn read_file(&mut self) {
        let read = source::read(self.watch.path()).map_err(|error| error.to_string());
        let intent = read.and_then(|config| {
            let intent = self.follow(&config).map_err(|error| error.to_string())?;
            Ok((intent, config.metrics.listen))
        });
        match intent {
            Ok((intent, listen)) => {
                tracing::info!(file = %self.watch.path().display(), "read the configuration");
                self.trial = None;
                self.file_error = None;
                self.exporter.follow(listen);
                self.handle(Input::Intent {
                    intent,
                    confirm_within: None,
                });
            }
            Err(error) => self.file_error = Some(error),
        }
        self.tell_source();
    }

    fn give_up(&mut self, troubles: Vec<String>, unload: &[InterfaceName]) -> Failed {
        let mut lines = troubles;
        for nic in unload {
            if let Err(error) = self.dataplane.detach(nic) {
                lines.push(error.to_string());
            }
        }
        Failed::say(Exit::Unprotected, lines.join("\n"))
    }

    fn handle(&mut self, input: Input) {
        let now = self.now();
        self.machine.handle(input, now);
    }

    fn now(&self) -> Time {
        Time(self.began.elapsed())
    }
}

/// Differs between daemons, so that what fails for many at once isn't tried again by all at once.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

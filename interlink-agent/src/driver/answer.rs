//! What the daemon answers to commands.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use interlink_common::Verdict;
use interlink_core::bgp::effect::{self as bgp, SessionId};
use interlink_core::config::Config;
use interlink_core::domain::Intent;
use interlink_core::explain::explain;
use interlink_core::machine::Input;
use interlink_core::metrics::{self, Scrape};
use interlink_core::name::{InterfaceName, Name};
use interlink_core::report::{Counters, Report, RouteFilter, RoutePage, report, routes};
use interlink_core::state::RouteKey;

use super::Driver;
use crate::control::{Answer, Explained, Request};
use crate::exit::Exit;
use crate::follow::Following;
use crate::process;
use crate::source;

impl Driver {
    pub(super) fn answer(&mut self, request: &Request) -> Answer {
        let answer = match request {
            Request::Status => Ok(Answer::Status(Box::new(self.report()))),
            Request::Metrics => Ok(self.metrics()),
            Request::Plan { candidate } => self.plan(candidate.as_deref()),
            Request::Explain {
                source,
                destination,
                link,
            } => self.explain((*source, *destination), link.as_deref()),
            Request::Routes { vpc, link, after } => self.routes(vpc.as_deref(), link.as_deref(), *after),
            Request::Sessions { link } => self.sessions(link.as_deref()),
            Request::ResetSession { link } => self.tell_sessions(link, bgp::Input::Reset, "begins anew"),
            Request::RefreshSession { link } => {
                self.tell_sessions(link, bgp::Input::Refresh, "is asked for everything")
            }
            Request::Reload => self.reload(),
            Request::Try {
                candidate,
                confirm_within_seconds,
            } => self.attempt(candidate, Duration::from_secs(confirm_within_seconds.get())),
            Request::Confirm => self.confirm(),
            Request::Undo => self.undo(),
        };
        answer.unwrap_or_else(|Refusal { exit, text }| Answer::Refused {
            code: exit.code(),
            text,
        })
    }

    fn report(&self) -> Report {
        let mut counters = Counters::new();
        for nic in self.nics() {
            match self.dataplane.counters(nic) {
                Ok(rows) => {
                    counters.insert(nic.clone(), rows);
                }
                Err(error) => tracing::debug!(%nic, %error, "no counters"),
            }
        }
        let file = self.watch.path().display().to_string();
        let version = env!("CARGO_PKG_VERSION");
        let mut report = report(&self.machine, &file, &counters, version, self.now());
        report.metrics = self.exporter.report();
        report.source.api = self.following.as_ref().map(Following::report);
        report
    }

    fn metrics(&self) -> Answer {
        let mut memory = Vec::new();
        for nic in self.nics() {
            match self.dataplane.memory(nic) {
                Ok(tables) => memory.extend(tables),
                Err(error) => tracing::debug!(%nic, %error, "the memory of its tables isn't known"),
            }
        }
        let now = self.now();
        let text = metrics::render(&Scrape {
            report: &self.report(),
            sessions: &self.speaker.report(now),
            tally: self.machine.tally(),
            memory: &memory,
            process: process::read(),
            now,
        });
        Answer::Metrics { text }
    }

    /// The NICs that have something of ours, as of the last look.
    fn nics(&self) -> impl Iterator<Item = &InterfaceName> {
        let observed = self.machine.last_observed().into_iter();
        observed.flat_map(|observed| observed.nics.keys())
    }

    fn plan(&self, candidate: Option<&str>) -> Result<Answer, Refusal> {
        let intent = match candidate {
            Some(text) => self.intent_of(text)?,
            None => self.intent()?.clone(),
        };
        let plan = self.machine.plan_for(&intent).ok_or_else(Refusal::too_early)?;
        Ok(Answer::Plan { text: plan.to_string() })
    }

    fn explain(&self, packet: (IpAddr, IpAddr), link: Option<&str>) -> Result<Answer, Refusal> {
        let intent = self.intent()?;
        let link = intent
            .link(link)
            .map_err(|error| Refusal::new(Exit::Usage, error.to_string()))?;
        let observed = self.machine.last_observed().ok_or_else(Refusal::too_early)?;
        let heard = self.speaker.heard(&link.name, packet.0);
        let explanation = explain(intent, self.machine.facts(), observed, link, packet, heard)
            .map_err(|error| Refusal::new(Exit::Usage, error.to_string()))?;
        Ok(Answer::Explain(Explained {
            passes: explanation.reason.verdict() == Verdict::Pass,
            reason: explanation.reason.name().to_owned(),
            source: explanation.source.name().to_owned(),
            destination: explanation.destination.name().to_owned(),
            link: link.name.to_string(),
            lines: explanation.lines(link, packet),
        }))
    }

    fn routes(&self, vpc: Option<&str>, link: Option<&str>, after: Option<RouteKey>) -> Result<Answer, Refusal> {
        let intent = self.intent()?;
        let observed = self.machine.last_observed().ok_or_else(Refusal::too_early)?;
        let vpc = vpc.map(|name| find(name, "vpc", &intent.vpcs)).transpose()?;
        let table = match vpc {
            Some(vpc) => match vpc.table.number(&observed.interfaces) {
                None => return Ok(Answer::Routes(RoutePage::default())),
                table => table,
            },
            None => None,
        };
        let link = link.map(|name| find(name, "link", &intent.links)).transpose()?;
        let filter = RouteFilter { table, link, after };
        Ok(Answer::Routes(routes(&self.machine, &filter, ROUTES_PER_PAGE)))
    }

    fn sessions(&self, link: Option<&str>) -> Result<Answer, Refusal> {
        let mut sessions = self.speaker.report(self.now());
        if let Some(link) = link {
            self.sessions_of(link)?;
            sessions.retain(|session| session.link == link);
        }
        Ok(Answer::Sessions { sessions })
    }

    fn tell_sessions(&mut self, link: &str, tell: fn(SessionId) -> bgp::Input, done: &str) -> Result<Answer, Refusal> {
        for session in self.sessions_of(link)? {
            self.hear(tell(session));
        }
        Ok(Answer::Done {
            text: format!("the peer of link {link:?} {done}: `interlink-agent session` shows what comes of it"),
        })
    }

    fn sessions_of(&self, link: &str) -> Result<Vec<SessionId>, Refusal> {
        let sessions: Vec<_> = self
            .speaker
            .ids()
            .filter(|id| id.link.as_str() == link)
            .cloned()
            .collect();
        if sessions.is_empty() {
            let why = format!("link {link:?} has no BGP session: there is no such link, or it is static");
            return Err(Refusal::new(Exit::Usage, why));
        }
        Ok(sessions)
    }

    fn reload(&mut self) -> Result<Answer, Refusal> {
        self.watch.take();
        self.read_file();
        match &self.file_error {
            Some(error) => Err(Refusal::new(Exit::Config, error.clone())),
            None => Ok(Answer::Done {
                text: "the configuration is being enforced: `interlink-agent status` shows how far that is".to_owned(),
            }),
        }
    }

    fn attempt(&mut self, candidate: &str, within: Duration) -> Result<Answer, Refusal> {
        let config = parse(candidate)?;
        if self.following.is_some() || config.source.is_some() {
            return Err(Refusal::new(
                Exit::Usage,
                "links and policies come from an API, which goes on meanwhile, so nothing can be tried: change the file, or \
                 the API's objects",
            ));
        }
        let intent = config.intent();
        self.trial = Some(candidate.to_owned());
        self.handle(Input::Intent {
            intent,
            confirm_within: Some(within),
        });
        let seconds = within.as_secs();
        Ok(Answer::Done {
            text: format!(
                "the candidate is being enforced; it is undone in {seconds} s unless you run `interlink-agent confirm`"
            ),
        })
    }

    /// A candidate is written before it is kept: what was confirmed is in the file, also after a restart.
    fn confirm(&mut self) -> Result<Answer, Refusal> {
        let no_trial = |error: interlink_core::commit::NoTrial| Refusal::new(Exit::Failure, error.to_string());
        if self.machine.trial().is_none() {
            return Err(no_trial(interlink_core::commit::NoTrial));
        }
        let path = self.watch.path().to_owned();
        if let Some(text) = &self.trial {
            replace_file(&path, text).map_err(|error| {
                let path = path.display();
                Refusal::new(
                    Exit::Failure,
                    format!("can't write {path}, so the candidate is still on trial: {error}"),
                )
            })?;
            self.watch.take();
        }
        self.machine.confirm().map_err(no_trial)?;
        self.trial = None;
        Ok(Answer::Done {
            text: "confirmed".to_owned(),
        })
    }

    fn undo(&mut self) -> Result<Answer, Refusal> {
        let now = self.now();
        self.machine
            .undo(now)
            .map_err(|error| Refusal::new(Exit::Failure, error.to_string()))?;
        self.trial = None;
        Ok(Answer::Done {
            text: "undone".to_owned(),
        })
    }

    /// What a candidate asks for; of an API only what is known of it already.
    fn intent_of(&self, candidate: &str) -> Result<Intent, Refusal> {
        let config = parse(candidate)?;
        if config.source.is_none() {
            return Ok(config.intent());
        }
        let translated = self
            .following
            .as_ref()
            .and_then(|following| following.translate(&config));
        translated.map(|translated| translated.intent).ok_or_else(|| {
            let why =
                "the candidate follows another API, of which nothing is known yet: `check` tells whether it is valid";
            Refusal::new(Exit::Usage, why)
        })
    }

    fn intent(&self) -> Result<&Intent, Refusal> {
        self.machine.intent_in_force().ok_or_else(Refusal::too_early)
    }
}

fn parse(text: &str) -> Result<Config, Refusal> {
    let config = source::parse(Path::new("candidate"), text);
    config.map_err(|error| Refusal::new(Exit::Config, error.to_string()))
}

struct Refusal {
    exit: Exit,
    text: String,
}

impl Refusal {
    fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self {
            exit,
            text: text.into(),
        }
    }

    fn too_early() -> Self {
        Self::new(
            Exit::Failure,
            "the agent hasn't seen the kernel's state yet: ask again in a moment",
        )
    }
}

/// How many routes go into one answer: a megabyte of text.
const ROUTES_PER_PAGE: usize = 8192;

fn find<'i, T>(name: &str, kind: &str, objects: &'i BTreeMap<Name, T>) -> Result<&'i T, Refusal> {
    let found = objects.iter().find(|(known, _)| known.as_str() == name);
    found.map(|(_, object)| object).ok_or_else(|| {
        let names: Vec<_> = objects.keys().map(|name| format!("{:?}", name.as_str())).collect();
        let names = names.join(", ");
        Refusal::new(Exit::Usage, format!("there is no {kind} {name:?}: there are {names}"))
    })
}

/// Puts a text in a file's place in one step, with the file's permissions.
fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let mode = fs::metadata(&path)?.permissions().mode();
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut file = fs::File::create(&beside)?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, &path)
}

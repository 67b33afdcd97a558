//! `drops`

mod line;
mod names;

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use interlink_common::{Budget, Reason, Verdict};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Bpffs, Socket};
use crate::dataplane::{DropWatch, Dropped, Filter, Missing};
use crate::exit::{Exit, Failed};
use crate::out;

use line::Line;
use names::Names;

/// How often the programs' samples are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often the programs are told to go on.
const RENEW_EVERY: Duration = Duration::from_secs(1);

/// Watch dropped packets, one line each, until Ctrl-C.
///
/// The programs sample only while somebody watches, and no more than `--per-second`, so a flood costs little; what was
/// left out is counted at the end. Works without the agent too, but then links have no names.
#[derive(Debug, Args)]
pub(super) struct Drops {
    /// Only packets of this link.
    #[arg(long, value_name = "NAME")]
    link: Option<String>,
    /// Only packets that were dropped for this reason.
    #[arg(long, value_name = "REASON", hide_possible_values = true, value_parser = reasons())]
    reason: Option<Reason>,
    /// End after this many.
    #[arg(long, value_name = "N")]
    count: Option<NonZeroU64>,
    /// Show at most this many a second for each reason.
    #[arg(long, value_name = "N", default_value = "10")]
    per_second: NonZeroU32,
    /// Print a JSON object for each packet.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: Socket,
    #[command(flatten)]
    bpffs: Bpffs,
}

impl Drops {
    pub(super) fn run(self) -> Result<Exit, Failed> {
        let names = Names::ask(&self.socket);
        let link = match &self.link {
            Some(name) => Some(names.as_ref().map_err(names::no_agent)?.find(name)?),
            None => None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failed::new(Exit::System, error))?;
        let shown = runtime.block_on(async {
            let ending = Ending::new()?;
            let watch = DropWatch::begin(
                &self.bpffs.bpffs,
                Filter {
                    link,
                    reason: self.reason,
                    per_second: self.per_second,
                },
            )?;
            let names = names.unwrap_or_default();
            Show::new(&self, &names).run(watch, ending).await
        })?;
        out::complain(&closing(&shown));
        Ok(Exit::Success)
    }
}

/// What was shown in the end, and what not.
struct Shown {
    packets: u64,
    missing: Missing,
}

/// The signals that end it.
struct Ending {
    interrupt: Signal,
    terminate: Signal,
}

impl Ending {
    fn new() -> Result<Self, Failed> {
        let listen = |kind| signal(kind).map_err(|error| Failed::new(Exit::System, error));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn come(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Prints packets, as many as were asked for.
struct Show<'a> {
    names: &'a Names,
    json: bool,
    per_second: u32,
    left: Option<u64>,
    packets: u64,
    /// Each CPU has a budget of its own; these are for all of them together.
    budgets: BTreeMap<u32, Budget>,
}

impl<'a> Show<'a> {
    fn new(drops: &Drops, names: &'a Names) -> Self {
        Self {
            names,
            json: drops.json,
            per_second: drops.per_second.get(),
            left: drops.count.map(NonZeroU64::get),
            packets: 0,
            budgets: BTreeMap::new(),
        }
    }

    async fn run(mut self, mut watch: DropWatch, mut ending: Ending) -> Result<Shown, Failed> {
        let (mut looks, mut renewals) = (every(LOOK_EVERY), every(RENEW_EVERY));
        loop {
            tokio::select! {
                biased;
                () = ending.come() => {
                    self.print(&watch.read())?;
                    break;
                }
                _ = renewals.tick() => watch.renew()?,
                _ = looks.tick() => if !self.print(&watch.read())? {
                    break;
                },
            }
        }
        let Missing { left_out, lost } = watch.missing();
        let left_out = left_out + self.budgets.values().map(|budget| budget.left_out).sum::<u64>();
        Ok(Shown {
            packets: self.packets,
            missing: Missing { left_out, lost },
        })
    }

    /// Says whether more are wanted.
    fn print(&mut self, dropped: &[Dropped]) -> Result<bool, Failed> {
        let mut text = String::new();
        for dropped in dropped {
            if self.left == Some(0) {
                break;
            }
            let budget = self.budgets.entry(dropped.sample.reason).or_default();
            if !budget.take(dropped.sample.time, self.per_second) {
                continue;
            }
            let line = Line::new(dropped, self.names);
            text += &if self.json { line.json()? } else { line.to_string() };
            text.push('\n');
            self.packets += 1;
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        let is_heard = out::print_while_heard(&text).map_err(anyhow::Error::from)?;
        Ok(is_heard && self.left != Some(0))
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// The reasons that packets are dropped for, by their names.
fn reasons() -> impl TypedValueParser<Value = Reason> {
    let drops = || Reason::ALL.iter().filter(|reason| reason.verdict() == Verdict::Drop);
    let names = drops().map(|reason| clap::builder::PossibleValue::new(reason.name()).help(reason.summary()));
    PossibleValuesParser::new(names).try_map(move |name| {
        let found = drops().find(|reason| reason.name() == name).copied();
        found.ok_or_else(|| format!("there is no reason {name:?}"))
    })
}

fn closing(shown: &Shown) -> String {
    let Shown {
        packets,
        missing: Missing { left_out, lost },
    } = shown;
    format!("{packets} packets shown, {left_out} left out by --per-second, {lost} lost\n")
}

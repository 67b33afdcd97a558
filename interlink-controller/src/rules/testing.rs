//! A small world for the tests: an inventory, a state, and a clock that is set by hand.

use std::sync::Arc;
use std::time::Duration;

use interlink_core::family::{Family, PerFamily};
use interlink_core::name::Name;
use interlink_core::time::Time;
use uuid::Uuid;

use super::{
    Answer, Bandwidth, Command, ConnectionId, Context, Decision, Inventory, Link, LinkId, Moment, NewHost, NewLink,
    NewPolicy, PartnerAct, PartnerId, PolicyId, PopId, Refusal, Region, Report, State, VpcId, decide,
};

pub(crate) const INVENTORY: &str = include_str!("testing/inventory.toml");

pub(crate) const DC5: PopId = PopId(id(0x01));
pub(crate) const MRS2: PopId = PopId(id(0x02));
pub(crate) const AMS1: PopId = PopId(id(0x03));
pub(crate) const FRANCE_IX: PartnerId = PartnerId(id(0x11));
pub(crate) const FREE_PRO: PartnerId = PartnerId(id(0x12));
pub(crate) const RACK: ConnectionId = ConnectionId(id(0x21));
pub(crate) const PATCHING: ConnectionId = ConnectionId(id(0x22));
pub(crate) const PROD: VpcId = VpcId(id(0x31));
pub(crate) const TEST: VpcId = VpcId(id(0x32));
pub(crate) const ELSEWHERE: VpcId = VpcId(id(0x33));

const fn id(last: u128) -> Uuid {
    Uuid::from_u128(last)
}

pub(crate) struct World {
    pub(crate) inventory: Inventory,
    pub(crate) state: State,
    pub(crate) now: Moment,
    made: u128,
}

impl World {
    pub(crate) fn new() -> Self {
        let inventory = crate::inventory::parse(INVENTORY).unwrap_or_else(|errors| panic!("{errors}"));
        Self {
            inventory,
            state: State::default(),
            now: Moment(1_800_000_000_000_000),
            made: 0x1_0000,
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    pub(crate) fn up(&self) -> Time {
        Time(Duration::from_micros(self.now.0))
    }

    pub(crate) fn decide(&mut self, region: &str, command: Command) -> Result<Decision, Refusal> {
        self.made += 2;
        let context = Context {
            region: Region::new(region).unwrap(),
            now: self.now,
            up: self.up(),
            fresh: [id(self.made), id(self.made + 1)],
        };
        decide(&self.state, &self.inventory, &context, command)
    }

    /// As the controller does it: decided, then taken in.
    pub(crate) fn ask(&mut self, command: Command) -> Result<Answer, Refusal> {
        self.ask_in("fr-par", command)
    }

    pub(crate) fn ask_in(&mut self, region: &str, command: Command) -> Result<Answer, Refusal> {
        let heard = command.heard();
        let Decision { changes, answer } = self.decide(region, command)?;
        if let Some(link) = heard {
            self.state.hear(link, self.up());
        }
        if !changes.is_empty() {
            self.state.apply(self.state.sequence() + 1, &changes);
        }
        Ok(answer)
    }

    pub(crate) fn link_of(&mut self, command: Command) -> Arc<Link> {
        match self.ask(command) {
            Ok(Answer::Link(link)) => link,
            other => panic!("no link: {other:?}"),
        }
    }

    pub(crate) fn hosted(&mut self) -> LinkId {
        self.link_of(Command::CreateLink(new_link(NewHost::Partner(FRANCE_IX))))
            .id
    }

    pub(crate) fn dedicated(&mut self) -> LinkId {
        self.link_of(Command::CreateLink(new_link(NewHost::Dedicated(RACK)))).id
    }

    /// A hosted link whose partner is done.
    pub(crate) fn provisioned(&mut self) -> LinkId {
        let link = self.hosted();
        self.ask(Command::Partner(link, PartnerAct::Approve)).unwrap();
        self.ask(Command::Partner(link, PartnerAct::Complete)).unwrap();
        link
    }

    pub(crate) fn policy(&mut self, family: Family) -> PolicyId {
        match self.ask(Command::CreatePolicy(new_policy(family))) {
            Ok(Answer::Policy(policy)) => policy.id,
            other => panic!("no policy: {other:?}"),
        }
    }

    pub(crate) fn link(&self, id: LinkId) -> &Link {
        self.state.link(id).unwrap()
    }

    pub(crate) fn status(&self, id: LinkId) -> String {
        self.state
            .link(id)
            .map_or_else(|| "gone".to_owned(), |link| link.status().to_string())
    }
}

pub(crate) fn new_link(host: NewHost) -> NewLink {
    NewLink {
        project: None,
        name: name("paris"),
        tags: Vec::new(),
        pop: DC5,
        bandwidth: Bandwidth::try_from(100).unwrap(),
        host,
        peer_asn: None,
        vlan: None,
        policies: PerFamily::default(),
    }
}

pub(crate) fn new_policy(family: Family) -> NewPolicy {
    let (filter_in, filter_out) = match family {
        Family::V4 => ("10.20.0.0/16", "172.16.4.0/22"),
        Family::V6 => ("2001:db8:20::/48", "2001:db8:4::/48"),
    };
    NewPolicy {
        project: None,
        name: name("prod"),
        tags: Vec::new(),
        family,
        filter_in: vec![filter_in.parse().unwrap()],
        filter_out: vec![filter_out.parse().unwrap()],
    }
}

pub(crate) fn report(v4: bool, v6: bool) -> Report {
    Report {
        up: PerFamily { v4, v6 },
        learned: None,
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

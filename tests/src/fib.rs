//! What a million routes cost: ours, `ip -batch` and BIRD, in namespaces of their own, with the same table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use interlink_agent::netlink::Netlink;
use interlink_core::config::Config;
use interlink_core::domain::Intent;
use interlink_core::family::PerFamily;
use interlink_core::gate::Session;
use interlink_core::name::Name;
use interlink_core::plan::{Op, plan};
use interlink_core::prefix::Prefix;
use interlink_core::state::{
    AttachMode, Attachment, Derived, Facts, Learned, LearnedRoute, Observed, ObservedNic, Priority, Router,
    TableNumber, derive,
};
use interlink_core::time::Time;

use crate::agent::Agent;
use crate::dfz;
use crate::figures::Row;
use crate::lab::{LINK, Lab};
use crate::netns::NetNs;
use crate::random::Random;

const SEED: u64 = 5;
const TABLE: u32 = 100;
const NIC: &str = "wan0";
const GATEWAY: &str = "10.255.0.2";

/// How long anything may take before it is given up.
const PATIENCE: Duration = Duration::from_mins(5);

/// Measures everything in as many rounds. `INTERLINK_ROUTES=1000` makes the million fewer, to try it.
pub fn measure(rounds: usize, progress: impl Fn(&str)) -> Vec<Row> {
    let count = std::env::var("INTERLINK_ROUTES").map_or(1_000_000, |text| text.parse().unwrap());
    let prefixes: BTreeSet<_> = dfz::prefixes_v4(&mut Random::new(SEED), count).into_iter().collect();
    // BIRD takes no loopback addresses.
    let is_taken = |prefix: &Prefix<Ipv4Addr>| !prefix.network().is_loopback();
    let table = Table {
        prefixes: prefixes.into_iter().filter(is_taken).collect(),
    };
    progress(&format!("{} prefixes", table.prefixes.len()));
    let mut figures = Figures::default();
    for round in 1..=rounds {
        progress(&format!("round {round}: interlink"));
        table.interlink(&mut figures);
        progress(&format!("round {round}: interlink-agent"));
        table.agent(&mut figures);
        progress(&format!("round {round}: ip -batch"));
        table.ip_batch(&mut figures);
        progress(&format!("round {round}: bird"));
        table.bird(&mut figures);
    }
    figures.rows()
}

/// Collects values by case and variant, in the order in which these first come.
#[derive(Default)]
pub(crate) struct Figures(Vec<Figure>);

struct Figure {
    case: &'static str,
    variant: &'static str,
    /// One for each round.
    values: Vec<f64>,
    unit: &'static str,
    /// The variant that the ratio is to.
    reference: &'static str,
}

impl Figures {
    pub(crate) fn add(
        &mut self,
        case: &'static str,
        variant: &'static str,
        value: f64,
        unit: &'static str,
        reference: &'static str,
    ) {
        let known = self.0.iter_mut().find(|it| it.case == case && it.variant == variant);
        match known {
            Some(figure) => figure.values.push(value),
            None => self.0.push(Figure {
                case,
                variant,
                values: vec![value],
                unit,
                reference,
            }),
        }
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let row = |it: &Figure| {
            let is_reference = |other: &&Figure| other.case == it.case && other.variant == it.reference;
            let reference = self.0.iter().find(is_reference).unwrap();
            Row::new(it.case, it.variant, it.unit, &it.values, &reference.values)
        };
        self.0.iter().map(row).collect()
    }

    fn install(&mut self, variant: &'static str, took: Duration) {
        self.add("v4-1m-install", variant, took.as_secs_f64(), "s", "bird");
    }

    fn reconcile(&mut self, variant: &'static str, took: Duration) {
        self.add("v4-1m-reconcile", variant, took.as_secs_f64(), "s", "dump");
    }

    fn memory(&mut self, variant: &'static str, mebibytes: f64) {
        self.add("v4-1m-memory", variant, mebibytes, "MiB", "bird");
    }
}

/// The table that all of them install.
struct Table {
    prefixes: Vec<Prefix<Ipv4Addr>>,
}

impl Table {
    /// From what a session taught to the kernel's table; then as the next agent finds it.
    fn interlink(&self, figures: &mut Figures) {
        let (ns, _peer) = gateway();
        let (intent, facts) = (intent(), self.facts());
        ns.block_on(async || {
            let (netlink, mut changes) = Netlink::open().unwrap();
            let interfaces = netlink.interfaces().await.unwrap();
            let tables = BTreeSet::from([TableNumber(TABLE)]);
            let mut observed = Observed {
                interfaces,
                ..Observed::default()
            };
            observed.nics = protected(&derive(&intent, &facts, &observed.interfaces));
            changes
                .routes(&netlink, &observed.interfaces, &tables, Time::default)
                .await
                .unwrap();
            let began = Instant::now();
            let wanted = derive(&intent, &facts, &observed.interfaces).desired;
            for step in plan(&wanted, &observed).steps {
                let Op::AddRoutes(routes) = step.op else {
                    panic!("not about routes: {}", step.op)
                };
                changes
                    .add_routes(&netlink, &routes, &observed.interfaces)
                    .await
                    .unwrap();
            }
            figures.install("interlink", began.elapsed());
            let known = changes
                .routes(&netlink, &observed.interfaces, &tables, Time::default)
                .await
                .unwrap();
            assert!(
                known.ours == wanted.routes,
                "the kernel's answers don't add up to what is wanted"
            );
        });
        self.check(&ns);
        ns.block_on(async || {
            let began = Instant::now();
            bare_dump();
            figures.reconcile("dump", began.elapsed());
            let began = Instant::now();
            let (netlink, mut changes) = Netlink::open().unwrap();
            let interfaces = netlink.interfaces().await.unwrap();
            let tables = BTreeSet::from([TableNumber(TABLE)]);
            let all = changes
                .routes(&netlink, &interfaces, &tables, Time::default)
                .await
                .unwrap();
            let derived = derive(&intent, &facts, &interfaces);
            let observed = Observed {
                nics: protected(&derived),
                interfaces,
                routes: all.ours,
                ..Observed::default()
            };
            assert!(plan(&derived.desired, &observed).is_empty());
            figures.reconcile("interlink", began.elapsed());
        });
    }

    /// The daemon itself, with a static link whose policy lists every prefix.
    fn agent(&self, figures: &mut Figures) {
        let lab = Lab::new();
        let prefixes: Vec<_> = self.prefixes.iter().map(|prefix| format!("\"{prefix}\"")).collect();
        let text = format!(
            "[agent]\nrole = \"provider\"\n[[vpc]]\nname = \"prod\"\ntable = {TABLE}\n[[routing_policy]]\nname = \"all\"\n\
             prefix_filter_in = [{}]\nprefix_filter_out = [\"172.16.4.0/22\"]\n[[link]]\nname = \"paris\"\n\
             interface = \"{LINK}\"\nvpc = \"prod\"\nrouting_policy_v4 = \"all\"\nenable_route_propagation = true\n\
             scw_bgp_config = {{ ipv4 = \"169.254.0.100/31\" }}\npeer_bgp_config = {{ ipv4 = \"169.254.0.101/31\" }}\n",
            prefixes.join(",\n")
        );
        lab.write_config(&text);
        drop((prefixes, text));
        let agent = Agent::start(&lab);
        let began = Instant::now();
        while prefixes_in_fib(&lab.gateway) < self.prefixes.len() {
            assert!(
                began.elapsed() < PATIENCE,
                "the agent's routes don't come: {}",
                crate::agent::log(&lab)
            );
            thread::sleep(Duration::from_millis(200));
        }
        // It looks once more, and compares.
        thread::sleep(Duration::from_secs(3));
        figures.memory("interlink", resident(agent.id()));
    }

    fn ip_batch(&self, figures: &mut Figures) {
        let (ns, _peer) = gateway();
        let lines: Vec<_> = self
            .prefixes
            .iter()
            .map(|prefix| format!("route add {prefix} via {GATEWAY} dev {NIC} table {TABLE} metric 100 proto 73\n"))
            .collect();
        let file = scratch(&ns, "batch");
        fs::write(&file, lines.concat()).unwrap();
        let began = Instant::now();
        let done = Command::new("ip").args(["-n", ns.name(), "-batch"]).arg(&file).status();
        assert!(done.unwrap().success());
        figures.install("ip-batch", began.elapsed());
        fs::remove_file(file).unwrap();
        self.check(&ns);
    }

    fn bird(&self, figures: &mut Figures) {
        let (ns, _peer) = gateway();
        let bird = Bird::start(&ns, &self.prefixes);
        bird.wait(
            &format!("{} of {0} routes", self.prefixes.len()),
            &["show", "route", "count"],
        );
        let began = Instant::now();
        bird.ask(&["enable", "fib"]);
        while prefixes_in_fib(&ns) < self.prefixes.len() {
            assert!(began.elapsed() < PATIENCE, "BIRD's routes don't come");
            thread::sleep(Duration::from_millis(50));
        }
        figures.install("bird", began.elapsed());
        self.check(&ns);
        figures.memory("bird", resident(bird.process.id()));
    }

    /// That the kernel has what it should, as `ip` counts it.
    fn check(&self, ns: &NetNs) {
        let count = format!("ip -n {} route show table {TABLE} | wc -l", ns.name());
        let output = Command::new("sh").args(["-c", &count]).output().unwrap();
        let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert_eq!(found, self.prefixes.len().to_string(), "{count}");
    }

    fn facts(&self) -> Facts {
        let routes = self.prefixes.iter().map(|prefix| LearnedRoute {
            prefix: *prefix,
            priority: Priority::default(),
            router: Router::Peer,
        });
        let learned = Learned {
            v4: Arc::new(routes.collect()),
            v6: Arc::default(),
        };
        let sessions = PerFamily {
            v4: Session::Up,
            v6: Session::Down,
        };
        let link = Name::new("paris").unwrap();
        Facts {
            settled: BTreeMap::new(),
            sessions: [(link.clone(), sessions)].into(),
            learned: [(link, learned)].into(),
        }
    }
}

/// A gateway with one NIC, and the other end of its cable.
fn gateway() -> (NetNs, NetNs) {
    let (ns, peer) = (NetNs::new(), NetNs::new());
    ns.veth(NIC, &peer, "far");
    ns.address(NIC, "10.255.0.1/30");
    (ns, peer)
}

fn intent() -> Intent {
    let text = format!(
        "agent.role = 'customer'\n[[vpc]]\nname = 'prod'\ntable = {TABLE}\n[[routing_policy]]\nname = 'all'\n\
         prefix_filter_out = ['0.0.0.0/0']\n[[link]]\nname = 'paris'\ninterface = '{NIC}'\nvpc = 'prod'\n\
         routing_policy_v4 = 'all'\nenable_route_propagation = true\n\
         scw_bgp_config = {{ asn = 12876, ipv4 = '{GATEWAY}/30' }}\n\
         peer_bgp_config = {{ asn = 65010, ipv4 = '10.255.0.1/30' }}\n"
    );
    Config::parse(&text).unwrap().intent()
}

/// The NICs as if the program was there: routes are all that is left to do.
fn protected(derived: &Derived) -> BTreeMap<interlink_core::name::InterfaceName, ObservedNic> {
    let nics = derived.desired.nics.iter().map(|(name, nic)| {
        let observed = ObservedNic {
            attachment: Attachment::Attached(AttachMode::Native),
            links: nic.links.clone(),
            ..ObservedNic::default()
        };
        (name.clone(), observed)
    });
    nics.collect()
}

/// Has the kernel dump every IPv4 route, and reads the datagrams without looking into them.
fn bare_dump() {
    use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, send, socket};
    // The protocol 0 is NETLINK_ROUTE.
    let socket = socket(AddressFamily::NETLINK, SocketType::RAW, None).unwrap();
    // struct nlmsghdr, then struct rtmsg: RTM_GETROUTE with NLM_F_REQUEST | NLM_F_DUMP, AF_INET.
    let mut request = [0; 28];
    request[0] = 28;
    request[4] = 26;
    request[5..8].copy_from_slice(&[0, 1, 3]);
    request[16] = 2;
    send(&socket, &request, SendFlags::empty()).unwrap();
    let mut datagram = vec![0; 64 * 1024];
    loop {
        let (length, _) = recv(&socket, &mut datagram[..], RecvFlags::empty()).unwrap();
        // NLMSG_DONE or NLMSG_ERROR.
        if length < 6 || matches!(datagram[4], 2 | 3) {
            return;
        }
    }
}

/// BIRD with every prefix as a static route, whose export to the kernel waits to be enabled.
struct Bird {
    process: Child,
    control: PathBuf,
    config: PathBuf,
}

impl Bird {
    fn start(ns: &NetNs, prefixes: &[Prefix<Ipv4Addr>]) -> Self {
        let (config, control) = (scratch(ns, "bird.conf"), scratch(ns, "bird.ctl"));
        let routes: Vec<_> = prefixes
            .iter()
            .map(|prefix| format!("  route {prefix} via {GATEWAY};\n"))
            .collect();
        let text = format!(
            "router id 10.255.0.1;\nprotocol device {{ }}\nprotocol static {{\n  ipv4;\n{}}}\n\
             protocol kernel fib {{\n  disabled;\n  kernel table {TABLE};\n  ipv4 {{ import none; export all; }};\n}}\n",
            routes.concat()
        );
        fs::write(&config, text).unwrap();
        let mut command = ns.command("bird");
        command.arg("-f").arg("-c").arg(&config).arg("-s").arg(&control);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self {
            process: process.unwrap(),
            control,
            config,
        }
    }

    fn ask(&self, words: &[&str]) -> String {
        let output = Command::new("birdc").arg("-s").arg(&self.control).args(words).output();
        String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
    }

    fn wait(&self, for_what: &str, words: &[&str]) {
        let began = Instant::now();
        while !self.ask(words).contains(for_what) {
            assert!(
                began.elapsed() < PATIENCE,
                "BIRD doesn't come to {for_what:?}: {}",
                self.ask(words)
            );
            thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Bird {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(fs::remove_file(&self.config));
        drop(fs::remove_file(&self.control));
    }
}

/// How many prefixes the VPC's table has, as the kernel counts them.
pub(crate) fn prefixes_in_fib(ns: &NetNs) -> usize {
    let text = ns.run(|| fs::read_to_string("/proc/thread-self/net/fib_triestat").unwrap());
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with(&format!("Id {TABLE}:")));
    let prefixes = lines.find_map(|line| line.trim().strip_prefix("Prefixes:"));
    prefixes.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

/// A process's resident memory, in MiB.
pub(crate) fn resident(id: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes / 1024.0
}

fn scratch(ns: &NetNs, name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{}.{name}", ns.name()))
}

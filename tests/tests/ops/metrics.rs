//! Metrics as Prometheus itself reads them.

use std::fs;
use std::process::{Child, Command, Stdio};

use interlink_tests::agent::{self, Agent};
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{CONFIG, Lab, ON_PREMISES, SPOOFED, VPC_HOST};
use serde_json::Value;

use crate::support::{LISTEN, content, eventually, get, with_metrics};

const PROMETHEUS: &str = "127.0.0.1:9474";

#[test]
fn promtool_has_nothing_to_say_about_them() {
    let (lab, _agent) = serving();
    let text = scrape(&lab);
    assert_eq!(content(Command::new("promtool").args(["check", "metrics"]), &text), "");
    let printed = agent::run(&lab, &["metrics"]);
    let names = |text: &str| -> Vec<String> {
        let help = text.lines().filter_map(|line| line.strip_prefix("# HELP "));
        help.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&String::from_utf8(printed.stdout).unwrap()), names(&text));
}

#[test]
fn prometheus_scrapes_what_the_kernel_counts() {
    let (lab, _agent) = serving();
    assert!(arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
    assert!(!arrives(&lab, SPOOFED.v4, VPC_HOST.v4));
    let _prometheus = Prometheus::start(&lab);
    for (query, least) in [
        ("up{job=\"interlink\"}", 1.0),
        (
            "interlink_packets_total{link=\"paris\",family=\"v4\",reason=\"allowed\",verdict=\"pass\"}",
            1.0,
        ),
        (
            "interlink_packets_total{link=\"paris\",family=\"v4\",reason=\"source_not_allowed\",verdict=\"drop\"}",
            1.0,
        ),
        (
            "interlink_packet_bytes_total{link=\"paris\",family=\"v4\",reason=\"allowed\"}",
            42.0,
        ),
        ("interlink_routes_installed{link=\"paris\",family=\"v6\"}", 1.0),
        ("interlink_nic_protected{nic=\"link0\"}", 1.0),
        ("interlink_table_memory_bytes{nic=\"link0\",table=\"LINKS\"}", 1.0),
        ("interlink_plan_steps_total{step=\"attach\",result=\"taken\"}", 1.0),
        ("process_resident_memory_bytes{job=\"interlink\"}", 1e6),
        ("interlink_agent_state{state=\"enforcing\"}", 1.0),
    ] {
        let value = value(&lab, query);
        assert!(value >= least, "{query} is {value}");
    }
    assert!(value(&lab, "interlink_adopted_nics") < 1.0);
}

#[test]
fn the_next_agent_tells_that_it_found_the_nic_protected() {
    let (lab, agent) = serving();
    agent.signal("TERM");
    assert_eq!(agent.wait(), Some(0));
    let _agent = start(&lab);
    let text = scrape(&lab);
    assert!(text.contains("\ninterlink_adopted_nics 1\n"), "{text}");
    assert!(
        text.contains("\ninterlink_plan_steps_total{step=\"attach\",result=\"taken\"} 0\n"),
        "{text}"
    );
}

#[test]
fn nothing_else_is_served_and_a_file_without_the_section_ends_it() {
    let (lab, _agent) = serving();
    for (request, status) in [
        ("GET /", "HTTP/1.1 404"),
        ("GET /metrics/../etc/passwd", "HTTP/1.1 404"),
        ("POST /metrics", "HTTP/1.1 405"),
    ] {
        let (head, _) = get(&lab, LISTEN, request).unwrap();
        assert!(head.starts_with(status), "{request}: {head}");
    }
    lab.write_config(CONFIG);
    assert!(agent::run(&lab, &["reload"]).status.success());
    eventually("the end of the server", || {
        get(&lab, LISTEN, "GET /metrics").is_none().then_some(())
    });
    assert_eq!(agent::status(&lab).unwrap()["metrics"], Value::Null);
}

#[test]
fn where_another_has_the_port_status_says_so_and_the_gateway_goes_on() {
    let lab = Lab::new();
    let other = lab.gateway.run(|| std::net::TcpListener::bind(LISTEN).unwrap());
    lab.write_config(&with_metrics(CONFIG));
    let _agent = start(&lab);
    let status = agent::wait_for(&lab, "the trouble", |status| !status["metrics"]["error"].is_null());
    assert_eq!(status["metrics"]["listen"], LISTEN);
    let error = status["metrics"]["error"].as_str().unwrap();
    assert!(error.contains("in use"), "{error}");
    drop(other);
    agent::wait_for(&lab, "the server", |status| status["metrics"]["error"].is_null());
    assert!(scrape(&lab).contains("interlink_build_info"));
}

fn serving() -> (Lab, Agent) {
    let lab = Lab::new();
    lab.write_config(&with_metrics(CONFIG));
    let agent = start(&lab);
    (lab, agent)
}

fn start(lab: &Lab) -> Agent {
    let agent = Agent::start(lab);
    agent::wait_for(lab, "the agent to enforce", |status| status["state"] == "enforcing");
    agent
}

fn scrape(lab: &Lab) -> String {
    let (head, body) = eventually("the metrics", || get(lab, LISTEN, "GET /metrics"));
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    body
}

/// Debian's own, on the gateway.
struct Prometheus(Child);

impl Prometheus {
    fn start(lab: &Lab) -> Self {
        let config = lab.directory.join("prometheus.yml");
        let text = format!(
            "scrape_configs:\n  - job_name: interlink\n    scrape_interval: 200ms\n    static_configs:\n      - targets: \
             ['{LISTEN}']\n"
        );
        fs::write(&config, text).unwrap();
        let log = fs::File::create(lab.directory.join("prometheus.log")).unwrap();
        let mut command = lab.gateway.command("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", lab.directory.join("tsdb").display()))
            .arg(format!("--web.listen-address={PROMETHEUS}"));
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What Prometheus answers.
fn value(lab: &Lab, query: &str) -> f64 {
    eventually(query, || {
        let encoded = query.replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
        let (head, body) = get(lab, PROMETHEUS, &format!("GET /api/v1/query?query={encoded}"))?;
        assert!(!head.contains("400 Bad"), "{query}: {body}");
        // It may come in chunks; the JSON is between the outermost braces.
        let json = body.get(body.find('{')?..=body.rfind('}')?)?;
        let answer: Value = serde_json::from_str(json).ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    })
}

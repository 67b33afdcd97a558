//! The agent follows an API, also one that is away, slow or says nonsense.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use interlink_tests::agent::{self, Agent};
use interlink_tests::lab::{LINK, Lab};
use serde_json::{Value, json};

use crate::support::{file, path};

const ID: &str = "49c5a2a4-6a1c-4a37-9d5e-2f3d1a7b0c11";

/// What the API answers: to a link, and to everything else.
#[derive(Clone)]
enum Answers {
    Link { enabled: bool },
    Raw(&'static str),
    Nothing,
}

/// An API on the gateway's loopback.
struct Api {
    answers: Arc<Mutex<Answers>>,
    url: String,
}

impl Api {
    fn new(lab: &Lab) -> Self {
        let listener = lab.gateway.run(|| TcpListener::bind("127.0.0.1:0").unwrap());
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(Answers::Link { enabled: true }));
        let shared = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answers = shared.lock().unwrap().clone();
                thread::spawn(move || serve(stream, &answers));
            }
        });
        Self { answers, url }
    }

    fn says(&self, answers: Answers) {
        *self.answers.lock().unwrap() = answers;
    }
}

/// Who asks may go away at any time, so nothing here has to succeed.
fn serve(mut stream: TcpStream, answers: &Answers) {
    let mut request = [0; 4096];
    let length = stream.read(&mut request).unwrap_or_default();
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let json = |status: &str, body: &Value| {
        let body = body.to_string();
        let length = body.len();
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
    };
    let answer = match answers {
        Answers::Nothing => {
            thread::sleep(Duration::from_secs(5));
            return;
        }
        Answers::Raw(bytes) => (*bytes).to_owned(),
        Answers::Link { enabled }
            if request.starts_with(&format!("GET /interlink/v1beta1/regions/fr-par/links/{ID} ")) =>
        {
            json("200 OK", &link(*enabled))
        }
        Answers::Link { .. } => json("404 Not Found", &json!({"type": "not_found", "resource": "path"})),
    };
    stream.write_all(answer.as_bytes()).unwrap_or_default();
}

fn link(enabled: bool) -> Value {
    json!({"id": ID, "status": "active", "vlan": 2386, "enable_route_propagation": enabled,
        "scw_bgp_config": {"asn": 12876, "ipv4": "169.254.0.100/31", "ipv6": ""},
        "peer_bgp_config": {"asn": 65010, "ipv4": "169.254.0.101/31", "ipv6": ""}})
}

fn configure(lab: &Lab, api: &Api) {
    let token = file(lab, "token", "hush");
    let state = lab.directory.join("state.json");
    lab.write_config(&format!(
        "agent.role = 'provider'\n[source]\nkind = 'scaleway'\nregion = 'fr-par'\napi_url = '{}'\ntoken_file = '{token}'\n\
         state_file = '{}'\npoll_interval = 1\n[[link]]\nname = 'paris'\nid = '{ID}'\ninterface = '{LINK}'\n",
        api.url,
        path(&state)
    ));
}

fn is_enabled(status: &Value) -> Option<bool> {
    let conditions = status["links"][0]["families"][0]["conditions"].as_array()?;
    let found = conditions
        .iter()
        .find(|condition| condition["condition"] == "route_propagation");
    found?["met"].as_bool()
}

#[test]
fn a_change_by_the_api_is_followed_and_none_of_its_failures_is() {
    let lab = Lab::new();
    let api = Api::new(&lab);
    configure(&lab, &api);
    let _agent = Agent::start(&lab);
    let status = agent::wait_for(&lab, "the link to be followed", |status| {
        is_enabled(status) == Some(true)
    });
    assert_eq!(status["links"][0]["vlan"], 2386);
    assert_eq!(status["source"]["api"]["url"], api.url);

    for nonsense in [
        "HTTP/1.1 401 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\nconnection: close\r\n\r\n{\"id\":",
    ] {
        api.says(Answers::Raw(nonsense));
        let status = agent::wait_for(&lab, "the failure to be told", |status| {
            !status["source"]["error"].is_null()
        });
        assert_eq!(is_enabled(&status), Some(true), "{nonsense}");
        api.says(Answers::Link { enabled: true });
        agent::wait_for(&lab, "the failure to be over", |status| {
            status["source"]["error"].is_null()
        });
    }
    api.says(Answers::Link { enabled: false });
    agent::wait_for(&lab, "the change to be followed", |status| {
        is_enabled(status) == Some(false)
    });
}

#[test]
fn an_agent_that_starts_while_the_api_is_away_enforces_what_it_said_last() {
    let lab = Lab::new();
    let api = Api::new(&lab);
    configure(&lab, &api);
    let agent = Agent::start(&lab);
    agent::wait_for(&lab, "the link to be followed", |status| {
        is_enabled(status) == Some(true)
    });
    let state = lab.directory.join("state.json");
    crate::support::eventually("the state to be kept", || state.exists());
    agent.signal("KILL");
    agent.wait();
    api.says(Answers::Nothing);
    let _agent = Agent::start(&lab);
    let status = agent::wait_for(&lab, "the link to be there", |status| is_enabled(status) == Some(true));
    assert_eq!(status["links"][0]["vlan"], 2386);
    assert!(status["source"]["api"]["confirmed_seconds_ago"].is_u64());
}

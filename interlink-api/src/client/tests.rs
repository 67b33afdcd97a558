//! The client against servers that say what a test wants.

mod failures;
mod profiles;
mod server;
mod streams;

use serde_json::json;

use super::*;
use crate::query::{ListLinks, ListRoutes};
use crate::request::{CreateLink, UpdateLink};
use crate::value::Secret;
use server::{Reply, Server};

fn client(server: &Server) -> Client {
    Client::new(&settings(server)).unwrap()
}

/// Settings that try again, but not for long.
fn settings(server: &Server) -> Settings {
    Settings {
        api_url: server.url(),
        retry: Retry {
            times: 2,
            first: std::time::Duration::from_millis(2),
            longest: std::time::Duration::from_secs(2),
        },
        timeout: std::time::Duration::from_secs(5),
        ..Settings::new("fr-par", Secret::from("hush-hush"))
    }
}

fn link(id: &str) -> serde_json::Value {
    json!({"id": id, "status": "active"})
}

#[tokio::test]
async fn a_request_has_its_path_its_token_and_its_body() {
    let server = Server::new([
        Reply::json(200, &link("a-1")),
        Reply::json(200, &link("a-1")),
        Reply::empty(204),
        Reply::json(200, &link("a-1")),
    ])
    .await;
    let client = client(&server);
    let created = CreateLink {
        name: "paris".to_owned(),
        ..CreateLink::default()
    };
    client.create_link(&created).await.unwrap();
    client.attach_vpc(&"a-1".into(), &"v-1".into()).await.unwrap();
    client.delete_routing_policy(&"p-1".into()).await.unwrap();
    client
        .update_link(
            &"a-1".into(),
            &UpdateLink {
                peer_asn: Some(65010),
                ..UpdateLink::default()
            },
        )
        .await
        .unwrap();
    let asked = server.asked();
    let lines: Vec<_> = asked.iter().map(|asked| asked.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "POST /interlink/v1beta1/regions/fr-par/links",
            "POST /interlink/v1beta1/regions/fr-par/links/a-1/attach-vpc",
            "DELETE /interlink/v1beta1/regions/fr-par/routing-policies/p-1",
            "PATCH /interlink/v1beta1/regions/fr-par/links/a-1",
        ]
    );
    assert!(
        asked
            .iter()
            .all(|asked| asked.header("x-auth-token") == Some("hush-hush"))
    );
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    assert_eq!(asked[1].body, r#"{"vpc_id":"v-1"}"#);
    assert_eq!(asked[3].body, r#"{"peer_asn":65010}"#);
}

#[tokio::test]
async fn a_list_is_read_page_by_page_to_its_end() {
    let page = |ids: &[&str]| {
        Reply::json(
            200,
            &json!({"links": ids.iter().map(|id| link(id)).collect::<Vec<_>>(), "total_count": 3}),
        )
    };
    let server = Server::new([page(&["a", "b"]), page(&["c"])]).await;
    let query = ListLinks {
        tags: vec!["x y".to_owned(), "z&".to_owned()],
        ..ListLinks::default()
    };
    let links = client(&server).list_links(&query).await.unwrap();
    let ids: Vec<_> = links.iter().map(|link| link.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    let targets: Vec<_> = server.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(
        targets[1],
        "GET /interlink/v1beta1/regions/fr-par/links?page=2&page_size=1000&tags=x+y&tags=z%26"
    );
    assert_eq!(targets.len(), 2);
}

#[tokio::test]
async fn a_list_ends_with_an_empty_page_whatever_the_count_says() {
    let page = |ids: &[&str]| {
        Reply::json(
            200,
            &json!({"links": ids.iter().map(|id| link(id)).collect::<Vec<_>>(), "total_count": 9}),
        )
    };
    let server = Server::new([page(&["a"]), page(&[])]).await;
    let links = client(&server).list_links(&ListLinks::default()).await.unwrap();
    assert_eq!((links.len(), server.asked().len()), (1, 2));
}

#[tokio::test]
async fn a_page_that_is_asked_for_is_the_only_one() {
    let server = Server::new([Reply::json(200, &json!({"links": [link("a")], "total_count": 9}))]).await;
    let query = ListLinks {
        page: Some(2),
        ..ListLinks::default()
    };
    assert_eq!(client(&server).list_links(&query).await.unwrap().len(), 1);
}

#[tokio::test]
async fn routes_are_read_from_the_vpc_api() {
    let server = Server::new([Reply::json(200, &json!({"routes": [], "total_count": 0}))]).await;
    let query = ListRoutes {
        vpc_id: Some("v-1".into()),
        ..ListRoutes::default()
    };
    client(&server).list_routes(&query).await.unwrap();
    assert_eq!(
        server.asked()[0].line,
        "GET /vpc/v2/regions/fr-par/routes-with-nexthop?page=1&page_size=1000&vpc_id=v-1"
    );
}

#[tokio::test]
async fn an_id_that_would_lead_elsewhere_is_not_sent() {
    let server = Server::new([]).await;
    for id in ["", "..", "a/b", "a?b", "ä", "a b"] {
        let failure = client(&server).get_link(&id.into()).await.unwrap_err();
        assert_eq!(failure, Failure::Id(id.to_owned()));
    }
    assert!(server.asked().is_empty());
}

#[test]
fn a_token_is_not_sent_in_the_open_to_another_machine() {
    let build = |url: &str, insecure| {
        let settings = Settings {
            api_url: url.to_owned(),
            insecure,
            ..Settings::new("fr-par", Secret::from("x"))
        };
        Client::new(&settings).map(drop)
    };
    assert!(matches!(
        build("http://192.0.2.1", false),
        Err(BuildError::Plaintext(_))
    ));
    assert!(matches!(
        build("http://127.0.0.1.example.net", false),
        Err(BuildError::Plaintext(_))
    ));
    for url in ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost"] {
        assert_eq!(build(url, false), Ok(()), "{url}");
    }
    assert_eq!(build("http://192.0.2.1", true), Ok(()));
}

#[test]
fn what_makes_no_client_is_said() {
    let with = |change: fn(&mut Settings)| {
        let mut settings = Settings::new("fr-par", Secret::from("x"));
        change(&mut settings);
        Client::new(&settings).map(drop).unwrap_err().to_string()
    };
    let said = [
        with(|settings| settings.api_url = "api.scaleway.com".to_owned()),
        with(|settings| settings.api_url = "ftp://x".to_owned()),
        with(|settings| settings.api_url = "https://u:p@x".to_owned()),
        with(|settings| settings.region = "fr par".to_owned()),
        with(|settings| settings.token = Secret::default()),
        with(|settings| settings.token = Secret::from("a\nb")),
        with(|settings| settings.ca = Some(b"nothing".to_vec())),
    ];
    assert!(said[0].contains("is no URL of an API"), "{said:?}");
    assert!(said[1].contains("neither http nor https"), "{said:?}");
    assert!(said[2].contains("holds a password"), "{said:?}");
    assert!(said[3].contains("is no region"), "{said:?}");
    assert!(said[4].contains("SCW_SECRET_KEY"), "{said:?}");
    assert!(said[5].contains("characters that no key has"), "{said:?}");
    assert!(said[6].contains("PEM"), "{said:?}");
}

#[tokio::test]
async fn nothing_that_is_printed_of_a_client_shows_its_token() {
    let server = Server::new([]).await;
    assert!(!format!("{:?} {:?}", settings(&server), client(&server)).contains("hush-hush"));
}

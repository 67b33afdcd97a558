//! What a client makes of answers that aren't what was asked for.

use std::time::{Duration, Instant};

use serde_json::json;

use super::server::{Reply, Server};
use super::{client, link, settings};
use crate::client::{Client, Failure, Retry};
use crate::error::ErrorKind;
use crate::request::CreateLink;

async fn failure(reply: Reply) -> (Failure, usize) {
    let server = Server::new([reply.clone(), reply.clone(), reply]).await;
    let failure = client(&server).get_link(&"a".into()).await.unwrap_err();
    (failure, server.asked().len())
}

#[tokio::test]
async fn each_of_the_ten_kinds_is_told_apart_and_not_asked_for_again() {
    let kinds = [
        ("invalid_arguments", 400),
        ("quotas_exceeded", 403),
        ("transient_state", 409),
        ("not_found", 404),
        ("locked", 423),
        ("permissions_denied", 403),
        ("denied_authentication", 401),
        ("precondition_failed", 412),
        ("resource_expired", 410),
        ("out_of_stock", 409),
    ];
    for (kind, status) in kinds {
        let (failure, asked) = failure(Reply::json(status, &json!({"type": kind, "message": "no"}))).await;
        assert_eq!(failure.refusal().map(ErrorKind::name), Some(kind));
        assert!(!matches!(failure.refusal(), Some(ErrorKind::Other(_))), "{kind}");
        assert_eq!(asked, 1, "{kind}");
        assert_eq!(failure.is_not_found(), kind == "not_found");
        assert!(!failure.advice().is_empty());
    }
}

#[tokio::test]
async fn html_is_no_answer_whatever_its_status() {
    let page = "<html>\n<h1>Sign in to\tthe wireless</h1></html>";
    let (ok, asked) = failure(Reply::with(200, "content-type: text/html\r\n", page)).await;
    assert!(matches!(&ok, Failure::Unreadable { begins, .. } if begins.starts_with("<html> <h1>Sign in to the")));
    assert_eq!(asked, 1);
    let (missing, asked) = failure(Reply::with(404, "content-type: text/html\r\n", page)).await;
    assert!(!missing.is_not_found(), "a proxy's 404 says nothing of the link");
    assert_eq!(asked, 1);
    assert!(missing.to_string().contains("HTTP status 404"));
}

#[tokio::test]
async fn json_of_something_else_is_no_answer() {
    for body in [json!({}), json!([]), json!(null), json!({"id": 5, "status": "active"})] {
        let (failure, _) = failure(Reply::json(200, &body)).await;
        assert!(matches!(failure, Failure::Unreadable { .. }), "{body}");
    }
}

#[tokio::test]
async fn half_a_body_is_no_answer_and_is_asked_for_again() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":\"a\",\"stat".to_vec();
    let (failure, asked) = failure(Reply::Bytes(half)).await;
    assert!(matches!(failure, Failure::Broken(_)), "{failure:?}");
    assert_eq!(asked, 3);
}

#[tokio::test]
async fn what_goes_away_by_itself_is_asked_for_again_until_it_does() {
    let server = Server::new([
        Reply::with(429, "retry-after: 0\r\n", ""),
        Reply::with(502, "", "<html>"),
        Reply::json(200, &link("a")),
    ])
    .await;
    client(&server).get_link(&"a".into()).await.unwrap();
    assert_eq!(server.asked().len(), 3);
    let (failure, asked) = failure(Reply::with(500, "", "")).await;
    assert!(matches!(failure, Failure::Status { status: 500, .. }));
    assert_eq!(asked, 3);
}

#[tokio::test]
async fn a_server_that_asks_for_patience_gets_it() {
    let server = Server::new([Reply::with(503, "retry-after: 1\r\n", ""), Reply::json(200, &link("a"))]).await;
    let began = Instant::now();
    client(&server).get_link(&"a".into()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_server_that_asks_for_more_patience_than_there_is_isnt_waited_for() {
    for asked in ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"] {
        let reply = Reply::with(429, &format!("retry-after: {asked}\r\n"), "");
        let (failure, asked) = failure(reply).await;
        assert!(failure.retry_after().unwrap() >= Duration::from_hours(1));
        assert_eq!(asked, 1);
    }
}

#[tokio::test]
async fn what_would_be_made_twice_is_only_asked_for_again_when_nothing_was_done() {
    let create = async |reply: Reply| {
        let server = Server::new([reply.clone(), reply.clone(), reply]).await;
        client(&server).create_link(&CreateLink::default()).await.unwrap_err();
        server.asked().len()
    };
    assert_eq!(create(Reply::empty(500)).await, 1);
    assert_eq!(create(Reply::Bytes(Vec::new())).await, 1);
    assert_eq!(create(Reply::empty(503)).await, 3);
}

#[tokio::test]
async fn silence_ends_after_the_timeout() {
    let server = Server::new([Reply::Silence]).await;
    let mut settings = settings(&server);
    settings.timeout = Duration::from_millis(50);
    settings.retry = Retry::NEVER;
    let failure = Client::new(&settings).unwrap().get_link(&"a".into()).await.unwrap_err();
    assert!(matches!(failure, Failure::Timeout { .. }), "{failure:?}");
}

#[tokio::test]
async fn nobody_there_is_said() {
    let server = Server::new([]).await;
    let client = client(&server);
    drop(server);
    let failure = client.get_link(&"a".into()).await.unwrap_err();
    assert!(
        matches!(&failure, Failure::Unconnected(why) if why.contains("refused")),
        "{failure:?}"
    );
}

#[tokio::test]
async fn an_answer_without_an_end_isnt_read_to_it() {
    let server = Server::new([Reply::json(200, &link(&"a".repeat(2000)))]).await;
    let mut settings = settings(&server);
    settings.body_limit = 1000;
    let failure = Client::new(&settings).unwrap().get_link(&"a".into()).await.unwrap_err();
    assert_eq!(failure, Failure::TooLong { limit: 1000 });
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (failure, asked) = failure(Reply::with(302, "location: http://127.0.0.1:1/\r\n", "")).await;
    assert!(matches!(failure, Failure::Status { status: 302, .. }));
    assert_eq!(asked, 1);
}

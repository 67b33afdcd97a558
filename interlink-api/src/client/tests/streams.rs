//! The stream of changes.

use super::server::{Reply, Server};
use super::{client, settings};
use crate::client::{Failure, StreamEnd};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

#[tokio::test]
async fn events_come_one_by_one_until_the_server_closes() {
    let body = ": alive\n\nid: 7\ndata: {\"sequence\":7,\"links\":[\"a\"],\"routing_policies\":[]}\n\ndata: {\"sequence\":8,\"reset\":true}\n\n";
    let server = Server::new([Reply::Bytes(format!("{HEAD}{body}").into_bytes())]).await;
    let mut events = client(&server).events(Some(6)).await.unwrap().unwrap();
    let first = events.next().await.unwrap();
    assert_eq!((first.sequence, first.links.len(), first.reset), (7, 1, false));
    let second = events.next().await.unwrap();
    assert_eq!((second.sequence, second.reset), (8, true));
    assert_eq!(events.next().await, Err(StreamEnd::Closed));
    assert_eq!(
        server.asked()[0].line,
        "GET /interlink/v1beta1/regions/fr-par/x-interlink/events?since=6"
    );
    assert_eq!(
        server.asked()[0].header("x-auth-token"),
        Some(settings(&server).token.expose())
    );
}

#[tokio::test]
async fn a_server_without_a_stream_is_no_failure_and_one_that_refuses_is() {
    let server = Server::new([
        Reply::with(404, "", "<html>"),
        Reply::with(200, "content-type: text/html\r\n", "<html>"),
        Reply::with(401, "", ""),
    ])
    .await;
    let client = client(&server);
    assert!(client.events(None).await.unwrap().is_none());
    assert!(client.events(None).await.unwrap().is_none());
    let refused = client.events(None).await.unwrap_err();
    assert!(matches!(refused, Failure::Status { status: 401, .. }));
}

#[tokio::test]
async fn a_stream_of_something_else_ends() {
    let server = Server::new([Reply::Bytes(format!("{HEAD}data: hello\n\n").into_bytes())]).await;
    let mut events = client(&server).events(None).await.unwrap().unwrap();
    assert!(matches!(events.next().await, Err(StreamEnd::Unreadable(_))));
}

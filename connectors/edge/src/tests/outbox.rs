//! What is kept while the host cannot be told.

use trunkline_model::Response;
use trunkline_policy::egress::Uncalled;
use trunkline_policy::signature::SigningSecret;

use super::world::{NOW_MS, SECRET, World};

fn world() -> World {
    let world = World::new();
    world.set("outbox", "sqlite");
    world
}

fn gone() -> Result<Response, Uncalled> {
    Err(Uncalled::NotSent("no connection".to_owned()))
}

async fn ask(world: &World, secret: &str, at_s: u64) -> Response {
    let signature = SigningSecret::parse(secret).expect("a secret").sign("ask_1", at_s, b"");
    let timestamp = at_s.to_string();
    let headers = [
        ("webhook-id", "ask_1"),
        ("webhook-timestamp", timestamp.as_str()),
        ("webhook-signature", signature.as_str()),
    ];
    world.request("POST", "/outbox", &headers, "").await
}

fn json(response: &Response) -> String {
    assert_eq!(response.status, 200, "{response:?}");
    String::from_utf8_lossy(&response.body).into_owned()
}

#[tokio::test]
async fn a_host_that_is_there_is_told_at_once() {
    let world = world();
    assert_eq!(world.post("/hooks/support", "one").await.status, 201);
    assert_eq!((world.handed_in().len(), world.waiting().len()), (1, 0));
}

#[tokio::test]
async fn what_waits_is_handed_in_later_and_in_order() {
    let world = world();
    world.answers([gone()]);
    assert_eq!(world.post("/hooks/support", "one").await.status, 201, "it is kept");
    assert_eq!(world.waiting(), ["one"]);
    // The host is back, and yet nothing overtakes.
    world.answers([gone()]);
    assert_eq!(world.post("/hooks/support", "two").await.status, 201);
    world.work().await;
    assert_eq!(world.waiting(), ["one", "two"]);
    assert_eq!(world.post("/hooks/support", "three").await.status, 201);
    world.work().await;
    assert!(world.waiting().is_empty());
    let sent: Vec<String> = world.handed_in().iter().map(|ingest| ingest.events[0].id.clone()).collect();
    assert_eq!(sent, ["one", "one", "one", "two", "three"]);
}

#[tokio::test]
async fn the_host_asks_for_what_waits() {
    let world = world();
    world.answers([gone()]);
    world.post("/hooks/support", "one").await;
    assert_eq!(ask(&world, &SECRET.replace("AAE", "BBE"), NOW_MS / 1_000).await.status, 401);
    assert_eq!(ask(&world, SECRET, NOW_MS / 1_000 - 301).await.status, 401, "an old one");
    assert_eq!(world.waiting(), ["one"]);
    world.answers([gone()]);
    let asked = ask(&world, SECRET, NOW_MS / 1_000).await;
    assert_eq!(json(&asked), r#"{"forwarded":0,"waiting":1,"refused":0}"#);
    let asked = ask(&world, SECRET, NOW_MS / 1_000).await;
    assert_eq!(json(&asked), r#"{"forwarded":1,"waiting":0,"refused":0}"#);
}

#[tokio::test]
async fn what_the_host_refuses_stays_and_stops_nothing() {
    let world = world();
    world.answers([Ok(Response::empty(422))]);
    assert_eq!(world.post("/hooks/support", "odd").await.status, 201, "nothing is lost");
    world.answers([Ok(Response::empty(422))]);
    assert_eq!(
        json(&ask(&world, SECRET, NOW_MS / 1_000).await),
        r#"{"forwarded":0,"waiting":1,"refused":1}"#
    );
    assert!(world.logged().contains("stays: the host answers 422"), "{}", world.logged());
    assert_eq!(world.post("/hooks/support", "next").await.status, 201);
    assert_eq!(world.waiting(), ["odd"], "the next one went straight to the host");
    world.0.now_ms.set(NOW_MS + 60 * 60 * 1_000);
    let later = (NOW_MS + 60 * 60 * 1_000) / 1_000;
    assert_eq!(json(&ask(&world, SECRET, later).await), r#"{"forwarded":1,"waiting":0,"refused":0}"#);
}

/// One connection that the host lacks must not hold up those that it has. An answer that is not the host's says nothing
/// of the connection.
#[tokio::test]
async fn a_connection_that_the_host_lacks_stops_no_other() {
    let problem = |status, code| {
        let body = format!(r#"{{"status":{status},"code":"{code}"}}"#);
        Ok(Response::with_body(status, "application/problem+json", body))
    };
    for (answer, expected) in [
        (problem(404, "connection"), r#"{"forwarded":1,"waiting":1,"refused":1}"#),
        (problem(403, "edge_connection"), r#"{"forwarded":1,"waiting":1,"refused":1}"#),
        (problem(409, "edge_connector"), r#"{"forwarded":1,"waiting":1,"refused":1}"#),
        (problem(409, "edge_version"), r#"{"forwarded":0,"waiting":2,"refused":0}"#),
        (problem(401, "signature"), r#"{"forwarded":0,"waiting":2,"refused":0}"#),
        (
            Ok(Response::with_body(404, "text/html", "nothing here")),
            r#"{"forwarded":0,"waiting":2,"refused":0}"#,
        ),
    ] {
        let world = world();
        world.answers([gone(), gone()]);
        world.post("/hooks/support", "one").await;
        world.post("/hooks/support", "two").await;
        world.work().await;
        assert_eq!(world.waiting(), ["one", "two"]);
        world.answers([answer.clone()]);
        assert_eq!(json(&ask(&world, SECRET, NOW_MS / 1_000).await), expected, "{answer:?}");
    }
}

#[tokio::test]
async fn one_empties_it_at_a_time() {
    let world = world();
    world.answers([gone()]);
    world.post("/hooks/support", "one").await;
    world.0.leased_until.set(NOW_MS + 1);
    assert_eq!(
        json(&ask(&world, SECRET, NOW_MS / 1_000).await),
        r#"{"forwarded":0,"waiting":1,"refused":0}"#
    );
    world.0.now_ms.set(NOW_MS + 2);
    assert_eq!(
        json(&ask(&world, SECRET, NOW_MS / 1_000).await),
        r#"{"forwarded":1,"waiting":0,"refused":0}"#
    );
}

#[tokio::test]
async fn what_cannot_be_kept_stays_with_the_provider() {
    let world = world();
    world.0.broken.set(true);
    let response = world.post("/hooks/support", "one").await;
    assert_eq!((response.status, response.header("retry-after")), (503, Some("2")));
    assert!(world.logged().contains("disk I/O error"));
    assert!(world.0.sent.borrow().is_empty(), "nothing was answered 2xx that is nowhere");
}

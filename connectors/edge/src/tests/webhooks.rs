//! What becomes of a webhook.

use trunkline_model::Response;
use trunkline_policy::egress::Uncalled;

use super::world::{KEY, NOW_MS, World};

fn code(response: &Response) -> String {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{response:?}");
    let problem: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(problem["status"], response.status);
    problem["code"].as_str().expect("a code").to_owned()
}

fn unavailable(response: &Response, expected: &str) {
    assert_eq!((response.status, code(response).as_str()), (503, expected));
    assert!(response.header("retry-after").is_some(), "the provider is to come again");
}

#[tokio::test]
async fn a_webhook_is_handed_in_and_then_answered_by_its_connector() {
    let world = World::new();
    let response = world.post("/hooks/support?a=b", "one two").await;
    assert_eq!(response.status, 201);
    let expected = format!("https://hooks.example.com/hooks/support?a=b at {NOW_MS}");
    assert_eq!(String::from_utf8_lossy(&response.body), expected);
    let [ingest] = &world.handed_in()[..] else { panic!("one") };
    assert_eq!((ingest.version, ingest.connection.as_str(), ingest.received_at), (1, "support", NOW_MS));
    assert_eq!((ingest.connector.id.as_str(), ingest.connector.version.as_str()), ("post", "0.3.0"));
    assert_eq!(ingest.webhook.url, "https://hooks.example.com/hooks/support?a=b");
    assert_eq!((ingest.webhook.method.as_str(), ingest.webhook.body.as_slice()), ("POST", &b"one two"[..]));
    assert_eq!(ingest.webhook.headers, [("x-key".to_owned(), KEY.to_owned())]);
    let ids: Vec<&str> = ingest.events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["one", "two"]);
}

#[tokio::test]
async fn a_webhook_without_events_needs_no_host() {
    let world = World::new();
    world.unset("ingest_url");
    assert_eq!(world.post("/hooks/support", "").await.status, 201);
    assert!(world.0.sent.borrow().is_empty());
}

#[tokio::test]
async fn what_is_not_taken_has_its_reason() {
    let world = World::new();
    for (method, path, body, expected) in [
        ("POST", "/hooks/other", "x", (404, "connection")),
        ("POST", "/hooks/", "x", (404, "connection")),
        ("POST", "/hooks/support/x", "x", (404, "connection")),
        ("POST", "/elsewhere", "x", (404, "not_found")),
        ("PUT", "/hooks/support", "x", (405, "method")),
        ("GET", "/outbox", "", (405, "method")),
        ("POST", "/hooks/support", "broken", (400, "body")),
        ("POST", "/hooks/support", &"x".repeat(1_001), (413, "too_large")),
    ] {
        let response = world.request(method, path, &[("x-key", KEY)], body).await;
        assert_eq!((response.status, code(&response).as_str()), expected, "{method} {path}");
    }
    let announced = [("content-length", "1001"), ("x-key", KEY)];
    assert_eq!(world.request("POST", "/hooks/support", &announced, "x").await.status, 413);
    let put = world.request("PUT", "/hooks/support", &[], "").await;
    assert_eq!(put.header("allow"), Some("POST, GET"));
    let forged = world.request("POST", "/hooks/support", &[("x-key", "guess")], "x").await;
    assert_eq!((forged.status, code(&forged).as_str()), (401, "refused"));
    assert!(world.logged().contains("connection=support webhook refused: mismatch: x-key"));
    assert!(world.0.sent.borrow().is_empty(), "nothing is handed on");
    assert_eq!(world.request("GET", "/healthz", &[], "").await.status, 200);
}

#[tokio::test]
async fn what_is_not_set_up_is_named_to_the_operator_alone() {
    for (variable, value) in [
        ("support_key", ""),
        ("public_url", ""),
        ("ingest_url", ""),
        ("ingest_url", "trunkline.example.com"),
        ("ingest_secret", ""),
        ("ingest_secret", "whsec_secret-not-base64"),
        ("edge", ""),
        ("edge", "e\nu"),
        ("outbox", "redis"),
        ("dangerous_loopback", "api.example.com=192.0.2.1:80"),
    ] {
        let world = World::new();
        match value {
            "" => world.unset(variable),
            value => world.set(variable, value),
        }
        let response = world.post("/hooks/support", "one").await;
        unavailable(&response, "misconfigured");
        let said = String::from_utf8_lossy(&response.body).into_owned();
        assert!(!said.contains(&format!("`{variable}`")), "{said}");
        let logged = world.logged();
        assert!(logged.contains(variable), "{variable}: {logged}");
        assert!(!logged.contains(KEY) && !logged.contains("secret-not"), "{logged}");
        assert!(world.0.sent.borrow().is_empty());
    }
}

#[tokio::test]
async fn a_secret_that_is_rotated_has_two_values() {
    let world = World::new();
    world.set("support_key", "newer-key-2");
    assert_eq!(world.post("/hooks/support", "one").await.status, 401);
    world.set("support_key_previous", KEY);
    assert_eq!(world.post("/hooks/support", "one").await.status, 201);
}

#[tokio::test]
async fn while_the_host_does_not_take_it_the_provider_keeps_it() {
    let told = |status| {
        Ok(Response { headers: vec![("retry-after".into(), "17".into())], ..Response::empty(status) })
    };
    for (answer, after) in [
        (Err(Uncalled::NotSent("no connection".to_owned())), "2"),
        (Err(Uncalled::Unknown("no whole answer".to_owned())), "2"),
        (Err(Uncalled::Forbidden("not allowed".to_owned())), "2"),
        (told(503), "17"),
        (told(429), "17"),
        (told(401), "17"),
        (told(302), "17"),
        (told(422), "2"),
        (told(400), "2"),
    ] {
        let world = World::new();
        world.answers([answer.clone()]);
        let response = world.post("/hooks/support", "one").await;
        unavailable(&response, "host");
        assert_eq!(response.header("retry-after"), Some(after), "{answer:?}");
        assert!(world.logged().contains("connection=support not handed in"), "{}", world.logged());
    }
    let world = World::new();
    world.0.silent.set(true);
    unavailable(&world.post("/hooks/support", "one").await, "host");
    assert!(world.logged().contains("the host does not answer in time"), "{}", world.logged());
}

#[tokio::test]
async fn calls_are_made_by_the_rules_of_the_host() {
    let world = World::new();
    let response = world.post("/hooks/support", "keys").await;
    unavailable(&response, "connector");
    assert!(world.logged().contains("connection `support` has no `token`"), "{}", world.logged());
    world.set("support_token", "a-token-for-calls");
    world.answers([Ok(Response::with_body(200, "text/plain", "a-token-for-calls"))]);
    assert_eq!(world.post("/hooks/support", "keys").await.status, 201);
    {
        let sent = world.0.sent.borrow();
        assert_eq!(sent[0].uri(), "https://keys.example.com/keys");
        assert_eq!(sent[0].headers()["authorization"], "Bearer a-token-for-calls");
    }
    for (body, why) in [
        ("elsewhere", "`other.example.com` is not among `hosts` of connector `post`"),
        ("on and on", "asks for another call in round 8"),
        ("leak", "connector put the secret `key` into its answer"),
    ] {
        let response = world.post("/hooks/support", body).await;
        unavailable(&response, "connector");
        assert!(world.logged().contains(why), "{body}: {}", world.logged());
    }
    world.0.silent.set(true);
    unavailable(&world.post("/hooks/support", "keys").await, "connector");
    assert!(!world.logged().contains("a-token-for-calls"));
}

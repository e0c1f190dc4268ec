//! What a provider's refusals and silences lead to.

use std::time::{Duration, Instant};

use serde_json::json;
use trunkline_cases::provider::Action;

use super::post::{LINE_USER, Post};

#[test]
fn a_provider_that_asks_to_wait_is_waited_for() {
    let post = Post::start();
    let mut asked = 0;
    post.line.on_request(move |_| {
        asked += 1;
        match asked {
            1 => Action::Status(429, vec![("retry-after".to_owned(), "2".to_owned())], b"{}".to_vec()),
            2 => Action::Status(500, Vec::new(), Vec::new()),
            _ => Action::Answer,
        }
    });
    let begun = Instant::now();
    let message = post.until(&post.text("line", LINE_USER, "Patience."), "accepted");
    assert!(begun.elapsed() >= Duration::from_secs(2), "Retry-After is honoured");
    let seen = post.line.requests();
    assert_eq!(seen.iter().map(|seen| seen.status).collect::<Vec<_>>(), [429, 500, 200]);
    assert!(
        seen.windows(2).all(|pair| pair[0].header("x-line-retry-key") == pair[1].header("x-line-retry-key"))
    );
    assert_eq!((&message["attempts"], message["calls"].as_array().map(Vec::len)), (&json!(3), Some(3)));
}

#[test]
fn a_refusal_fails_the_message_and_the_next_one_goes_on() {
    let post = Post::start();
    post.line.on_request(|seen| match seen.json()["messages"][0]["text"] == "bad" {
        true => Action::Status(400, Vec::new(), br#"{"message":"The request body has 1 error(s)"}"#.to_vec()),
        false => Action::Answer,
    });
    let bad = post.text("line", LINE_USER, "bad");
    let good = post.text("line", LINE_USER, "good");
    let failed = post.until(&bad, "failed");
    assert_eq!(failed["failure"]["reason"], "invalid");
    assert_eq!(failed["failure"]["message"], "The request body has 1 error(s)");
    post.until(&good, "accepted");
    assert_eq!(post.line.requests().len(), 2, "a refusal is not repeated");
}

#[test]
fn an_answer_that_never_came_is_repeated_only_where_that_is_safe() {
    let post = Post::with("[egress]\ntimeout_ms_max = 1_000\n");
    for provider in [&post.line, &post.sms] {
        let mut asked = 0;
        provider.on_request(move |_| {
            asked += 1;
            if asked == 1 { Action::Close } else { Action::Answer }
        });
    }
    let line = post.text("line", LINE_USER, "with a key");
    let sms = post.text("sms", "+15005550123", "without one");
    post.until(&line, "accepted");
    let held = post.until(&sms, "unconfirmed");
    assert_eq!(held["failure"]["code"], "unconfirmed");
    let seen = post.line.requests();
    assert_eq!((seen.len(), seen[1].repeated), (2, true), "LINE knows the key");
    assert_eq!(post.sms.requests().len(), 1);
    // Somebody decides.
    let answer = post.post(&format!("/v1/messages/{sms}/retry"), &[], b"");
    assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
    post.until(&sms, "accepted");
    assert_eq!(post.sms.requests().len(), 2);
    assert_eq!(post.post(&format!("/v1/messages/{sms}/retry"), &[], b"").status, 409, "it was sent");
}

#[test]
fn by_configuration_it_is_repeated_all_the_same() {
    let post = Post::with("[outbound]\nunconfirmed = \"retry\"\n");
    let mut asked = 0;
    post.sms.on_request(move |_| {
        asked += 1;
        if asked == 1 { Action::Close } else { Action::Answer }
    });
    post.until(&post.text("sms", "+15005550123", "perhaps twice"), "accepted");
    assert_eq!(post.sms.requests().len(), 2);
}

#[test]
fn a_wrong_token_stops_the_message_and_says_so() {
    let post = Post::start();
    post.line
        .on_request(|_| Action::Status(401, Vec::new(), br#"{"message":"Authentication failed"}"#.to_vec()));
    let failed = post.until(&post.text("line", LINE_USER, "a"), "failed");
    assert_eq!(failed["failure"]["reason"], "unauthorized");
    let event = post.newest_event();
    assert_eq!(event["data"]["kind"]["status"]["state"], "failed");
    assert_eq!(event["data"]["kind"]["status"]["failure"]["message"], "Authentication failed");
}

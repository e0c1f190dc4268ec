//! `kill -9` between a call and its receipt: nothing is lost, and nothing is sent twice where the provider has a key.

use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use trunkline_cases::provider::{Action, Provider};

use super::post::{LINE_USER, Post};

/// How often the host is killed under load.
const KILLS: usize = 12;
/// Messages that are queued before each kill.
const MESSAGES: usize = 12;
/// How long calls may take to come.
const CALLS_MAX: Duration = Duration::from_secs(60);

/// Kills the host when the provider has been called so often from now on; that call gets no answer.
fn kill_at(post: &Post, provider: &Provider, calls: usize) {
    let process = post.host.process_id().to_string();
    let mut left = calls;
    provider.on_request(move |_| {
        left = left.saturating_sub(1);
        if left == 0 {
            let killed = Command::new("kill").args(["-9", &process]).status().expect("kill exists");
            assert!(killed.success());
            return Action::Close;
        }
        Action::Answer
    });
}

fn restart(post: &mut Post) {
    post.host.wait();
    for provider in [&post.line, &post.sms] {
        provider.on_request(|_| Action::Answer);
    }
    post.host.run();
}

#[test]
fn a_message_with_a_key_arrives_once() {
    let mut post = Post::start();
    kill_at(&post, &post.line, 1);
    let id = post.text("line", LINE_USER, "Once.");
    assert_eq!(post.line.wait_for(1, CALLS_MAX).len(), 1);
    restart(&mut post);
    let message = post.until(&id, "accepted");
    let seen = post.line.requests();
    assert_eq!(seen.len(), 2);
    assert!(!seen[0].repeated && seen[1].repeated, "LINE had it already, and says so");
    assert_eq!(message["calls"][0]["problem"], "the host ended before the answer");
    assert_eq!(message["calls"][1]["status"], 409);
    assert_eq!(message["receipts"].as_array().map(Vec::len), Some(1), "with the id of the first");
}

#[test]
fn a_message_without_a_key_is_held_until_a_status_comes() {
    let mut post = Post::with("");
    kill_at(&post, &post.sms, 1);
    let id = post.text("sms", "+15005550123", "Perhaps.");
    assert_eq!(post.sms.wait_for(1, CALLS_MAX).len(), 1);
    restart(&mut post);
    let held = post.until(&id, "unconfirmed");
    assert_eq!(held["calls"][0]["repeatable"], false);
    assert_eq!(post.newest_event()["data"]["kind"]["status"]["state"], "unconfirmed");
    assert_eq!(post.sms.requests().len(), 1, "not sent a second time");
    // What is queued behind it goes out.
    let next = post.text("sms", "+15005550123", "And more.");
    post.until(&next, "accepted");
    assert_eq!(post.host.api("/v1/messages?state=unconfirmed")["messages"][0]["id"], json!(id));
    // It had arrived: the status brings what we gave along, as with `status_callback`.
    let status = json!({
        "id": "SM00000000000000000000000000000777:delivered",
        "account": "+15005550199",
        "contact": { "identifiers": [{ "scheme": "phone", "value": "+15005550123" }] },
        "kind": { "status": {
            "message_id": "SM00000000000000000000000000000777", "state": "delivered", "client_reference": id,
        } },
    });
    let file = post.host.config.with_extension("json");
    std::fs::write(&file, status.to_string()).expect("a file");
    post.simulate(&["sms", "--event", file.to_str().expect("text")]);
    post.until(&id, "delivered");
}

#[test]
fn under_load_nothing_is_lost_and_nothing_is_sent_twice() {
    let mut random = fastrand::Rng::new();
    let seed = random.get_seed();
    println!("SEED={seed}");
    let mut post = Post::start();
    let mut ids = Vec::new();
    for round in 0..KILLS {
        let before = post.line.requests().len();
        let kill_after = random.usize(1..=MESSAGES);
        kill_at(&post, &post.line, kill_after);
        for number in 0..MESSAGES {
            let to = format!("U{:032x}", number % 5);
            let request =
                json!({ "connection": "line", "to": to, "text": format!("{round:02}-{number:02}") });
            match post.host.try_post("/v1/messages", request.to_string().as_bytes()) {
                Ok(answer) if answer.status == 202 => {
                    ids.push(answer.json()["id"].as_str().expect("an id").to_owned())
                }
                Ok(answer) => panic!("answered {}", answer.status),
                Err(_) => break,
            }
        }
        assert!(
            post.line.wait_for(before + kill_after, CALLS_MAX).len() >= before + kill_after,
            "seed {seed}"
        );
        restart(&mut post);
    }
    for id in &ids {
        post.until(id, "accepted");
    }
    // What the provider took, by the key: each once, all of them, in order for each contact.
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut last: HashMap<String, String> = HashMap::new();
    let seen = post.line.requests();
    for call in seen.iter().filter(|call| !call.repeated) {
        let body = call.json();
        *taken.entry(call.header("x-line-retry-key").expect("a key").to_owned()).or_default() += 1;
        let (to, text) =
            (body["to"].as_str().expect("text"), body["messages"][0]["text"].as_str().expect("text"));
        let before = last.insert(to.to_owned(), text.to_owned());
        assert!(before.as_deref().is_none_or(|before| before < text), "{text} after {before:?}, seed {seed}");
    }
    for id in &ids {
        assert_eq!(taken.get(id), Some(&1), "{id} was accepted and taken otherwise than once, seed {seed}");
    }
    let repeated = seen.iter().filter(|call| call.repeated).count();
    println!("{} messages over {KILLS} kills: {} calls, {repeated} of them repeated", ids.len(), seen.len());
}

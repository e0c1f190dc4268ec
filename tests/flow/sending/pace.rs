//! How fast messages leave.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use super::post::Post;

/// Messages.
const MESSAGES: usize = 1_000;
/// Calls a second.
const RATE: f64 = 20.0;
/// Contacts that they go to.
const CONTACTS: usize = 37;
/// How long all of them may take: 50 s, and time for a busy machine.
const TIME_MAX: Duration = Duration::from_secs(120);

#[test]
fn a_thousand_messages_leave_at_twenty_a_second_and_in_order() {
    let post = Post::paced("", Some(RATE));
    for number in 0..MESSAGES {
        let to = format!("U{:032x}", number % CONTACTS);
        post.send(&json!({ "connection": "line", "to": to, "text": format!("{number:04}") }));
    }
    let seen = post.line.wait_for(MESSAGES, TIME_MAX);
    assert_eq!(seen.len(), MESSAGES, "{}", post.host.log());
    let took = seen[MESSAGES - 1].at.duration_since(seen[0].at).as_secs_f64();
    let rate = (MESSAGES - 1) as f64 / took;
    println!("{MESSAGES} messages in {took:.2} s: {rate:.2} a second");
    assert!((RATE * 0.95..=RATE * 1.05).contains(&rate), "{rate:.2} a second");
    let mut last: HashMap<String, String> = HashMap::new();
    for call in &seen {
        let body = call.json();
        let (to, text) =
            (body["to"].as_str().expect("text"), body["messages"][0]["text"].as_str().expect("text"));
        let before = last.insert(to.to_owned(), text.to_owned());
        assert!(before.as_deref().is_none_or(|before| before < text), "{text} after {before:?}");
    }
}

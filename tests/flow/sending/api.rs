//! `POST /v1/messages` and what stands around it.

use serde_json::json;

use super::post::{LINE_USER, Post};

#[test]
fn a_message_has_a_life_that_can_be_looked_at() {
    let post = Post::start();
    let id = post.text("line", LINE_USER, "We are open until six.");
    let message = post.until(&id, "accepted");
    assert_eq!(message["conversation"], format!("line/U00000000000000000000000000000001/{LINE_USER}"));
    assert_eq!(message["calls"][0]["status"], 200);
    assert_eq!(message["calls"][0]["repeatable"], true);
    assert_eq!(message["attempts"], 1);
    let provider_id = message["receipts"][0]["message_id"].as_str().expect("an id").to_owned();
    let seen = post.line.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("authorization"), Some("Bearer fake-token"));
    assert_eq!(seen[0].header("x-line-retry-key"), Some(id.as_str()));
    assert_eq!(seen[0].json()["messages"][0]["text"], "We are open until six.");

    let event = post.newest_event();
    assert_eq!((&event["type"], &event["messageid"]), (&json!("trunkline.status"), &json!(id)));
    assert_eq!(event["data"]["kind"]["status"]["state"], "accepted");
    post.simulate(&["line", "--status", "delivered", "--id", &provider_id]);
    let message = post.until(&id, "delivered");
    assert_eq!(message["statuses"].as_array().map(Vec::len), Some(1));
    assert_eq!(post.newest_event()["messageid"], json!(id));
    let list = post.host.api("/v1/messages?state=delivered");
    assert_eq!(list["messages"][0]["id"], json!(id));
}

#[test]
fn an_idempotency_key_makes_a_repeated_call_one_message() {
    let post = Post::start();
    let body = json!({ "connection": "line", "to": LINE_USER, "text": "once" }).to_string();
    let key = [("idempotency-key", "order-42")];
    let first = post.post("/v1/messages", &key, body.as_bytes());
    let second = post.post("/v1/messages", &key, body.as_bytes());
    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert_eq!(
        (first.header("idempotency-replayed"), second.header("idempotency-replayed")),
        (None, Some("true"))
    );
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(first.header("location"), Some(format!("/v1/messages/{id}").as_str()));
    post.until(&id, "accepted");
    assert_eq!(post.line.requests().len(), 1);
    let other = post.post("/v1/messages", &key, body.replace("once", "twice").as_bytes());
    assert_eq!((other.status, &other.json()["code"]), (422, &json!("idempotency_key_reused")));
}

#[test]
fn what_cannot_be_sent_is_refused_with_the_cure() {
    let post = Post::start();
    let to_line = |part: serde_json::Value| json!({ "connection": "line", "to": LINE_USER, "parts": [part] });
    for (request, status, code, words) in [
        (
            json!({ "connection": "lines", "to": "U1", "text": "a" }),
            404,
            "connection",
            "did you mean `line`?",
        ),
        (json!({ "connection": "line", "text": "a" }), 400, "to", "whom does it go to?"),
        (json!({ "text": "a" }), 400, "to", "give `conversation`"),
        (json!({ "conversation": "line/x/y", "text": "a" }), 404, "conversation", "`subject` of an event"),
        (json!({ "connection": "line", "to": LINE_USER }), 400, "parts", "1 to 50 parts"),
        (json!({ "connection": "line", "to": LINE_USER, "txt": "a" }), 400, "json", "unknown field `txt`"),
        (
            to_line(json!({ "reaction": { "target": { "id": "1" }, "emoji": "👍" } })),
            422,
            "invalid",
            "unsupported",
        ),
        (
            to_line(json!({ "media": { "kind": "image", "source": { "url": "http://x.example/a.jpg" } } })),
            400,
            "media",
            "https://",
        ),
        (
            to_line(json!({ "media": { "kind": "image", "source": { "reference": "blob:00" } } })),
            400,
            "media",
            "POST /v1/media",
        ),
        (
            json!({ "connection": "quiet", "to": LINE_USER, "text": "a" }),
            409,
            "unauthorized",
            "connection `quiet` has no `channel_access_token`",
        ),
        (
            json!({ "connection": "whatsapp", "to": "15550002222", "text": "a" }),
            409,
            "window_closed",
            "template",
        ),
    ] {
        let answer = post.try_send(&request);
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{request}: {body}");
        assert!(body.contains(words), "{request}: `{words}` is not in {body}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let unauthorized = crate::http::request(post.host.address, "POST", "/v1/messages", &[], b"{}");
    assert_eq!(unauthorized.status, 401);
    assert_eq!(post.line.requests().len() + post.whatsapp.requests().len(), 0, "nothing was called");
}

#[test]
fn the_window_opens_when_the_contact_writes() {
    let post = Post::start();
    post.simulate(&["whatsapp", "--text", "Are you open?"]);
    let id = post.text("whatsapp", "15550002222", "We are.");
    let message = post.until(&id, "accepted");
    let body = post.whatsapp.requests()[0].json();
    assert_eq!(body["biz_opaque_callback_data"], json!(id));
    // By what we gave along: the provider's id is not needed.
    assert!(message["receipts"][0]["message_id"].as_str().is_some_and(|id| id.starts_with("wamid.")));
    let conversation = message["conversation"].clone();
    let id = post.send(&json!({ "conversation": conversation, "text": "Until six." }));
    post.until(&id, "accepted");
    assert_eq!(post.whatsapp.requests().len(), 2);
}

#[test]
fn a_reply_token_is_used_once_and_then_it_is_a_push() {
    let post = Post::start();
    let event = json!({
        "id": "01JFLOW0000000000000000001",
        "account": "U00000000000000000000000000000001",
        "contact": { "identifiers": [{ "scheme": "id", "value": LINE_USER }] },
        "kind": { "message": { "id": "510000000000000777", "parts": [{ "text": "Hello?" }] } },
        "attributes": { "reply_token": "rt0000000000000000000000000000aa", "quote_token": "q-777" }
    });
    let file = post.host.config.with_extension("json");
    std::fs::write(&file, event.to_string()).expect("a file");
    post.simulate(&["line", "--event", file.to_str().expect("text")]);
    let id = post.newest_event()["id"].as_str().expect("an id").to_owned();
    let request = json!({ "connection": "line", "to": LINE_USER, "text": "Hello.", "reply_to": id });
    post.until(&post.send(&request), "accepted");
    post.until(&post.send(&request), "accepted");
    let paths: Vec<String> = post.line.requests().iter().map(|seen| seen.path_and_query.clone()).collect();
    assert_eq!(paths, ["/v2/bot/message/reply", "/v2/bot/message/push"]);
    let bodies: Vec<serde_json::Value> = post.line.requests().iter().map(|seen| seen.json()).collect();
    assert_eq!(bodies[0]["replyToken"], "rt0000000000000000000000000000aa");
    // The event's id led to the provider's, whose quote token the last message brought.
    assert!(bodies.iter().all(|body| body["messages"][0]["quoteToken"] == "q-777"), "{bodies:#?}");
}

#[test]
fn an_opt_out_is_kept_and_can_be_overridden() {
    let post = Post::start();
    let request = json!({ "connection": "sms", "to": "+15005550123", "text": "Hello" });
    post.until(&post.send(&request), "accepted");
    post.simulate(&["sms", "--text", "STOP"]);
    let refused = post.try_send(&request);
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("opted_out")));
    let mut anyway = request.clone();
    anyway["override_opt_out"] = json!(true);
    post.until(&post.send(&anyway), "accepted");
    post.simulate(&["sms", "--text", "START"]);
    post.until(&post.send(&request), "accepted");
    // Twilio says so itself: kept from then on.
    let blocked = json!({ "connection": "sms", "to": "+15005550004", "text": "Hello" });
    let failed = post.until(&post.send(&blocked), "failed");
    assert_eq!(
        (&failed["failure"]["reason"], &failed["failure"]["code"]),
        (&json!("opted_out"), &json!("21610"))
    );
    assert_eq!(post.try_send(&blocked).status, 409);
}

#[test]
fn the_digit_that_returns_becomes_a_choice() {
    let mut post = Post::start();
    let options = json!([{ "id": "door", "title": "At the door" }, { "id": "shop", "title": "At the shop" }]);
    let choices = json!({ "choices": { "text": "Where?", "options": options } });
    let id = post.send(&json!({ "connection": "sms", "to": "+15005550123", "parts": [choices] }));
    let message = post.until(&id, "accepted");
    assert!(
        message["receipts"][0]["degraded"][0].as_str().is_some_and(|words| words.contains("list")),
        "{message:#}"
    );
    // The list is open after a restart as well.
    assert_eq!(post.host.terminate(), Some(0));
    post.host.run();
    post.simulate(&["sms", "--text", "2"]);
    let event = post.newest_event();
    assert_eq!(
        event["data"]["kind"]["message"]["parts"],
        json!([{ "choice": { "id": "shop", "title": "At the shop" } }])
    );
    assert_eq!(event["data"]["attributes"]["answer"], "2");
    post.simulate(&["sms", "--text", "1"]);
    assert_eq!(
        post.newest_event()["data"]["kind"]["message"]["parts"],
        json!([{ "text": "1" }]),
        "answered already"
    );
}

#[test]
fn an_uploaded_file_is_handed_on_as_a_link_that_ends() {
    let post = Post::start();
    let uploaded = post.post("/v1/media", &[], b"\x89PNG an invented picture");
    assert_eq!(uploaded.status, 201);
    let reference = uploaded.json()["reference"].clone();
    let media = json!({ "kind": "image", "source": { "reference": reference }, "content_type": "image/png", "name": "a.png" });
    let id = post.send(&json!({ "connection": "line", "to": LINE_USER, "parts": [{ "media": media }] }));
    post.until(&id, "accepted");
    let url = post.line.requests()[0].json()["messages"][0]["originalContentUrl"]
        .as_str()
        .expect("a URL")
        .to_owned();
    let path = url.strip_prefix("https://hooks.example.org").expect("a link to this host");
    let answer = crate::http::request(post.host.address, "GET", path, &[], b"");
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"\x89PNG an invented picture".as_slice()));
    assert_eq!(answer.header("content-type"), Some("image/png"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let forged = path.replacen("/files/", "/files/x", 1);
    assert_eq!(crate::http::request(post.host.address, "GET", &forged, &[], b"").status, 404);
}

#[test]
fn the_command_line_sends_and_shows() {
    let post = Post::start();
    let output = post.host.command(&["send", "line", LINE_USER, "--text", "Hello"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains(" accepted\n") && text.contains("at the provider: "), "{text}");
    let id = text.split(' ').next().expect("an id");
    let shown = post.host.command(&["messages", id, "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!(shown["state"], "accepted");
    let output = post.host.command(&["send", "whatsapp", "15550002222", "--text", "Hello"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with("error: the host answered 409: "), "{said}");
    let output = post.host.command(&["send", "lime", LINE_USER, "--text", "Hello"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("hint: did you mean `line`?"), "{said}");
}

//! Files that contacts sent, from the webhook that names them to the bytes: fetched from the provider once, checked,
//! and kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use trunkline_cases::Case;
use trunkline_cases::provider::{Action, Provider};
use trunkline_model::Request;

use crate::host::{Host, TOKEN, components, root};
use crate::http::{self, Answer};
use crate::samples::{case, connection, provider, send};

/// What the digest of the case file is that of.
const PICTURE: &[u8] = b"test";

fn line(provider: &Provider, token: &str) -> String {
    let settings = [("channel_secret", "channel-secret-1"), ("channel_access_token", token)];
    connection("line", "line", provider, &settings)
}

fn whatsapp(provider: &Provider) -> String {
    let settings =
        [("app_secret", "app-secret-1"), ("verify_token", "verify-token-1"), ("access_token", "fake-token")];
    connection("whatsapp", "whatsapp", provider, &settings)
}

/// The ids of the media of the newest event, as a consumer finds them.
fn media_ids(host: &Host) -> Vec<String> {
    let page = host.api("/v1/events?order=newest&limit=1");
    let event = &page["events"][0];
    let parts = event["data"]["kind"]["message"]["parts"].as_array().expect("a message").clone();
    let media: Vec<_> = parts.iter().filter_map(|part| part.get("media")).collect();
    let id = |media: &serde_json::Value| media["attributes"]["media_id"].as_str().expect("an id").to_owned();
    let ids: Vec<String> = media.into_iter().map(id).collect();
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(*id, format!("{}.{number}", event["id"].as_str().expect("an id")));
    }
    ids
}

fn get(host: &Host, id: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("authorization".to_owned(), format!("Bearer {TOKEN}"))];
    all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    http::request(host.address, "GET", &format!("/v1/media/{id}"), &all, b"")
}

fn take_in(host: &Host, request: &Request) -> Vec<String> {
    assert_eq!(send(host, request).status, 200);
    media_ids(host)
}

/// The webhook of a picture that the provider holds under that id.
fn line_picture(content: &str) -> Request {
    let case = case("line", "image");
    let body = String::from_utf8(case.request.body.clone()).expect("text");
    let event = format!("01JAAAAAAAAAAAAAAAAAAA{}", &content[content.len() - 4..]);
    let body = body.replace("510000000000000005", content).replace("01JAAAAAAAAAAAAAAAAAAAA005", &event);
    case.resigned(body.into_bytes()).expect("signed in a header")
}

fn code(answer: &Answer) -> (u16, String) {
    let problem = answer.json();
    (answer.status, problem["code"].as_str().unwrap_or_default().to_owned())
}

/// Answers calls to that host with a file in place of what the rules say.
fn answers(provider: &Provider, host: &'static str, content_type: &'static str, bytes: Vec<u8>) {
    provider.on_request(move |seen| match seen.host == host && seen.status == 200 {
        true => {
            let headers = vec![("content-type".to_owned(), content_type.to_owned())];
            Action::Status(200, headers, bytes.clone())
        }
        false => Action::Answer,
    });
}

#[test]
fn a_file_is_fetched_once_and_kept() {
    let provider = provider("whatsapp");
    answers(&provider, "lookaside.fbsbx.com", "image/jpeg", PICTURE.to_vec());
    let mut host = Host::start(&components(), &whatsapp(&provider));
    let ids = take_in(&host, &case("whatsapp", "image").request);
    let answer = get(&host, &ids[0], &[]);
    assert_eq!((answer.status, answer.body.as_slice()), (200, PICTURE));
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-length", "4"),
        ("content-disposition", "attachment"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let called = provider.requests();
    let hosts: Vec<&str> = called.iter().map(|seen| seen.host.as_str()).collect();
    assert_eq!(hosts, ["graph.facebook.com", "lookaside.fbsbx.com"]);
    assert!(called.iter().all(|seen| seen.header("authorization") == Some("Bearer fake-token")));
    assert_eq!(get(&host, &ids[0], &[]).body, PICTURE);
    assert_eq!(host.terminate(), Some(0));
    host.run();
    assert_eq!(get(&host, &ids[0], &[]).body, PICTURE, "kept over a restart");
    assert_eq!(provider.requests().len(), 2, "no call but the first two");
    let metric = "trunkline_media_requested_total{connection=\"whatsapp\",outcome=\"cached\"}";
    assert_eq!(host.metric(metric), 1, "since the restart");
    let without = http::get(host.address, &format!("/v1/media/{}", ids[0]), "another-token");
    assert_eq!(code(&without), (401, "token".to_owned()));
}

#[test]
fn players_jump_and_heads_have_no_body() {
    let provider = provider("line");
    let host = Host::start(&components(), &line(&provider, "fake-token"));
    let id = take_in(&host, &line_picture("510000000000000005")).remove(0);
    let content = b"content of message 510000000000000005";
    let part = get(&host, &id, &[("range", "bytes=11-17")]);
    assert_eq!((part.status, part.body.as_slice()), (206, &b"message"[..]));
    assert_eq!(part.header("content-range"), Some("bytes 11-17/37"));
    let tag = part.header("etag").expect("a tag").to_owned();
    let same = get(&host, &id, &[("range", "bytes=-4"), ("if-range", &tag)]);
    assert_eq!((same.status, same.body.as_slice()), (206, &b"0005"[..]));
    let other = get(&host, &id, &[("range", "bytes=-4"), ("if-range", "\"other\"")]);
    assert_eq!((other.status, other.body.as_slice()), (200, &content[..]));
    let beyond = get(&host, &id, &[("range", "bytes=37-")]);
    assert_eq!((code(&beyond).0, beyond.header("content-range")), (416, Some("bytes */37")));
    let headers = [("authorization".to_owned(), format!("Bearer {TOKEN}"))];
    let head = http::request(host.address, "HEAD", &format!("/v1/media/{id}"), &headers, b"");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("37"), 0));
    assert_eq!(head.header("content-type"), Some("application/octet-stream"));
}

#[test]
fn many_who_ask_at_once_cost_one_fetch() {
    let provider = provider("line");
    let host = Host::start(&components(), &line(&provider, "fake-token"));
    let id = take_in(&host, &line_picture("510000000000000005")).remove(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(get(&host, &id, &[]).body, b"content of message 510000000000000005"));
        }
    });
    assert_eq!(provider.requests().len(), 1);
    let metric = "trunkline_media_fetched_total{connection=\"line\",outcome=\"whole\"}";
    assert_eq!(host.metric(metric), 1);
}

#[test]
fn a_large_file_is_handed_on_while_it_comes() {
    let provider = provider("line");
    let file: Vec<u8> = (0..3 << 20).map(|number: u32| (number / 7) as u8).collect();
    answers(&provider, "api-data.line.me", "image/png", file.clone());
    let none_kept = format!("[media]\ncache_bytes_max = 0\n{}", line(&provider, "fake-token"));
    let host = Host::start(&components(), &none_kept);
    let id = take_in(&host, &line_picture("510000000000000005")).remove(0);
    for _ in 0..2 {
        let answer = get(&host, &id, &[]);
        assert_eq!((answer.status, answer.header("content-length")), (200, Some("3145728")));
        assert!(answer.body == file, "{} bytes", answer.body.len());
    }
    assert_eq!(provider.requests().len(), 2, "none is kept");
}

#[test]
fn other_bytes_than_announced_are_not_handed_on_as_a_file() {
    let provider = provider("whatsapp");
    let host = Host::start(&components(), &whatsapp(&provider));
    let id = take_in(&host, &case("whatsapp", "image").request).remove(0);
    assert_eq!(code(&get(&host, &id, &[])), (502, "media_damaged".to_owned()));
    // Too large to be known before the answer begins.
    answers(&provider, "lookaside.fbsbx.com", "image/jpeg", vec![7; 3 << 20]);
    let answer = get(&host, &id, &[]);
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("3145728")));
    assert!(answer.body.len() < 3 << 20, "it must not look whole");
    answers(&provider, "lookaside.fbsbx.com", "image/jpeg", PICTURE.to_vec());
    assert_eq!(get(&host, &id, &[]).body, PICTURE, "nothing of it was kept");
}

#[test]
fn what_the_provider_says_becomes_what_is_to_be_done() {
    let provider = provider("line");
    let host = Host::start(
        &components(),
        &format!("[media]\nfetch_bytes_max = 1024\n{}", line(&provider, "fake-token")),
    );
    for (content, status, expected) in [
        ("510000000000000202", 503, "media_preparing"),
        ("510000000000000404", 404, "media_gone"),
        ("510000000000000410", 404, "media_gone"),
    ] {
        let id = take_in(&host, &line_picture(content)).remove(0);
        let answer = get(&host, &id, &[]);
        assert_eq!(code(&answer), (status, expected.to_owned()));
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
    }
    let id = take_in(&host, &line_picture("510000000000000005")).remove(0);
    answers(&provider, "api-data.line.me", "text/html; charset=utf-8", b"<html>sorry</html>".to_vec());
    assert_eq!(code(&get(&host, &id, &[])), (502, "media_type".to_owned()));
    answers(&provider, "api-data.line.me", "image/png", vec![7; 1_025]);
    let large = get(&host, &id, &[]);
    assert_eq!(code(&large), (502, "media_too_large".to_owned()));
    assert!(large.json()["hint"].as_str().is_some_and(|hint| hint.contains("fetch_bytes_max")));
    provider
        .on_request(|_| Action::Status(429, vec![("retry-after".to_owned(), "7".to_owned())], Vec::new()));
    let slower = get(&host, &id, &[]);
    assert_eq!(code(&slower), (503, "media_rate_limited".to_owned()));
    assert_eq!(slower.header("retry-after"), Some("7"));
    provider.on_request(|_| Action::Close);
    assert_eq!(code(&get(&host, &id, &[])), (502, "media_unavailable".to_owned()));
    answers(&provider, "api-data.line.me", "image/png", PICTURE.to_vec());
    assert_eq!(get(&host, &id, &[]).body, PICTURE, "nothing of that was kept");
}

#[test]
fn a_wrong_token_is_for_the_operator() {
    let provider = provider("line");
    let host = Host::start(&components(), &line(&provider, "another-token"));
    let id = take_in(&host, &line_picture("510000000000000005")).remove(0);
    let answer = get(&host, &id, &[]);
    assert_eq!(code(&answer), (502, "media_unauthorized".to_owned()));
    assert!(host.log().contains("file of a contact is refused"), "{}", host.log());
    let none = connection("line", "line", &provider, &[("channel_secret", "channel-secret-1")]);
    let host = Host::start(&components(), &none);
    let id = take_in(&host, &line_picture("510000000000000005")).remove(0);
    let answer = get(&host, &id, &[]);
    assert_eq!(code(&answer), (502, "media_unauthorized".to_owned()));
    assert!(answer.json()["title"].as_str().is_some_and(|title| title.contains("channel_access_token")));
}

#[test]
fn a_redirect_is_followed_without_the_credential() {
    let provider = provider("sms-twilio");
    let settings = [("account_sid", "AC00000000000000000000000000000009"), ("auth_token", "fake-password")];
    let host = Host::start(&components(), &connection("sms-twilio", "sms-twilio", &provider, &settings));
    let folder = root().join("connectors/sms-twilio/testdata");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
    let defaults = read("defaults.txt").replace("tok_invented_0001", "fake-password");
    let case = Case::parse(&defaults, &read("inbound/mms-picture.case")).expect("a case");
    let id = take_in(&host, &case.request).remove(0);
    let answer = get(&host, &id, &[]);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/gif")));
    assert!(answer.body.starts_with(b"GIF89a"));
    let called = provider.requests();
    let tokens: Vec<_> = called
        .iter()
        .map(|seen| {
            (seen.host.as_str(), seen.header("authorization").map(|value| value.starts_with("Basic ")))
        })
        .collect();
    assert_eq!(tokens, [("api.twilio.com", Some(true)), ("mms.twiliocdn.com", None)]);
}

#[test]
fn stored_attachments_of_a_mail_are_fetched_each_by_its_number() {
    let provider = provider("email-mailgun");
    let settings = [("signing_key", "key-signing-invented"), ("api_key", "fake-password")];
    let host = Host::start(&components(), &connection("mail", "email-mailgun", &provider, &settings));
    let folder = root().join("connectors/email-mailgun/testdata");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    // Its signature is refused when it is a day old.
    let fresh = read("inbound/store.case").replace("1700000000", &now.as_secs().to_string());
    let case = Case::parse(&read("defaults.txt"), &fresh).expect("a case");
    let ids = take_in(&host, &case.request);
    assert_eq!(ids.len(), 2);
    for (id, number, content_type, name) in
        [(&ids[0], 0, "image/png", "a.png"), (&ids[1], 1, "application/pdf", "b.pdf")]
    {
        let answer = get(&host, id, &[]);
        assert_eq!(answer.body, format!("attachment {number} of K1").as_bytes());
        assert_eq!(answer.header("content-type"), Some(content_type), "what the webhook said");
        let disposition = format!("attachment; filename=\"{name}\"; filename*=UTF-8''{name}");
        assert_eq!(answer.header("content-disposition"), Some(disposition.as_str()));
    }
    let event = ids[0].split('.').next().expect("an event");
    for id in [&format!("{event}.2"), &format!("{event}.00"), &"evt_1.0".to_owned()] {
        assert_eq!(code(&get(&host, id, &[])), (404, "not_found".to_owned()), "{id}");
    }
}

#[test]
fn bytes_that_came_inside_of_a_webhook_need_no_provider() {
    let mailgun = "[connections.email]\nconnector = \"email-mailgun\"\n[connections.email.settings]\n\
                   signing_key = \"demo-mailgun-signing-key\"\n";
    let host = Host::start(&components(), mailgun);
    let event = root().join("xtask/demo/email.json");
    let output = host.command(&["simulate", "email", "--event", &event.display().to_string()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let id = media_ids(&host).remove(0);
    let answer = get(&host, &id, &[]);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/pdf")));
    assert!(answer.body.starts_with(b"%PDF-1.4"));
    let part = get(&host, &id, &[("range", "bytes=1-3")]);
    assert_eq!((part.status, part.body.as_slice()), (206, &b"PDF"[..]));
}

#[test]
fn a_public_url_is_fetched_from_the_connectors_hosts_alone() {
    let provider = provider("messenger");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    provider.on_request(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Action::Status(200, vec![("content-type".to_owned(), "image/jpeg".to_owned())], PICTURE.to_vec())
    });
    let settings = [("app_secret", "app-secret-1"), ("verify_token", "verify-token-1")];
    let mut config = connection("messenger", "messenger", &provider, &settings);
    config = config.replace(
        "dangerous_loopback]\n",
        &format!("dangerous_loopback]\n\"scontent.fbcdn.net\" = \"http://{}\"\n", provider.address()),
    );
    let host = Host::start(&components(), &config);
    let case = case("messenger", "image");
    let body = String::from_utf8(case.request.body.clone()).expect("text");
    let (_, url) = body.split_once("\"url\": \"").expect("a picture");
    let url = url.split('"').next().expect("it ends");
    for (number, to, expected) in [
        (1, "https:\\/\\/scontent.fbcdn.net\\/a.jpg", None),
        (2, "https:\\/\\/files.example.org\\/a.jpg", Some("https://files.example.org/a.jpg")),
        (3, "http:\\/\\/scontent.fbcdn.net\\/a.jpg", Some("http://scontent.fbcdn.net/a.jpg")),
    ] {
        let body = body.replace(url, to).replace("\"mid\": \"", &format!("\"mid\": \"m{number}"));
        let request = case.resigned(body.into_bytes()).expect("signed in a header");
        let answer = get(&host, &take_in(&host, &request)[0], &[]);
        match expected {
            None => assert_eq!((answer.status, answer.body.as_slice()), (200, PICTURE)),
            Some(expected) => {
                assert_eq!(code(&answer), (422, "not_hosted".to_owned()));
                assert_eq!(answer.json()["url"], expected);
            }
        }
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(provider.requests()[0].header("authorization"), None);
}

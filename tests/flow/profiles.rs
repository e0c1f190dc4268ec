//! Names of contacts where the webhook has none: looked up once, in the deliveries, and no reason to hold one back.

use trunkline_cases::provider::{Action, Provider};
use trunkline_model::Request;

use crate::consumer::Consumer;
use crate::host::{Host, components};
use crate::samples::{case, connection, provider, send};

/// Somebody whom the fake provider knows.
const SOMEBODY: &str = "U000000000000000000000000000000a2";
/// Somebody whom it does not.
const STRANGER: &str = "U00000000000000000000000000000404";

fn line(provider: &Provider, token: Option<&str>) -> String {
    let mut settings = vec![("channel_secret", "channel-secret-1")];
    settings.extend(token.map(|token| ("channel_access_token", token)));
    connection("line", "line", provider, &settings)
}

/// A text of a contact, one of several.
fn text(contact: &str, number: u8) -> Request {
    let case = case("line", "text");
    let body = String::from_utf8(case.request.body.clone()).expect("text");
    let body = body.replace(SOMEBODY, contact);
    let body = body.replace("01JAAAAAAAAAAAAAAAAAAAA001", &format!("01JAAAAAAAAAAAAAAAAAAAA{number:03}"));
    case.resigned(body.into_bytes()).expect("signed in a header")
}

/// A host that delivers to a consumer which takes everything.
fn start(more: &str) -> (Host, Consumer) {
    let consumer = Consumer::start(|_| 200);
    let config = format!("{more}{}", Consumer::destination(consumer.address));
    (Host::start(&components(), &config), consumer)
}

fn name(event: &serde_json::Value) -> Option<&str> {
    event["data"]["contact"]["name"].as_str()
}

fn looked_up(host: &Host, outcome: &str) -> u64 {
    host.metric(&format!("trunkline_profiles_looked_up_total{{connection=\"line\",outcome=\"{outcome}\"}}"))
}

#[test]
fn a_name_is_looked_up_once_and_delivered_with_every_event() {
    let provider = provider("line");
    let live = "[destinations.live]\nkind = \"stream\"\n";
    let (mut host, consumer) = start(&format!("{}{live}", line(&provider, Some("fake-token"))));
    for number in 1..=2 {
        assert_eq!(send(&host, &text(SOMEBODY, number)).status, 200);
        let event = consumer.next().json();
        assert_eq!(name(&event), Some("花子"), "{event}");
        assert_eq!(event["data"]["contact"]["locale"], "ja");
        assert!(event["data"]["contact"]["avatar_url"].is_string());
    }
    let page = host.api("/v1/events");
    assert_eq!(name(&page["events"][0]), Some("花子"));
    let id = page["events"][0]["id"].as_str().expect("an id").to_owned();
    let webhook = host.api(&format!("/v1/events/{id}"));
    assert_eq!(name(&webhook["event"]), Some("花子"));
    let tail = host.command(&["tail", "live", "--json", "--after", "0", "-n", "2"]);
    assert_eq!(String::from_utf8_lossy(&tail.stdout).matches("花子").count(), 2);
    assert_eq!(host.terminate(), Some(0));
    host.run();
    assert_eq!(send(&host, &text(SOMEBODY, 3)).status, 200);
    assert_eq!(name(&consumer.next().json()), Some("花子"), "kept over a restart");
    let asked = provider.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].path_and_query, format!("/v2/bot/profile/{SOMEBODY}"));
}

#[test]
fn first_and_last_name_make_one() {
    let provider = provider("messenger");
    let settings = [
        ("app_secret", "app-secret-1"),
        ("verify_token", "verify-token-1"),
        ("page_access_token", "fake-token"),
    ];
    let (host, consumer) = start(&connection("messenger", "messenger", &provider, &settings));
    assert_eq!(send(&host, &case("messenger", "text").request).status, 200);
    assert_eq!(name(&consumer.next().json()), Some("Ada Example"));
}

#[test]
fn a_provider_that_hangs_holds_nothing_back_for_long() {
    let provider = provider("line");
    provider.on_request(|_| Action::Hang);
    let (host, consumer) = start(&line(&provider, Some("fake-token")));
    let begun = std::time::Instant::now();
    for number in 1..=3 {
        assert_eq!(send(&host, &text(SOMEBODY, number)).status, 200);
        assert_eq!(name(&consumer.next().json()), None);
    }
    // Three seconds once, not three times.
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    assert_eq!(provider.requests().len(), 1);
}

#[test]
fn somebody_unknown_is_asked_for_once() {
    let provider = provider("line");
    let (mut host, consumer) = start(&line(&provider, Some("fake-token")));
    for number in 1..=2 {
        assert_eq!(send(&host, &text(STRANGER, number)).status, 200);
        assert_eq!(name(&consumer.next().json()), None);
    }
    assert_eq!(looked_up(&host, "unknown"), 1);
    assert_eq!(host.terminate(), Some(0));
    host.run();
    assert_eq!(send(&host, &text(STRANGER, 3)).status, 200);
    assert_eq!(name(&consumer.next().json()), None);
    assert_eq!(provider.requests().len(), 1);
}

#[test]
fn what_goes_wrong_is_not_taken_for_an_answer() {
    let provider = provider("line");
    let (mut host, consumer) = start(&line(&provider, Some("another-token")));
    for number in 1..=2 {
        assert_eq!(send(&host, &text(SOMEBODY, number)).status, 200);
        assert_eq!(name(&consumer.next().json()), None);
    }
    assert_eq!((looked_up(&host, "unauthorized"), looked_up(&host, "unknown")), (1, 0));
    assert_eq!(provider.requests().len(), 1, "not again for a while");
    assert_eq!(host.terminate(), Some(0));
    let config = std::fs::read_to_string(&host.config).expect("a file");
    std::fs::write(&host.config, config.replace("another-token", "fake-token")).expect("written");
    host.run();
    assert_eq!(send(&host, &text(SOMEBODY, 3)).status, 200);
    assert_eq!(name(&consumer.next().json()), Some("花子"), "nothing was kept of it");
}

#[test]
fn nobody_is_asked_without_a_token_nor_where_it_is_switched_off() {
    let provider = provider("line");
    let (host, consumer) = start(&line(&provider, None));
    for (contact, number) in [(SOMEBODY, 1), (SOMEBODY, 2), (STRANGER, 3)] {
        assert_eq!(send(&host, &text(contact, number)).status, 200);
        assert_eq!(name(&consumer.next().json()), None);
    }
    assert_eq!(looked_up(&host, "no_secret"), 1, "once for all");
    let off = format!("[profiles]\nenabled = false\n{}", line(&provider, Some("fake-token")));
    let (host, consumer) = start(&off);
    assert_eq!(send(&host, &text(SOMEBODY, 1)).status, 200);
    assert_eq!(name(&consumer.next().json()), None);
    // The API asks nobody either.
    let host = Host::start(&components(), &line(&provider, Some("fake-token")));
    assert_eq!(send(&host, &text(SOMEBODY, 1)).status, 200);
    assert_eq!(name(&host.api("/v1/events")["events"][0]), None);
    assert_eq!(provider.requests().len(), 0);
}

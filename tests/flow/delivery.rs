//! From a webhook to a consumer: signed, once, in order, and again until it is taken.

use std::collections::HashMap;

use crate::consumer::Consumer;
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, case, send, text};

#[test]
fn an_event_arrives_as_a_signed_cloud_event_that_fits_the_schema() {
    let consumer = Consumer::start(|_| 200);
    let host =
        Host::start(&components(), &format!("{CONNECTIONS}{}", Consumer::destination(consumer.address)));
    let names =
        ["text", "image", "location", "interactive-button", "status-failed", "contacts", "unknown-field"];
    for name in names {
        assert_eq!(send(&host, &case("whatsapp", name).request).status, 200, "{name}");
    }
    let schema: serde_json::Value = host.api("/v1/schemas/event");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    // Some cases share a message id, which makes them duplicates of each other.
    let expected = host.event_ids().len();
    assert!(expected >= 3);
    for delivery in consumer.accepted(expected) {
        let event = delivery.json();
        let errors: Vec<String> = schema.iter_errors(&event).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{event:#}");
        assert!(delivery.header("content-type").starts_with("application/cloudevents+json"));
        assert_eq!(event["id"], delivery.header("webhook-id"));
        // Two secrets in rotation, two signatures.
        assert_eq!(delivery.header("webhook-signature").split(' ').count(), 2);
        assert_eq!(event["source"], "/connections/whatsapp");
    }
}

#[test]
fn a_redelivered_webhook_is_kept_and_delivered_once() {
    let consumer = Consumer::start(|_| 200);
    let host =
        Host::start(&components(), &format!("{CONNECTIONS}{}", Consumer::destination(consumer.address)));
    for _ in 0..3 {
        assert_eq!(send(&host, &text("wamid.once", "MX.1")).status, 200);
    }
    assert_eq!(send(&host, &text("wamid.twice", "MX.1")).status, 200);
    let delivered: Vec<String> = consumer.accepted(2).iter().map(|delivery| delivery.event_id()).collect();
    assert_eq!(delivered, ["wamid.once", "wamid.twice"]);
    assert_eq!(host.event_ids(), ["wamid.once", "wamid.twice"]);
    assert_eq!(host.metric("trunkline_events_duplicated_total{connection=\"whatsapp\"}"), 2);
}

#[test]
fn a_failing_consumer_gets_each_conversation_in_order_and_others_do_not_wait() {
    // The first event of the customer `slow` fails twice; everything else is taken at once.
    let mut failures = 0;
    let consumer = Consumer::start(move |event| {
        if event["data"]["id"] == "wamid.slow-0" && failures < 2 {
            failures += 1;
            return 500;
        }
        200
    });
    let host =
        Host::start(&components(), &format!("{CONNECTIONS}{}", Consumer::destination(consumer.address)));
    for number in 0..3 {
        for customer in ["slow", "fast"] {
            let sent = send(&host, &text(&format!("wamid.{customer}-{number}"), &format!("MX.{customer}")));
            assert_eq!(sent.status, 200);
        }
    }
    let delivered: Vec<String> = consumer.accepted(6).iter().map(|delivery| delivery.event_id()).collect();
    let mut by_customer: HashMap<&str, Vec<&str>> = HashMap::new();
    for id in &delivered {
        let customer = if id.contains("slow") { "slow" } else { "fast" };
        by_customer.entry(customer).or_default().push(id);
    }
    assert_eq!(by_customer["slow"], ["wamid.slow-0", "wamid.slow-1", "wamid.slow-2"]);
    assert_eq!(by_customer["fast"], ["wamid.fast-0", "wamid.fast-1", "wamid.fast-2"]);
    let position = |id: &str| delivered.iter().position(|delivered| delivered == id);
    assert!(position("wamid.fast-2") < position("wamid.slow-0"), "{delivered:?}");
}

#[test]
fn routes_choose_by_connection_and_kind() {
    let consumer = Consumer::start(|_| 200);
    let routes =
        "[[routes]]\nconnections = [\"whatsapp\"]\nkinds = [\"status\"]\ndestinations = [\"consumer\"]\n";
    let more = format!("{CONNECTIONS}{}{routes}", Consumer::destination(consumer.address));
    let host = Host::start(&components(), &more);
    for name in ["text", "status-sent", "location", "status-read"] {
        assert_eq!(send(&host, &case("whatsapp", name).request).status, 200);
    }
    let delivered: Vec<String> = consumer.accepted(2).iter().map(|delivery| delivery.event_id()).collect();
    assert_eq!(delivered, ["wamid.OUT1:sent", "wamid.OUT1:read"]);
}

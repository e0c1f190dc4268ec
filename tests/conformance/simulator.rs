//! `receive` of what `simulate` made gives back the same.

use trunkline_cases::difference;
use trunkline_model::manifest::Sample;
use trunkline_model::{
    Choice, Contact, Context, DeliveryState, Event, EventKind, Identifier, IdentifierScheme, Location, Media,
    MediaKind, MediaSource, Message, MessageRef, Opaque, Part, Reaction, ReceiveStep, Status,
};

use crate::findings::{Findings, told};
use crate::suite::{Subject, suite};

fn kinds() -> Vec<(&'static str, EventKind)> {
    let message = |part| EventKind::Message(Message::new("message-1", vec![part]));
    let location = Location { latitude: 37.44, longitude: -122.16, name: None, address: None, url: None };
    let choice = Choice { id: Some("yes".to_owned()), title: Some("Yes".to_owned()), data: None };
    let url = MediaSource::Url("https://media.example.org/1.jpg".to_owned());
    let image = Media::new(MediaKind::Image, url);
    let status = |state| {
        EventKind::Status(Status {
            message_id: "message-0".to_owned(),
            state,
            failure: None,
            client_reference: None,
        })
    };
    let target = MessageRef::new("message-0");
    vec![
        ("text", message(Part::Text("Grüße, 你好 \"quoted\" & <b>\n2nd line 👋".to_owned()))),
        ("location", message(Part::Location(location))),
        ("choice", message(Part::Choice(choice))),
        ("image", message(Part::Media(image))),
        ("delivered", status(DeliveryState::Delivered)),
        ("read", status(DeliveryState::Read)),
        ("reaction", EventKind::Reaction(Reaction { target, emoji: Some("👍".to_owned()), name: None })),
        ("other", EventKind::Other(Opaque { name: "made_up".to_owned(), payload: "{}".to_owned() })),
    ]
}

fn event(sample: &Sample, kind: EventKind, now: u64) -> Event {
    let scheme = IdentifierScheme::from(sample.scheme.as_str());
    let mut event = Event::new("event-1", sample.account.clone(), kind);
    event.occurred_at = Some(now / 1000 * 1000);
    event.contact = Some(Contact::new(scheme, sample.contact.clone()));
    event
}

/// An event to simulate, with all that `simulate` is told.
pub struct Simulation {
    /// What kind of event.
    pub what: &'static str,
    pub event: Event,
    pub url: String,
    /// That of a genuine case.
    pub context: Context,
}

/// What a connector may be asked to simulate. None where it simulates nothing, or has no `[sample]` or no genuine case.
pub fn simulations(subject: &Subject) -> Vec<Simulation> {
    let (Some(sample), Some((_, case))) = (&subject.manifest().sample, subject.genuine().next()) else {
        return Vec::new();
    };
    if !subject.connector.has("simulator") {
        return Vec::new();
    }
    let context = Context { exchanges: Vec::new(), ..case.context.clone() };
    let url = format!("https://hooks.example.org/hooks/{}", subject.id);
    let simulation = |(what, kind)| Simulation {
        what,
        event: event(sample, kind, context.now),
        url: url.clone(),
        context: context.clone(),
    };
    kinds().into_iter().map(simulation).collect()
}

#[test]
fn what_was_simulated_is_received() {
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        if !subject.connector.has("simulator") {
            continue;
        }
        let simulations = simulations(subject);
        findings.check(!simulations.is_empty(), || {
            format!("{}: simulates, but has no `[sample]` or no case", subject.id)
        });
        let mut supported = Vec::new();
        for simulation in &simulations {
            if round_trip(&mut findings, subject, simulation) {
                supported.push(simulation.what);
            }
        }
        println!("{}: simulates {}", subject.id, supported.join(", "));
        findings.check(supported.contains(&"text"), || format!("{}: cannot simulate a text", subject.id));
    }
    findings.assert();
}

/// Whether the connector simulates this event.
fn round_trip(findings: &mut Findings, subject: &Subject, simulation: &Simulation) -> bool {
    let Simulation { what, event, url, context } = simulation;
    let settings = subject.settings(context);
    let simulate = subject.connector.simulate(event.clone(), url, &settings, context.now);
    let request = match suite().wait(simulate) {
        Ok(Some(request)) => request,
        Ok(None) => return false,
        Err(error) => {
            findings.check(false, || format!("{} simulating {what}: {error}", subject.id));
            return true;
        }
    };
    let step = subject.receive(request, context);
    let Ok(ReceiveStep::Answer(answer)) = &step else {
        findings.check(false, || format!("{} receiving {what}: {}", subject.id, told(&step)));
        return true;
    };
    findings.check(answer.events.len() == 1, || {
        format!("{} receiving {what}: {} events, expected 1", subject.id, answer.events.len())
    });
    if let Some(received) = answer.events.first() {
        compare(findings, subject, what, event, received);
    }
    true
}

fn compare(findings: &mut Findings, subject: &Subject, what: &str, sent: &Event, received: &Event) {
    // What a provider wraps around something unknown is its own business: the name has to survive.
    if let (EventKind::Other(sent), EventKind::Other(received)) = (&sent.kind, &received.kind) {
        findings.check(sent.name == received.name, || {
            format!("{} receiving {what}: name `{}`, expected `{}`", subject.id, received.name, sent.name)
        });
        return;
    }
    let json = |kind: &EventKind| serde_json::to_string_pretty(kind).expect("kinds serialize") + "\n";
    let (expected, found) = (json(&sent.kind), json(&received.kind));
    findings.check(expected == found, || {
        format!("{} receiving {what}:\n{}", subject.id, difference(&expected, &found))
    });
    findings.check(received.account == sent.account, || {
        format!(
            "{} receiving {what}: account `{}`, expected `{}`",
            subject.id, received.account, sent.account
        )
    });
    findings.check(same_contact(sent, received), || {
        format!("{} receiving {what}: contact {:?}", subject.id, received.contact)
    });
}

/// Whether the contact that was simulated is among the identifiers received. Phone numbers gain their `+`.
fn same_contact(sent: &Event, received: &Event) -> bool {
    let identifiers = |event: &Event| -> Vec<Identifier> {
        event.contact.as_ref().map(|contact| contact.identifiers.clone()).unwrap_or_default()
    };
    let plain = |identifier: &Identifier| identifier.value.trim_start_matches('+').to_owned();
    let found: Vec<String> = identifiers(received).iter().map(plain).collect();
    identifiers(sent).iter().all(|identifier| found.contains(&plain(identifier)))
}

//! `receive` of what `simulate` made gives back the same.

use trunkline_model::manifest::Sample;
use trunkline_model::{
    Choice, Contact, Context, DeliveryState, Event, EventKind, Identifier, IdentifierScheme, Location, Media,
    MediaKind, MediaSource, Message, MessageRef, Opaque, Part, Reaction, ReceiveStep, Status,
};

use crate::finding::{Finding, Findings, told};
use crate::subject::Subject;

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
#[derive(Clone)]
pub struct Simulation {
    /// What kind of event.
    pub what: &'static str,
    /// The event.
    pub event: Event,
    /// Where the webhook is addressed to.
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

/// `simulator/round-trip`
pub fn round_trip(subject: &Subject, findings: &mut Findings) {
    if !subject.connector.has("simulator") {
        return findings.skip("it does not export `simulator`");
    }
    let simulations = simulations(subject);
    if simulations.is_empty() {
        return match subject.manifest().sample {
            // No case whose settings it could sign with.
            Some(_) => {}
            None => {
                findings.check(false, || Finding::new("`sample`", "is missing: there is nobody to simulate"))
            }
        };
    }
    let mut supported = Vec::new();
    for simulation in &simulations {
        if travels(subject, findings, simulation) {
            supported.push(simulation.what);
        }
    }
    findings.note(format!("simulates {}", supported.join(", ")));
    findings.check(supported.contains(&"text"), || Finding::new("a text", "cannot be simulated"));
}

/// Whether the connector simulates this event.
fn travels(subject: &Subject, findings: &mut Findings, simulation: &Simulation) -> bool {
    let Simulation { what, event, url, context } = simulation;
    let settings = subject.settings(context);
    let simulate = subject.connector.simulate(event.clone(), url, &settings, context.now);
    let request = match subject.wait(simulate) {
        Ok(Some(request)) => request,
        Ok(None) => return false,
        Err(error) => {
            findings.check(false, || Finding::new(format!("{what}, simulated"), error.to_string()));
            return true;
        }
    };
    let step = subject.receive(request, context);
    let what = format!("{what}, received");
    let Ok(ReceiveStep::Answer(answer)) = &step else {
        findings.check(false, || Finding::new(what, format!("{}, expected an answer", told(&step))));
        return true;
    };
    findings.check(answer.events.len() == 1, || {
        Finding::new(&what, format!("{} events, expected 1", answer.events.len()))
    });
    if let Some(received) = answer.events.first() {
        compare(findings, &what, event, received);
    }
    true
}

fn compare(findings: &mut Findings, what: &str, sent: &Event, received: &Event) {
    // What a provider wraps around something unknown is its own business: the name has to survive.
    if let (EventKind::Other(sent), EventKind::Other(received)) = (&sent.kind, &received.kind) {
        findings.check(sent.name == received.name, || {
            Finding::new(what, format!("has the name `{}`, expected `{}`", received.name, sent.name))
        });
        return;
    }
    let json = |kind: &EventKind| serde_json::to_string_pretty(kind).unwrap_or_default() + "\n";
    let (expected, found) = (json(&sent.kind), json(&received.kind));
    findings
        .check(expected == found, || Finding::new(what, "has another content").difference(&expected, &found));
    findings.check(received.account == sent.account, || {
        Finding::new(what, format!("has the account `{}`, expected `{}`", received.account, sent.account))
    });
    findings.check(same_contact(sent, received), || {
        let shown = |event: &Event| plain(event).join(", ");
        Finding::new(what, format!("has the contact `{}`, expected `{}`", shown(received), shown(sent)))
    });
}

/// Whether the contact that was simulated is among the identifiers received.
fn same_contact(sent: &Event, received: &Event) -> bool {
    let found = plain(received);
    plain(sent).iter().all(|identifier| found.contains(identifier))
}

/// The contact's identifiers. Phone numbers gain their `+`.
fn plain(event: &Event) -> Vec<String> {
    let identifiers = event.contact.iter().flat_map(|contact| &contact.identifiers);
    identifiers.map(|one: &Identifier| one.value.trim_start_matches('+').to_owned()).collect()
}

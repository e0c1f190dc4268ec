//! What a call is: who calls whom, and what became of it.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::{phone, prelude::*};

/// Longer names of states are not taken: an event id is made of them.
const STATE_LENGTH_MAX: usize = 64;

/// The parties of a call, taken out of the fields.
#[derive(Debug, Clone)]
pub struct Parties {
    /// `CA…`
    pub call_sid: String,
    /// Whether the contact calls us.
    pub inbound: bool,
    /// Whether we asked for the call, and no step of a menu: it says a message of ours.
    pub asked_for: bool,
    /// Our number.
    pub account: String,
    /// None: the number is withheld.
    pub contact: Option<Contact>,
}

impl Parties {
    /// None where the fields name no call.
    pub fn take(fields: &mut Fields) -> Option<Self> {
        let call_sid = fields.take("CallSid").filter(|sid| sid.len() <= STATE_LENGTH_MAX)?;
        // Already compared with the settings.
        fields.take("AccountSid");
        let direction = fields.take("Direction").unwrap_or_else(|| "inbound".to_owned());
        let inbound = direction == "inbound";
        let (from, to) = (fields.take("From"), fields.take("To"));
        for (other, value) in [("Caller", &from), ("Called", &to)] {
            if fields.peek(other) == value.as_deref() {
                fields.take(other);
            }
        }
        let (ours, theirs) = if inbound { (to, from) } else { (from, to) };
        let name = fields.take("CallerName").filter(|_| inbound);
        let contact = theirs.as_deref().and_then(identifier).map(|identifier| {
            let mut contact = Contact::new(identifier.scheme, identifier.value);
            contact.name = name;
            contact
        });
        Some(Self {
            call_sid,
            inbound,
            asked_for: direction == "outbound-api",
            account: ours.unwrap_or_default(),
            contact,
        })
    }

    /// An event between these.
    pub fn event(&self, id: impl Into<String>, kind: EventKind, fields: &Fields) -> Event {
        let mut event = Event::new(id, self.account.clone(), kind);
        event.contact = self.contact.clone();
        event.attributes.push(("channel".to_owned(), "voice".to_owned()));
        event.attributes.push(("call_sid".to_owned(), self.call_sid.clone()));
        event.attributes.extend(fields.attributes());
        event
    }
}

/// Who calls. None for what says that the number is withheld or not known.
fn identifier(address: &str) -> Option<Identifier> {
    const WITHHELD: [&str; 9] = [
        "+266696687",
        "266696687",
        "+86282452253",
        "+8656696",
        "+7378742833",
        "anonymous",
        "restricted",
        "unknown",
        "unavailable",
    ];
    let address = address.trim();
    if address.is_empty() || WITHHELD.contains(&address.to_ascii_lowercase().as_str()) {
        return None;
    }
    let number = if address.starts_with('+') { phone::e164(address) } else { None };
    Some(match number {
        Some(number) => Identifier::new(IdentifierScheme::Phone, number),
        // `client:…`, `sip:…`, a short number.
        None => Identifier::new(IdentifierScheme::Id, address),
    })
}

/// The state of a call, by `CallStatus`.
pub fn state(status: &str, inbound: bool) -> CallState {
    match status {
        "queued" | "initiated" | "ringing" => CallState::Ringing,
        "in-progress" | "answered" => CallState::Answered,
        "completed" => CallState::Ended,
        "busy" => CallState::Rejected,
        "no-answer" => CallState::Missed,
        // The caller gave up.
        "canceled" if inbound => CallState::Missed,
        "failed" => CallState::Failed,
        other => CallState::Other(other.replace([' ', '-'], "_")),
    }
}

/// The call itself as an event; of a call that we made, also what became of what it was to say.
pub fn events(parties: &Parties, status: &str, mut fields: Fields) -> Vec<Event> {
    let status = status.to_ascii_lowercase();
    let name: String = status.chars().take(STATE_LENGTH_MAX).collect();
    let seconds = fields.take("CallDuration").and_then(|seconds| seconds.parse::<u64>().ok());
    fields.take("CallStatus");
    let occurred_at = fields.peek("Timestamp").and_then(http_date);
    let call = PhoneCall {
        id: parties.call_sid.clone(),
        inbound: parties.inbound,
        state: state(&name, parties.inbound),
        duration_ms: seconds.map(|seconds| seconds.saturating_mul(1_000)),
    };
    let mut event =
        parties.event(format!("{}:{name}", parties.call_sid), EventKind::PhoneCall(call), &fields);
    event.occurred_at = occurred_at;
    let told = parties.asked_for.then(|| delivery(&name)).flatten();
    let told = told.map(|(state, failure)| {
        let status = Status { message_id: parties.call_sid.clone(), state, failure, client_reference: None };
        let id = format!("{}:{name}:status", parties.call_sid);
        let mut event = parties.event(id, EventKind::Status(status), &fields);
        event.occurred_at = occurred_at;
        event
    });
    std::iter::once(event).chain(told).collect()
}

/// What became of what a call was to say.
fn delivery(status: &str) -> Option<(DeliveryState, Option<Failure>)> {
    let failed = |reason, code: &str| {
        Some((DeliveryState::Failed, Some(Failure { reason, code: Some(code.to_owned()), message: None })))
    };
    match status {
        "queued" | "initiated" => Some((DeliveryState::Accepted, None)),
        "ringing" => Some((DeliveryState::Sent, None)),
        // Somebody, or a machine, has listened.
        "completed" => Some((DeliveryState::Delivered, None)),
        "busy" | "no-answer" | "failed" => failed(FailureReason::Unreachable, status),
        "canceled" => failed(FailureReason::Other, status),
        _ => None,
    }
}

/// `Tue, 22 Sep 2026 10:13:20 +0000`, as milliseconds since the Unix epoch.
fn http_date(text: &str) -> Option<u64> {
    let text = text.strip_suffix("+0000").map_or_else(|| text.to_owned(), |text| format!("{text}GMT"));
    let time = httpdate::parse_http_date(text.trim()).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

//! A small channel without a mistake, or with the one that the setting `mistake` names. Only the test of what mistakes
//! print uses it.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use trunkline_sdk::{malformed, prelude::*};

const SIGNATURE: &str = "x-mistaken-signature";

/// Calls before this one in this instance.
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// The connector.
pub struct Mistaken;

impl Connector for Mistaken {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Mistaken {
    fn receive(request: &Request, context: &Context) -> Received {
        let mistake = context.setting("mistake").unwrap_or_default();
        if mistake == "parses first" {
            messages(&request.body)?;
        }
        verify(request, context, mistake)?;
        let calls = CALLS.fetch_add(1, Ordering::Relaxed);
        let (account, items) = messages(&request.body)?;
        let mut events = Vec::new();
        for item in &items {
            let mut event = event(item, &account, mistake);
            if mistake == "counts calls" {
                event.attributes.push(("call".to_owned(), calls.to_string()));
            }
            events.push(event);
        }
        Ok(Answer { response: Response::empty(200), events })
    }
}

fn verify(request: &Request, context: &Context, mistake: &str) -> Result<(), Refusal> {
    let header = request.header(SIGNATURE);
    if mistake == "takes unsigned" && header.is_none() {
        return Ok(());
    }
    if mistake == "compares case" && !request.headers.iter().any(|(name, _)| name == SIGNATURE) {
        return Err(signature::missing("`x-mistaken-signature`"));
    }
    let given = signature::hex_digest(header, 32)?;
    let secrets = || context.setting_values("webhook_secret");
    signature::verify(Hmac::Sha256, secrets(), &[&request.body], &given).map_err(|refusal| match mistake {
        "tells secrets" if refusal.reason == RefusalReason::Mismatch => {
            let secret: String = secrets().collect();
            Refusal { detail: format!("signature was not made with `{secret}`"), ..refusal }
        }
        _ => refusal,
    })
}

/// The account of the webhook and its items.
fn messages(body: &[u8]) -> Result<(String, Vec<Value>), Interrupt> {
    let body: Value = serde_json::from_slice(body).map_err(|_| malformed("the body is no JSON"))?;
    let items = body["messages"].as_array().ok_or_else(|| malformed("`messages` is no array"))?;
    Ok((body["account"].as_str().unwrap_or_default().to_owned(), items.clone()))
}

/// What an item is: a text, or something that is kept as it came.
fn event(item: &Value, account: &str, mistake: &str) -> Event {
    let text = |name: &str| item[name].as_str();
    if mistake == "trusts types" {
        assert!(item["text"].is_string(), "every message has a text");
    }
    let (Some(id), Some(from), Some(words)) = (text("id"), text("from"), text("text")) else {
        let name = text("type").unwrap_or("message").to_owned();
        let id = signature::content_id("other", &[account, &item.to_string()]);
        let kind = EventKind::Other(Opaque { name, payload: item.to_string() });
        return Event::new(id, account, kind);
    };
    let message = Message::new(id, vec![Part::Text(words.to_owned())]);
    let mut event = Event::new(id, account, EventKind::Message(message));
    event.contact = Some(Contact::new(IdentifierScheme::Id, from));
    event.occurred_at = item["at"].as_u64().and_then(|at| at.checked_mul(1_000));
    event
}

impl Simulator for Mistaken {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let EventKind::Message(message) = &event.kind else { return None };
        let [Part::Text(text)] = message.parts.as_slice() else { return None };
        let from = &event.contact.as_ref()?.identifiers.first()?.value;
        let at = event.occurred_at.map(|at| at / 1_000);
        let item = json!({ "id": message.id, "from": from, "at": at, "text": text });
        let body = json!({ "account": event.account, "messages": [item] }).to_string().into_bytes();
        let secret = context.setting("webhook_secret")?;
        let digest = signature::hex(&Hmac::Sha256.digest(secret.as_bytes(), &[&body]));
        let headers =
            vec![("content-type".to_owned(), "application/json".to_owned()), (SIGNATURE.to_owned(), digest)];
        Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body })
    }
}

trunkline_sdk::connector!(Mistaken: inbound, simulator);

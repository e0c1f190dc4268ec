//! A connector that misbehaves as the body of the webhook says. Only the tests of the host use it.

use trunkline_sdk::prelude::*;

/// The one host that it may call.
const KEYS: &str = "https://keys.example.com/keys";

/// The connector.
pub struct Hostile;

impl Connector for Hostile {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Hostile {
    fn receive(request: &Request, context: &Context) -> Received {
        let mut response = Response::empty(200);
        let mut events = Vec::new();
        let event = |id: String| Event::new(id, "account", EventKind::Message(Message::new("1", Vec::new())));
        match &*request.body {
            b"trap" => panic!("as told"),
            b"loop" => endless(),
            b"recursion" => response.status = depth(1) as u16,
            b"greed" => response.body = vec![1; 1 << 30],
            b"endless allocation" => endless_allocation(),
            b"ten million events" => {
                for number in 0..10_000_000 {
                    events.push(event(number.to_string()));
                }
            }
            b"answer" => {
                let message = Message::new("1", vec![Part::Text("x".repeat(7 << 20))]);
                events.push(Event::new("1", "account", EventKind::Message(message)));
            }
            b"events" => events = (0..10_001).map(|number| event(number.to_string())).collect(),
            b"no id" => events.push(event(String::new())),
            b"status" => response.status = 302,
            b"leak" => response.body = context.setting("secret").unwrap_or_default().into(),
            b"leak in header" => {
                let secret = context.setting("secret").unwrap_or_default().to_owned();
                response.headers.push(("x-secret".to_owned(), secret));
            }
            // What the host cannot see: it looks for the text, as it is and as JSON and URLs write it.
            b"leak in disguise" => {
                let secret = context.setting("secret").unwrap_or_default();
                events.push(event(secret.chars().rev().collect()));
            }
            b"leak in event" => events.push(event(context.setting("secret").unwrap_or_default().to_owned())),
            told if told.starts_with(b"call https://") => {
                let url = String::from_utf8_lossy(&told[5..]).into_owned();
                Calls::new(context).make(Call::get(url))?;
            }
            b"call elsewhere" => {
                Calls::new(context).make(Call::get("https://elsewhere.example.com/?x=1"))?;
            }
            b"call without end" => return Err(Interrupt::Call(Box::new(Call::get(KEYS)))),
            b"call with a secret" => {
                let secret = context.setting("secret").unwrap_or_default();
                Calls::new(context).make(Call::get(KEYS).header("x-secret", secret))?;
            }
            b"call twice" => {
                let mut calls = Calls::new(context);
                let first = calls.make(Call::get(KEYS).bearer("secret"))?;
                let second = calls.make(Call::post(KEYS, "text/plain", first.body.clone()))?;
                events.push(event(String::from_utf8_lossy(&second.body).into_owned()));
            }
            _ => events.push(event(String::from_utf8_lossy(&request.body).into_owned())),
        }
        Ok(Answer { response, events })
    }
}

fn endless_allocation() {
    let mut kept = Vec::new();
    loop {
        kept.push(std::hint::black_box(vec![1_u8; 1 << 12]));
    }
}

fn endless() {
    let mut number = 0_u64;
    while std::hint::black_box(number) < u64::MAX {
        number = number.wrapping_add(2) & !1;
    }
}

fn depth(level: u64) -> u64 {
    if std::hint::black_box(level) == 0 { 0 } else { 1 + depth(std::hint::black_box(level + 1)) }
}

trunkline_sdk::connector!(Hostile: inbound);

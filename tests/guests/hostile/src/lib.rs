//! A connector that misbehaves as the body of the webhook says. Only the tests of the host use it.

use trunkline_sdk::prelude::*;

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
            b"answer" => {
                let message = Message::new("1", vec![Part::Text("x".repeat(7 << 20))]);
                events.push(Event::new("1", "account", EventKind::Message(message)));
            }
            b"events" => events = (0..10_001).map(|number| event(number.to_string())).collect(),
            b"no id" => events.push(event(String::new())),
            b"status" => response.status = 302,
            b"leak" => response.body = context.setting("secret").unwrap_or_default().into(),
            b"leak in event" => events.push(event(context.setting("secret").unwrap_or_default().to_owned())),
            b"call" => {
                let request = Request { url: "https://example.com/?x=1".to_owned(), ..Request::default() };
                return Err(Interrupt::Call(Box::new(Call { request, ..Call::default() })));
            }
            _ => events.push(event(String::from_utf8_lossy(&request.body).into_owned())),
        }
        Ok(Answer { response, events })
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

//! A connector with every ability, which hands on what it is given. What is kept of it in `wit/frozen/` must load and answer
//! for as long as the host loads that contract.
//!
//! A webhook's body is a list of events as JSON, and comes back as these events; `call` asks for a call with every kind of
//! credential; whatever else is refused. The other functions ask for one call, and make their answer of its answer.

use trunkline_sdk::prelude::*;

/// The connector.
pub struct Complete;

impl Connector for Complete {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

/// A call that has everything that a call can have.
fn call(body: Vec<u8>) -> Call {
    let setting = || "token".to_owned();
    let named = |name: &str| (name.to_owned(), setting());
    Call {
        credentials: vec![
            Credential::Bearer(setting()),
            Credential::Basic(named("user")),
            Credential::Header(named("x-token")),
            Credential::Query(named("token")),
            Credential::Form(named("token")),
            Credential::Path(setting()),
            Credential::Other(named("later")),
        ],
        cacheable: true,
        ..Call::post("https://api.example.com/{token}/v1", "application/json", body).repeatable()
    }
}

impl Inbound for Complete {
    fn receive(request: &Request, context: &Context) -> Received {
        if request.body == b"call" {
            let answer = Calls::new(context).make(call(Vec::new()))?;
            return Ok(Answer { response: answer.clone(), events: Vec::new() });
        }
        let events = serde_json::from_slice(&request.body)
            .map_err(|_| Refusal::new(RefusalReason::Other("no-events".to_owned()), 400, "no events"))?;
        Ok(Answer { response: Response::with_body(202, "text/plain", "taken"), events })
    }
}

impl Outbound for Complete {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        let body = serde_json::to_vec(message).unwrap_or_default();
        let answer = Calls::new(context).make(call(body))?;
        if answer.status == 200 {
            let receipt = |id: &str| Receipt { message_id: id.to_owned(), ..Receipt::default() };
            return Ok(String::from_utf8_lossy(&answer.body).lines().map(receipt).collect());
        }
        let reason = trunkline_sdk::calls::reason(answer, context.now);
        Err(Failure { reason, code: Some(answer.status.to_string()), message: Some("not sent".to_owned()) }
            .into())
    }
}

impl MediaFetcher for Complete {
    fn locate(media: &Media, account: &str, context: &Context) -> Located {
        let mut calls = Calls::new(context);
        let answer = calls.make(call(serde_json::to_vec(&(media, account)).unwrap_or_default()))?;
        Ok(Call::get(String::from_utf8_lossy(&answer.body)).bearer("token"))
    }
}

impl Profiles for Complete {
    fn look_up(contact: &Contact, account: &str, thread: Option<&Thread>, context: &Context) -> Found {
        let asked = serde_json::to_vec(&(contact, account, thread)).unwrap_or_default();
        let answer = Calls::new(context).make(call(asked))?;
        let name = String::from_utf8_lossy(&answer.body).into_owned();
        Ok((answer.status == 200).then(|| Contact { name: Some(name), ..contact.clone() }))
    }
}

impl Simulator for Complete {
    fn simulate(event: &Event, url: &str, _: &Context) -> Option<Request> {
        let body = serde_json::to_vec(&[event]).ok()?;
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body })
    }
}

trunkline_sdk::connector!(Complete: inbound, outbound, media, profiles, simulator);

//! A message to a contact as the API gives it: in lists, and with its whole life. What is derived here is what the
//! published description of the API says.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_core::journal::{MessageLife, StoredCall, StoredMessage, StoredStatus};
use trunkline_core::outbound::MessageState;
use trunkline_model::{Failure, Identifier, MessageRef, OutgoingPart, Receipt, Thread};

use crate::instant;

/// Messages, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageList")]
pub struct ListView<'a> {
    /// At most as many as `limit` says.
    pub messages: Vec<SummaryView<'a>>,
    /// `before` of the next page. Null: there is none.
    pub next_before: Option<u64>,
}

/// A message as it stands in lists and in the answer to a new message.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageSummary")]
pub struct SummaryView<'a> {
    /// Trunkline's id.
    #[schemars(extend("format" = "uuid"))]
    id: &'a str,
    /// How far it has come.
    state: MessageState,
    /// The connection that sends it.
    connection: &'a str,
    /// Id of the connection's connector.
    connector: &'a str,
    /// The conversation, as `subject` of an event names it.
    conversation: &'a str,
    /// Our side: number, page or mailbox.
    account: &'a str,
    /// The contact; the identifier to key by first.
    to: &'a [Identifier],
    /// When it was accepted here.
    #[schemars(extend("format" = "date-time"))]
    queued_at: Option<String>,
    /// When its state last changed.
    #[schemars(extend("format" = "date-time"))]
    updated_at: Option<String>,
    /// Attempts made.
    attempts: u32,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a Failure>,
}

/// A message with all that is known of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageLife")]
pub struct LifeView<'a> {
    #[serde(flatten)]
    summary: SummaryView<'a>,
    /// When it is tried again. Absent: at once, or never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    next_attempt_at: Option<Option<String>>,
    /// What it consists of. Bytes have become references to files that are kept here.
    parts: &'a [OutgoingPart],
    /// Of an e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    /// The group or thread that it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<&'a Thread>,
    /// What it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<&'a MessageRef>,
    /// The messages that it became at the provider.
    receipts: &'a [Receipt],
    /// The calls that were made for it, oldest first.
    calls: Vec<CallView<'a>>,
    /// What the provider said of it, oldest first.
    statuses: Vec<StatusView<'a>>,
}

/// A call to the provider.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageCall")]
pub struct CallView<'a> {
    /// The attempt that it belongs to.
    attempt: u32,
    /// Of the request.
    method: &'a str,
    /// Without credentials.
    url: String,
    /// Whether it may be made again without harm.
    repeatable: bool,
    /// When it was made.
    #[schemars(extend("format" = "date-time"))]
    begun_at: Option<String>,
    /// Null: it runs, or the host ended before its answer.
    #[schemars(extend("format" = "date-time"))]
    ended_at: Option<String>,
    /// HTTP status of the answer. Null: there is none.
    status: Option<u16>,
    /// Why there is no answer.
    problem: Option<&'a str>,
}

/// A provider's word on what became of a message.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageStatus")]
pub struct StatusView<'a> {
    /// `sequence` of the event that said so.
    #[schemars(regex(pattern = "^[0-9]{20}$"))]
    sequence: String,
    /// The provider's id of the message. Empty: of all messages up to a time.
    message_id: &'a str,
    /// What it said.
    state: MessageState,
    /// When, by the provider's clock where it says.
    #[schemars(extend("format" = "date-time"))]
    at: Option<String>,
}

impl<'a> From<&'a StoredMessage> for SummaryView<'a> {
    fn from(message: &'a StoredMessage) -> Self {
        Self {
            id: &message.id,
            state: message.state,
            connection: &message.connection,
            connector: &message.connector,
            conversation: &message.conversation,
            account: &message.outgoing.account,
            to: &message.outgoing.to,
            queued_at: instant::text(message.queued_at),
            updated_at: instant::text(message.updated_at),
            attempts: message.attempt,
            failure: message.failure.as_ref(),
        }
    }
}

impl<'a> From<&'a MessageLife> for LifeView<'a> {
    fn from(life: &'a MessageLife) -> Self {
        let message = &life.message;
        let outgoing = &message.outgoing;
        let open = matches!(message.state, MessageState::Queued | MessageState::Sending);
        Self {
            summary: message.into(),
            next_attempt_at: (open && message.due_at > 0).then(|| instant::text(message.due_at)),
            parts: &outgoing.parts,
            subject: outgoing.subject.as_deref(),
            thread: outgoing.thread.as_ref(),
            reply_to: outgoing.reply_to.as_ref(),
            receipts: &message.receipts,
            calls: life.calls.iter().map(CallView::from).collect(),
            statuses: life.statuses.iter().map(StatusView::from).collect(),
        }
    }
}

impl<'a> From<&'a StoredCall> for CallView<'a> {
    fn from(call: &'a StoredCall) -> Self {
        Self {
            attempt: call.attempt,
            method: &call.method,
            url: without_tokens(&call.url),
            repeatable: call.repeatable,
            begun_at: instant::text(call.begun_at),
            ended_at: call.ended_at.and_then(instant::text),
            status: call.response.as_ref().map(|response| response.status),
            problem: call.problem.as_deref(),
        }
    }
}

/// What a connector was handed for a secret may stand in the query of later calls: whoever reads about a message need not have
/// it.
fn without_tokens(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("token") => format!("{name}=…"),
        _ => parameter.to_owned(),
    });
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

impl<'a> From<&'a StoredStatus> for StatusView<'a> {
    fn from(status: &'a StoredStatus) -> Self {
        Self {
            sequence: format!("{:020}", status.seq),
            message_id: &status.provider_id,
            state: status.state,
            at: instant::text(status.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trunkline_model::{FailureReason, IdentifierScheme, Outgoing, Response, ThreadKind};

    use super::*;

    fn life() -> MessageLife {
        let outgoing = Outgoing {
            id: "01".into(),
            account: "+15005550199".into(),
            to: vec![Identifier::new(IdentifierScheme::from("phone"), "+15005550123")],
            thread: None,
            parts: vec![OutgoingPart::Text("hello".into()), OutgoingPart::Typing],
            subject: None,
            reply_to: None,
            last_inbound_at: Some(1),
            attributes: vec![("quiet".into(), "yes".into())],
        };
        let message = StoredMessage {
            number: 7,
            id: "01".into(),
            connection: "support".into(),
            connector: "sample".into(),
            conversation: "support/a/b".into(),
            state: MessageState::Queued,
            queued_at: 1_700_000_000_123,
            updated_at: u64::MAX,
            attempt: 2,
            due_at: 0,
            began_at: Some(1),
            outgoing,
            receipts: Vec::new(),
            failure: None,
            context: None,
        };
        MessageLife { message, calls: Vec::new(), statuses: Vec::new() }
    }

    fn text(view: impl Serialize) -> String {
        serde_json::to_string(&view).unwrap()
    }

    #[test]
    fn a_short_life_has_no_more_than_it_must() {
        let life = life();
        let summary = concat!(
            r#""id":"01","state":"queued","connection":"support","connector":"sample","#,
            r#""conversation":"support/a/b","account":"+15005550199","#,
            r#""to":[{"scheme":"phone","value":"+15005550123"}],"#,
            r#""queued_at":"2023-11-14T22:13:20.123Z","updated_at":null,"attempts":2"#,
        );
        assert_eq!(text(SummaryView::from(&life.message)), format!("{{{summary}}}"));
        let rest = r#""parts":[{"text":"hello"},"typing"],"receipts":[],"calls":[],"statuses":[]"#;
        assert_eq!(text(LifeView::from(&life)), format!("{{{summary},{rest}}}"));
    }

    #[test]
    fn a_token_in_a_query_is_not_told() {
        for (url, told) in [
            ("https://api.example.com/send", "https://api.example.com/send"),
            (
                "https://api.example.com/send?a=1&access_token=x&b=",
                "https://api.example.com/send?a=1&access_token=…&b=",
            ),
            ("https://api.example.com/send?Token", "https://api.example.com/send?Token"),
        ] {
            assert_eq!(without_tokens(url), told);
        }
    }

    #[test]
    fn a_long_life_is_told_in_order() {
        let mut life = life();
        let message = &mut life.message;
        message.due_at = 1_700_000_000_000;
        message.outgoing.subject = Some("s".into());
        message.outgoing.thread = Some(Thread { id: "t".into(), kind: ThreadKind::Group, title: None });
        message.outgoing.reply_to = Some(MessageRef::new("m"));
        message.failure = Some(Failure { reason: FailureReason::Transient, code: None, message: None });
        message.receipts = vec![Receipt { message_id: "p".into(), ..Receipt::default() }];
        let call = StoredCall {
            call: 0,
            attempt: 1,
            begun_at: 0,
            ended_at: None,
            method: "POST".into(),
            url: "https://api.example.com/".into(),
            request: [0; 32],
            repeatable: false,
            kept: true,
            response: None,
            problem: Some("gone".into()),
        };
        let answered = StoredCall {
            ended_at: Some(1),
            response: Some(Response { status: 200, ..Response::default() }),
            problem: None,
            ..call.clone()
        };
        life.calls = vec![call, answered];
        life.statuses =
            vec![StoredStatus { seq: 5, provider_id: "p".into(), state: MessageState::Read, at: 0 }];
        let view = serde_json::to_value(LifeView::from(&life)).unwrap();
        let names: Vec<&String> = view.as_object().unwrap().keys().skip(10).collect();
        assert_eq!(
            names,
            [
                "failure",
                "next_attempt_at",
                "parts",
                "subject",
                "thread",
                "reply_to",
                "receipts",
                "calls",
                "statuses"
            ]
        );
        assert_eq!(view["next_attempt_at"], "2023-11-14T22:13:20.000Z");
        assert_eq!(
            view["calls"],
            json!([
                {"attempt": 1, "method": "POST", "url": "https://api.example.com/", "repeatable": false,
                 "begun_at": "1970-01-01T00:00:00.000Z", "ended_at": null, "status": null, "problem": "gone"},
                {"attempt": 1, "method": "POST", "url": "https://api.example.com/", "repeatable": false,
                 "begun_at": "1970-01-01T00:00:00.000Z", "ended_at": "1970-01-01T00:00:00.001Z", "status": 200,
                 "problem": null},
            ])
        );
        assert_eq!(
            view["statuses"],
            json!([{"sequence": "00000000000000000005", "message_id": "p", "state": "read",
                    "at": "1970-01-01T00:00:00.000Z"}])
        );
    }
}

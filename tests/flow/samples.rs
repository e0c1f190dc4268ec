//! Signed webhooks for the tests, made of the case files of two channels that sign differently.

use std::net::SocketAddr;

use trunkline_cases::Case;
use trunkline_cases::provider::{Provider, Rules};
use trunkline_model::Request;

use crate::host::{Host, root};
use crate::http::{self, Answer};

/// The configuration of both connections. The secrets are those of the case files.
pub const CONNECTIONS: &str = r#"
[connections.whatsapp]
connector = "whatsapp"
[connections.whatsapp.settings]
app_secret = "app-secret-1"
verify_token = "verify-token-1"

[connections.line]
connector = "line"
[connections.line.settings]
channel_secret = "channel-secret-1"
"#;

/// The configuration of the other connections.
pub const MORE_CONNECTIONS: &str = r#"
[connections.messenger]
connector = "messenger"
[connections.messenger.settings]
app_secret = "app-secret-1"
verify_token = "verify-token-1"

[connections.sms-twilio]
connector = "sms-twilio"
[connections.sms-twilio.settings]
account_sid = "AC00000000000000000000000000000009"
auth_token = "tok_invented_0001"

[connections.mail]
connector = "email-mailgun"
[connections.mail.settings]
signing_key = "key-signing-invented"
"#;

/// A case of a channel.
pub fn case(channel: &str, name: &str) -> Case {
    Case::read(&root().join(format!("connectors/{channel}/testdata/inbound/{name}.case")))
        .expect("a case file")
}

/// A text message with an id and a sender of its own, signed.
pub fn text(id: &str, sender: &str) -> Request {
    let case = case("whatsapp", "text");
    let body = String::from_utf8(case.request.body.clone()).expect("text");
    let body = body.replace("wamid.AAA111", id).replace("MX.1a2B3c4D5e6F", sender);
    assert!(body.contains(id) && body.contains(sender));
    case.resigned(body.into_bytes()).expect("signed in a header")
}

/// A text message of LINE with an id and a sender of its own, signed.
pub fn line_text(id: &str, sender: &str) -> Request {
    let case = case("line", "text");
    let body = String::from_utf8(case.request.body.clone()).expect("text");
    let body =
        body.replace("01JAAAAAAAAAAAAAAAAAAAA001", id).replace("U000000000000000000000000000000a2", sender);
    assert!(body.contains(id) && body.contains(sender));
    case.resigned(body.into_bytes()).expect("signed in a header")
}

/// Sends a webhook to its path.
pub fn send(host: &Host, request: &Request) -> Answer {
    try_send(host.address, request).expect("the host answers")
}

/// Sends a webhook, where the host may be gone.
pub fn try_send(address: SocketAddr, request: &Request) -> std::io::Result<Answer> {
    http::try_request(address, &request.method, path(request), &request.headers, &request.body)
}

/// The path of a webhook.
pub fn path(request: &Request) -> &str {
    request.url.strip_prefix("https://hooks.example.org").expect("the URL of the case files")
}

/// The fake provider of a channel.
pub fn provider(channel: &str) -> Provider {
    let rules = Rules::read(&root().join(format!("connectors/{channel}/testdata/provider.toml")));
    Provider::start(rules.expect("rules"))
}

/// The configuration of a connection that makes its calls there. The last part of its URL is its name.
pub fn connection(name: &str, channel: &str, provider: &Provider, settings: &[(&str, &str)]) -> String {
    let settings: String = settings.iter().map(|(name, value)| format!("{name} = \"{value}\"\n")).collect();
    format!(
        "[connections.{name}]\nconnector = \"{channel}\"\n[connections.{name}.dangerous_loopback]\n{}\
         [connections.{name}.settings]\n{settings}",
        provider.loopback_lines()
    )
}

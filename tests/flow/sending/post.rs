//! A host that can send, with fake providers beside it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trunkline_cases::provider::{Provider, Rules};

use crate::host::{Host, TOKEN, components, root};
use crate::http::{self, Answer};

/// How long a message may take to get into a state.
const STATE_MAX: Duration = Duration::from_secs(60);

/// A user of LINE, as the fake takes everybody.
pub const LINE_USER: &str = "U000000000000000000000000000000a2";

const LINE: &str = r#"
[connections.line]
connector = "line"
[connections.line.settings]
channel_secret = "channel-secret-1"
channel_access_token = "fake-token"
bot_user_id = "U00000000000000000000000000000001"
[connections.line.dangerous_loopback]
"#;

const WHATSAPP: &str = r#"
[connections.whatsapp]
connector = "whatsapp"
[connections.whatsapp.settings]
app_secret = "app-secret-1"
verify_token = "verify-token-1"
access_token = "fake-token"
phone_number_id = "202020202020202"
[connections.whatsapp.dangerous_loopback]
"#;

const SMS: &str = r#"
[connections.sms]
connector = "sms-twilio"
[connections.sms.settings]
account_sid = "AC00000000000000000000000000000009"
auth_token = "fake-password"
sender = "+15005550199"
[connections.sms.dangerous_loopback]
"#;

/// Without a token, so that it can only receive.
const QUIET: &str = r#"
[connections.quiet]
connector = "line"
[connections.quiet.settings]
channel_secret = "channel-secret-1"
"#;

/// A host with three channels, and what their providers are asked.
pub struct Post {
    pub host: Host,
    pub line: Provider,
    pub whatsapp: Provider,
    pub sms: Provider,
}

fn provider(channel: &str) -> Provider {
    let file = root().join(format!("connectors/{channel}/testdata/provider.toml"));
    Provider::start(Rules::read(&file).expect("rules"))
}

impl Post {
    pub fn start() -> Self {
        Self::with("")
    }

    /// `more` stands before the connections.
    pub fn with(more: &str) -> Self {
        Self::paced(more, None)
    }

    /// LINE gets so many calls a second.
    pub fn paced(more: &str, line_rate: Option<f64>) -> Self {
        let (line, whatsapp, sms) = (provider("line"), provider("whatsapp"), provider("sms-twilio"));
        let rate = line_rate.map(|rate| format!("connector = \"line\"\nrate_per_second = {rate}\n"));
        let line_connection = match &rate {
            Some(rate) => LINE.replace("connector = \"line\"\n", rate),
            None => LINE.to_owned(),
        };
        let connections = format!(
            "{line_connection}{}{WHATSAPP}{}{SMS}{}{QUIET}",
            line.loopback_lines(),
            whatsapp.loopback_lines(),
            sms.loopback_lines()
        );
        let host = Host::start(&components(), &format!("{more}\n{connections}"));
        Self { host, line, whatsapp, sms }
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = vec![("authorization".to_owned(), format!("Bearer {TOKEN}"))];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        http::request(self.host.address, "POST", path, &all, body)
    }

    /// Posts a message, whatever comes of it.
    pub fn try_send(&self, request: &Value) -> Answer {
        let json = [("content-type", "application/json")];
        self.post("/v1/messages", &json, request.to_string().as_bytes())
    }

    /// Posts a message that is taken. Gives its id.
    pub fn send(&self, request: &Value) -> String {
        let answer = self.try_send(request);
        assert_eq!(answer.status, 202, "{request}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    pub fn text(&self, connection: &str, to: &str, text: &str) -> String {
        self.send(&json!({ "connection": connection, "to": to, "text": text }))
    }

    /// The message, as soon as it is in that state.
    pub fn until(&self, id: &str, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let message = self.host.api(&format!("/v1/messages/{id}"));
            if message["state"] == state {
                return message;
            }
            assert!(begun.elapsed() < STATE_MAX, "not `{state}`: {message:#}\n{}", self.host.log());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// A webhook as the provider would send it, by the connector itself.
    pub fn simulate(&self, arguments: &[&str]) {
        let arguments = [&["simulate"], arguments].concat();
        let output = self.host.command(&arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The newest event.
    pub fn newest_event(&self) -> Value {
        self.host.api("/v1/events?order=newest&limit=1")["events"][0].clone()
    }
}

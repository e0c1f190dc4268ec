//! Our side: the mailbox, and the name that goes with it.

use trunkline_model::{Context, Failure, FailureReason, Outgoing};

use super::copies::plain_address;
use crate::email::mailboxes;
use crate::outbound::refuse;

const SENDER: &str = "sender";
const SENDER_NAME: &str = "sender_name";

/// Who a mail is from.
#[derive(Debug, Clone, PartialEq)]
pub struct Sender {
    /// As the contact sees it, where there is one.
    pub name: Option<String>,
    /// The mailbox.
    pub address: String,
}

impl Sender {
    /// The message's account, else the setting `sender`; the name is the one that stands there, else `sender_name`.
    pub fn of(message: &Outgoing, context: &Context) -> Result<Self, Failure> {
        let account = Some(message.account.as_str()).filter(|account| !account.trim().is_empty());
        let account = account
            .or_else(|| context.setting(SENDER))
            .ok_or_else(|| refuse("missing", "no mailbox to send from: give `account`, or set `sender`"))?;
        let mut found = mailboxes(account);
        let (Some(mailbox), true) = (found.pop(), found.is_empty()) else {
            return Err(misconfigured(format!(
                "the mailbox to send from is no address: `{}`",
                one_line(account)
            )));
        };
        let address = plain_address(&mailbox.address).ok_or_else(|| {
            misconfigured(format!("the mailbox to send from is no address: `{}`", mailbox.address))
        })?;
        let name = mailbox.name.as_deref().or_else(|| context.setting(SENDER_NAME)).map(one_line);
        Ok(Self { name: name.filter(|name| !name.is_empty()), address })
    }

    /// What stands after the @.
    pub fn domain(&self) -> &str {
        self.address.rsplit('@').next().unwrap_or_default()
    }

    /// `"Help" <help@mg.example.org>`. What is not ASCII is left to the provider to encode.
    pub fn header(&self) -> String {
        let Some(name) = &self.name else { return self.address.clone() };
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{name}\" <{}>", self.address)
    }
}

/// A text that can stand in a header field: what would end its line is a blank.
pub fn one_line(text: &str) -> String {
    let line_ends = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    text.split(line_ends).map(str::trim).filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" ")
}

fn misconfigured(what: impl Into<String>) -> Failure {
    Failure { reason: FailureReason::Unauthorized, code: None, message: Some(what.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(account: &str, settings: &[(&str, &str)]) -> Result<Sender, Failure> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let context = Context { settings: settings.collect(), ..Context::default() };
        let message = serde_json::from_value(serde_json::json!({
            "id": "7", "account": account, "to": [], "parts": []
        }));
        Sender::of(&message.expect("a message"), &context)
    }

    #[test]
    fn names_are_quoted_and_kept_on_their_line() {
        for (name, expected) in [
            ("Help", "\"Help\" <help@mg.example.org>"),
            ("Ada \"the\" \\", "\"Ada \\\"the\\\" \\\\\" <help@mg.example.org>"),
            ("Help\r\nBcc: eve@example.net", "\"Help Bcc: eve@example.net\" <help@mg.example.org>"),
            ("\r\n", "help@mg.example.org"),
        ] {
            let sender = sender("help@mg.example.org", &[("sender_name", name)]).expect("valid");
            assert_eq!(sender.header(), expected, "{name:?}");
        }
    }

    #[test]
    fn our_side_comes_from_the_message_or_the_settings() {
        let own = sender("", &[("sender", "Shop <Help@mg.example.org>")]).expect("valid");
        assert_eq!(
            (own.header().as_str(), own.domain()),
            ("\"Shop\" <Help@mg.example.org>", "mg.example.org")
        );
        assert_eq!(sender("", &[]).err().and_then(|failure| failure.code).as_deref(), Some("missing"));
        for account in ["help", "a@x.example, b@x.example"] {
            let refused = sender(account, &[]).err().map(|failure| failure.reason);
            assert_eq!(refused, Some(FailureReason::Unauthorized), "{account}");
        }
    }
}

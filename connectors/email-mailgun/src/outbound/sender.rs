//! Our side: the mailbox, the domain that it is sent through, and where that domain lives.

use trunkline_sdk::email::mailboxes;
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use super::copies::plain_address;

const SENDER: &str = "sender";
const SENDER_NAME: &str = "sender_name";
const DOMAIN: &str = "domain";
const REGION: &str = "region";

/// Who a mail is from.
pub struct Sender {
    /// As the contact sees it, where there is one.
    pub name: Option<String>,
    pub address: String,
    /// Mailgun's name for where it is sent through.
    pub domain: String,
    /// What is called.
    pub url: String,
}

impl Sender {
    /// The message's account, else the setting.
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
        let own_domain = address.rsplit('@').next().unwrap_or_default().to_owned();
        let domain = context.setting(DOMAIN).map_or(own_domain, |domain| domain.trim().to_lowercase());
        // It goes into the path and into the Message-ID.
        let is_name = domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            });
        if !is_name {
            return Err(misconfigured(format!(
                "the domain to send through is no name: `{}`",
                one_line(&domain)
            )));
        }
        let host = match context.setting(REGION).map(str::trim) {
            None | Some("us") => "api.mailgun.net",
            Some("eu") => "api.eu.mailgun.net",
            Some(_) => return Err(misconfigured("`region` is neither `us` nor `eu`")),
        };
        let name = mailbox.name.as_deref().or_else(|| context.setting(SENDER_NAME)).map(one_line);
        let name = name.filter(|name| !name.is_empty());
        Ok(Self { name, address, url: format!("https://{host}/v3/{domain}/messages"), domain })
    }

    /// `"Help" <help@mg.example.org>`. Mailgun encodes what is not ASCII.
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
        let own = sender("", &[("sender", "Shop <Help@mg.example.org>"), ("region", "eu")]).expect("valid");
        assert_eq!(own.header(), "\"Shop\" <Help@mg.example.org>");
        assert_eq!(own.url, "https://api.eu.mailgun.net/v3/mg.example.org/messages");
        let through = sender("help@example.org", &[("domain", " MG.example.org")]).expect("valid");
        assert_eq!(through.url, "https://api.mailgun.net/v3/mg.example.org/messages");
        assert_eq!(sender("", &[]).err().and_then(|failure| failure.code).as_deref(), Some("missing"));
        for (account, setting) in [
            ("help", ("region", "us")),
            ("a@x.example, b@x.example", ("region", "us")),
            ("a@localhost", ("region", "us")),
            ("a@x.example", ("domain", "x.example/../y")),
            ("a@x.example", ("region", "de")),
        ] {
            let refused = sender(account, &[setting]).err().map(|failure| failure.reason);
            assert_eq!(refused, Some(FailureReason::Unauthorized), "{account} {setting:?}");
        }
    }
}

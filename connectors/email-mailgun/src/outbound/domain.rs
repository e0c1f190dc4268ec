//! The domain that a mail is sent through, and where that domain lives.

use trunkline_sdk::email::compose::{Sender, one_line};
use trunkline_sdk::prelude::*;

const DOMAIN: &str = "domain";
const REGION: &str = "region";

/// Mailgun's name for where a mail is sent through.
pub struct Domain {
    pub name: String,
    /// What is called.
    pub url: String,
}

impl Domain {
    /// The setting, else that of the mailbox.
    pub fn of(sender: &Sender, context: &Context) -> Result<Self, Failure> {
        let given = context.setting(DOMAIN).map(|domain| domain.trim().to_lowercase());
        let name = given.unwrap_or_else(|| sender.domain().to_owned());
        // It goes into the path and into the Message-ID.
        let is_name = name.contains('.')
            && name.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            });
        if !is_name {
            return Err(misconfigured(format!(
                "the domain to send through is no name: `{}`",
                one_line(&name)
            )));
        }
        let host = match context.setting(REGION).map(str::trim) {
            None | Some("us") => "api.mailgun.net",
            Some("eu") => "api.eu.mailgun.net",
            Some(_) => return Err(misconfigured("`region` is neither `us` nor `eu`")),
        };
        Ok(Self { url: format!("https://{host}/v3/{name}/messages"), name })
    }
}

fn misconfigured(what: impl Into<String>) -> Failure {
    Failure { reason: FailureReason::Unauthorized, code: None, message: Some(what.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(address: &str, settings: &[(&str, &str)]) -> Result<String, FailureReason> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let context = Context { settings: settings.collect(), ..Context::default() };
        let sender = Sender { name: None, address: address.to_owned() };
        Domain::of(&sender, &context).map(|domain| domain.url).map_err(|failure| failure.reason)
    }

    #[test]
    fn the_domain_comes_from_the_mailbox_or_the_settings() {
        let own = url("help@mg.example.org", &[("region", "eu")]);
        assert_eq!(own.as_deref(), Ok("https://api.eu.mailgun.net/v3/mg.example.org/messages"));
        let through = url("help@example.org", &[("domain", " MG.example.org")]);
        assert_eq!(through.as_deref(), Ok("https://api.mailgun.net/v3/mg.example.org/messages"));
        for (address, setting) in [
            ("a@localhost", ("region", "us")),
            ("a@x.example", ("domain", "x.example/../y")),
            ("a@x.example", ("region", "de")),
        ] {
            assert_eq!(url(address, &[setting]), Err(FailureReason::Unauthorized), "{address} {setting:?}");
        }
    }
}

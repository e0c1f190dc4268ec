//! Where the Graph API is for an account, and what its errors mean: what every ability that makes calls shares.
//!
//! `https://developers.facebook.com/docs/instagram-platform`, read 2026-08. An account is connected by Instagram
//! Login, with a token of its own, or by Facebook Login, with the token of the Page that it belongs to.

use trunkline_sdk::meta::graph::{self, GraphError};
use trunkline_sdk::meta::messaging::outbound::failure;
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

/// The setting that the host authorizes calls with. It never comes here.
pub const ACCESS_TOKEN: &str = "access_token";
const LOGIN: &str = "login";
const API_VERSION_DEFAULT: &str = "v25.0";

enum Login {
    Instagram,
    Facebook,
}

impl Login {
    fn of(context: &Context) -> Result<Self, Failure> {
        match context.setting(LOGIN).unwrap_or("instagram") {
            "instagram" => Ok(Self::Instagram),
            "facebook" => Ok(Self::Facebook),
            other => {
                let message =
                    format!("the setting `{LOGIN}` is `{other}`, expected `instagram` or `facebook`");
                Err(Failure { reason: FailureReason::Unauthorized, code: None, message: Some(message) })
            }
        }
    }

    fn host(&self) -> &'static str {
        match self {
            Self::Instagram => "graph.instagram.com",
            Self::Facebook => "graph.facebook.com",
        }
    }
}

/// Where messages of that account are posted.
pub fn messages_url(account: &str, context: &Context) -> Result<String, Failure> {
    let (login, version, account) = (Login::of(context)?, version(context)?, id(account)?);
    let sender = match login {
        Login::Instagram => account,
        // The token says which Page, and the Page which account.
        Login::Facebook => "me",
    };
    Ok(format!("https://{}/{version}/{sender}/messages", login.host()))
}

/// Where somebody is looked up.
pub fn person_url(person: &str, fields: &str, context: &Context) -> Result<String, Failure> {
    let (login, version, person) = (Login::of(context)?, version(context)?, id(person)?);
    Ok(format!("https://{}/{version}/{person}?fields={fields}", login.host()))
}

fn version(context: &Context) -> Result<&str, Failure> {
    graph::version(context, API_VERSION_DEFAULT)
}

/// An id goes into the path: it must not lead anywhere else.
fn id(text: &str) -> Result<&str, Failure> {
    if graph::is_number(text) {
        return Ok(text);
    }
    Err(refuse("missing", format!("`{text}` is no id of Instagram: digits were expected")))
}

/// Why a call failed. `now` is milliseconds since the Unix epoch.
pub fn failure(answer: &Response, now: u64) -> Failure {
    graph::failure(answer, now, classify)
}

/// Instagram's own subcodes, then those of the platform.
fn classify(error: &GraphError) -> Option<FailureReason> {
    match (error.code?, error.subcode) {
        (10, Some(2_534_022)) => Some(FailureReason::WindowClosed),
        // 230: the person has not agreed yet, by writing to the account.
        (230, _) => Some(FailureReason::Unreachable),
        // No Advanced Access, or the account does not let apps have its messages.
        (200..=299, _) => failure::classify(error),
        // Nobody of that id, or nobody who is linked to the account.
        (_, Some(2_534_013 | 2_534_014 | 2_534_029 | 2_534_041)) => Some(FailureReason::Unreachable),
        _ => failure::classify(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(settings: &[(&str, &str)]) -> Context {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Context { settings: settings.collect(), ..Context::default() }
    }

    #[test]
    fn urls_lead_to_the_login_and_nowhere_else() {
        let url = |settings: &[(&str, &str)], account: &str| {
            messages_url(account, &context(settings)).map_err(|failure| failure.reason)
        };
        for (settings, expected) in [
            (&[][..], "https://graph.instagram.com/v25.0/1784/messages"),
            (
                &[("login", "instagram"), ("api_version", "v26.0")],
                "https://graph.instagram.com/v26.0/1784/messages",
            ),
            (&[("login", "facebook")], "https://graph.facebook.com/v25.0/me/messages"),
        ] {
            assert_eq!(url(settings, "1784"), Ok(expected.to_owned()));
        }
        assert_eq!(url(&[("login", "meta")], "1784"), Err(FailureReason::Unauthorized));
        assert_eq!(url(&[("api_version", "25")], "1784"), Err(FailureReason::Unauthorized));
        for account in ["", "me", "7/../8", "700?x=1"] {
            for login in ["instagram", "facebook"] {
                assert_eq!(url(&[("login", login)], account), Err(FailureReason::Invalid), "{account}");
            }
        }
    }

    #[test]
    fn every_known_error_has_a_class() {
        use FailureReason::{Invalid, RateLimited, Transient, Unauthorized, Unreachable, WindowClosed};
        for (status, code, subcode, expected) in [
            (400, 10, "2534022", WindowClosed),
            (400, 10, "2018278", WindowClosed),
            (400, 100, "2534013", Unreachable),
            (400, 100, "2534014", Unreachable),
            (400, 100, "2534029", Unreachable),
            (400, 100, "2534041", Unreachable),
            (403, 200, "2534041", Unauthorized),
            (403, 200, "null", Unauthorized),
            (403, 230, "null", Unreachable),
            (401, 190, "463", Unauthorized),
            (400, 551, "null", Unreachable),
            (400, 100, "null", Invalid),
            (400, 4, "null", RateLimited(None)),
            (400, 613, "null", RateLimited(None)),
            (400, 80_006, "null", RateLimited(None)),
            (500, 1, "null", Transient),
            (500, 2, "null", Transient),
            (503, 424_242, "null", Transient),
        ] {
            let body = format!(r#"{{"error":{{"code":{code},"error_subcode":{subcode}}}}}"#);
            let failure = failure(&Response::with_body(status, "application/json", body), 0);
            assert_eq!(failure.reason, expected, "{status} {code}/{subcode}");
        }
    }
}

//! Our account at Twilio: where its messages are, and how calls are authorized.

use trunkline_model::{Call, Context, Failure, FailureReason};

use super::{ACCOUNT_SID, AUTH_TOKEN};

const API_KEY_SID: &str = "api_key_sid";
const API_KEY_SECRET: &str = "api_key_secret";

/// The account of a connection.
pub struct Account<'a> {
    sid: &'a str,
    user: &'a str,
    /// The setting with the password, whose value the host fills in.
    password: &'static str,
}

impl<'a> Account<'a> {
    /// Of the settings. With an API key where there is one: it can be revoked alone, the Auth Token cannot.
    pub fn of(context: &'a Context) -> Result<Self, Failure> {
        let Some(sid) = context.setting(ACCOUNT_SID) else {
            let message = Some("the setting `account_sid` is empty".to_owned());
            return Err(Failure { reason: FailureReason::Unauthorized, code: None, message });
        };
        Ok(match context.setting(API_KEY_SID) {
            Some(user) => Self { sid, user, password: API_KEY_SECRET },
            None => Self { sid, user: sid, password: AUTH_TOKEN },
        })
    }

    /// Where resources of a kind are created: `Messages`, `Calls`.
    pub fn url(&self, kind: &str) -> String {
        format!("https://api.twilio.com/2010-04-01/Accounts/{}/{kind}.json", self.sid)
    }

    /// With the credential of the account.
    pub fn authorize(&self, call: Call) -> Call {
        call.basic(self.user, self.password)
    }
}

//! Our account at Plivo: where its messages are, and how calls are authorized.

use trunkline_sdk::{form, prelude::*};

use crate::signing::AUTH_TOKEN;

const AUTH_ID: &str = "auth_id";

/// The account of a connection.
pub struct Account<'a>(&'a str);

impl<'a> Account<'a> {
    /// Of the settings.
    pub fn of(context: &'a Context) -> Result<Self, Failure> {
        context.setting(AUTH_ID).map(Self).ok_or_else(|| Failure {
            reason: FailureReason::Unauthorized,
            code: None,
            message: Some("the setting `auth_id` is empty".to_owned()),
        })
    }

    /// Where messages are created.
    pub fn messages_url(&self) -> String {
        let id = form::path_segment(self.0).unwrap_or_default();
        format!("https://api.plivo.com/v1/Account/{id}/Message/")
    }

    /// With the credential of the account.
    pub fn authorize(&self, call: Call) -> Call {
        call.basic(self.0, AUTH_TOKEN)
    }
}

//! The access token that every call to the Bot Connector carries: a call by itself, with the app's secret.
//!
//! `https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication`, read 2026-09.

use serde::Deserialize;
use trunkline_sdk::calls::reason;
use trunkline_sdk::form::{encode, path_segment};
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use crate::cloud::Cloud;
use crate::{APP_ID, APP_PASSWORD, TENANT_ID};

/// What the directory answers where the secret, the app or the tenant is wrong. Also with 400.
const REFUSED: [&str; 4] = ["invalid_client", "unauthorized_client", "access_denied", "invalid_scope"];

/// `{"token_type":"Bearer","expires_in":3599,"access_token":"…"}`, or
/// `{"error":"invalid_client","error_description":"AADSTS7000215: …"}`
#[derive(Deserialize, Default)]
#[serde(default)]
struct Granted {
    #[serde(deserialize_with = "lenient")]
    access_token: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    error: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    error_description: Option<Text>,
}

/// What the settings say of who we are.
#[derive(Clone, Copy)]
pub struct App<'a> {
    /// The bot's id.
    pub id: &'a str,
    /// Where its cloud is.
    pub cloud: &'static Cloud,
    /// The bot's own tenant, where it has one.
    pub tenant: Option<&'a str>,
}

impl<'a> App<'a> {
    /// Reads the settings.
    pub fn of(context: &'a Context) -> Result<Self, Failure> {
        let wrong = |what: &str| Failure {
            reason: FailureReason::Unauthorized,
            code: Some("missing".to_owned()),
            message: Some(what.to_owned()),
        };
        let id = context.setting(APP_ID).ok_or_else(|| wrong("the setting `app_id` is empty"))?;
        let cloud =
            Cloud::of(context).ok_or_else(|| wrong("the setting `cloud` is neither `public` nor `usgov`"))?;
        Ok(Self { id, cloud, tenant: context.setting(TENANT_ID) })
    }

    /// The call that asks for a token. Twice, it gives two that are both good.
    fn asks(&self) -> Result<Call, Failure> {
        let tenant = path_segment(self.tenant.unwrap_or(self.cloud.tenant));
        let tenant = tenant.ok_or_else(|| refuse("missing", "the setting `tenant_id` names no tenant"))?;
        let form = encode([
            ("grant_type", "client_credentials"),
            ("client_id", self.id),
            ("scope", self.cloud.scope),
        ]);
        let url = format!("{}{tenant}/oauth2/v2.0/token", self.cloud.login);
        let mut call = Call::post(url, "application/x-www-form-urlencoded", form).repeatable();
        call.credentials.push(Credential::Form(("client_secret".to_owned(), APP_PASSWORD.to_owned())));
        Ok(call)
    }

    /// A token, for `Authorization`.
    pub fn token<F>(&self, calls: &mut Calls, now: u64) -> Result<String, Unfinished<F>>
    where
        Unfinished<F>: From<Failure>,
    {
        Ok(granted(calls.make(self.asks()?)?, now)?)
    }
}

/// A call with a token.
pub fn with(call: Call, token: &str) -> Call {
    call.header("authorization", format!("Bearer {token}"))
}

fn granted(answer: &Response, now: u64) -> Result<String, Failure> {
    let granted: Granted = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_token = |token: &Text| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if (200..300).contains(&answer.status) {
        let none = || Failure {
            reason: FailureReason::Transient,
            code: Some("no_token".to_owned()),
            message: Some("the answer of the directory holds no access token".to_owned()),
        };
        return granted.access_token.filter(is_token).map(String::from).ok_or_else(none);
    }
    let error = granted.error.map(String::from);
    let refused = error.as_deref().is_some_and(|error| REFUSED.contains(&error));
    Err(Failure {
        reason: if refused { FailureReason::Unauthorized } else { reason(answer, now) },
        code: Some(error.unwrap_or_else(|| answer.status.to_string())),
        message: granted.error_description.map(String::from),
    })
}

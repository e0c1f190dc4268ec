//! Which cloud the bot is in, and where the Bot Framework is there.
//!
//! `https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication`, read 2026-09.

use trunkline_sdk::prelude::*;

use crate::CLOUD;

/// Addresses and names that differ from cloud to cloud.
#[derive(Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Who signs the tokens of webhooks.
    pub issuer: &'static str,
    /// Says where the keys are.
    pub metadata: &'static str,
    /// What the address of the keys begins with: nobody else's are believed.
    pub keys: &'static str,
    /// Gives out access tokens.
    pub login: &'static str,
    /// The tenant of a multi-tenant bot.
    pub tenant: &'static str,
    /// What an access token is for.
    pub scope: &'static str,
    /// Where somebody is written to who has not written yet.
    pub service: &'static str,
}

const PUBLIC: Cloud = Cloud {
    issuer: "https://api.botframework.com",
    metadata: "https://login.botframework.com/v1/.well-known/openidconfiguration",
    keys: "https://login.botframework.com/",
    login: "https://login.microsoftonline.com/",
    tenant: "botframework.com",
    scope: "https://api.botframework.com/.default",
    service: "https://smba.trafficmanager.net/teams/",
};

const US_GOVERNMENT: Cloud = Cloud {
    issuer: "https://api.botframework.us",
    metadata: "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    keys: "https://login.botframework.azure.us/",
    login: "https://login.microsoftonline.us/",
    tenant: "MicrosoftServices.onmicrosoft.us",
    scope: "https://api.botframework.us/.default",
    service: "https://smba.infra.gov.teams.microsoft.us/teams/",
};

impl Cloud {
    /// The one of the setting. None where it is unknown.
    pub fn of(context: &Context) -> Option<&'static Self> {
        match context.setting(CLOUD) {
            None | Some("public") => Some(&PUBLIC),
            Some("usgov") => Some(&US_GOVERNMENT),
            Some(_) => None,
        }
    }
}

//! Where a message goes: the service, the conversation, the person.

use trunkline_sdk::outbound::{address, attribute, refuse};
use trunkline_sdk::prelude::*;

use crate::token::App;
use crate::{SERVICE_URL, service};

/// Where a message goes.
pub struct Target {
    /// Without a slash at its end.
    pub service: String,
    /// As the provider knows the bot.
    pub bot: String,
    /// None: it has to be made first.
    pub conversation: Option<String>,
    /// In a conversation with one person.
    pub person: Option<String>,
    /// Of the person, where the conversation has to be made.
    pub tenant: Option<String>,
}

impl Target {
    /// From the contact, the thread, and the attributes of the contact's last message.
    pub fn of(message: &Outgoing, app: App, context: &Context) -> Result<Self, Failure> {
        let given = attribute(message, SERVICE_URL).or_else(|| context.setting(SERVICE_URL));
        let service = given.unwrap_or(app.cloud.service);
        if !service::is_known(service) || service.contains(['?', '#']) {
            let what =
                "`service_url` is at none of the hosts of the Bot Connector, which alone are shown a token";
            return Err(refuse("unsupported", what));
        }
        let service = service.trim_end_matches('/').to_owned();
        let bot = attribute(message, "bot_id").map_or_else(|| format!("28:{}", app.id), str::to_owned);
        let group = message.thread.as_ref().filter(|thread| thread.kind != ThreadKind::Direct);
        if let Some(thread) = group {
            if thread.id.is_empty() {
                return Err(refuse("missing", "the thread has no id"));
            }
            let conversation = Some(thread.id.clone());
            return Ok(Self { service, bot, conversation, person: None, tenant: None });
        }
        let person = address(message, &IdentifierScheme::Id).map(str::to_owned);
        let thread = message.thread.as_ref().map(|thread| thread.id.as_str()).filter(|id| !id.is_empty());
        let conversation = thread.or_else(|| attribute(message, "conversation_id")).map(str::to_owned);
        let tenant = attribute(message, "tenant_id").or(app.tenant).map(str::to_owned);
        if conversation.is_none() {
            if person.is_none() {
                return Err(refuse("missing", "neither the contact nor the thread has an id of Teams"));
            }
            if tenant.is_none() {
                let what =
                    "the contact has not written yet: give the attribute `tenant_id` along, or the setting";
                return Err(refuse("missing", what));
            }
        }
        Ok(Self { service, bot, conversation, person, tenant })
    }
}

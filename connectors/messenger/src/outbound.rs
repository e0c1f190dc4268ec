//! Messages of the Page: what tells Messenger's from those of the other products of the platform.

mod template;

use serde_json::{Value, json};
use trunkline_sdk::meta::messaging::outbound::Sender;
use trunkline_sdk::meta::messaging::outbound::part::Content;
use trunkline_sdk::meta::messaging::outbound::window::{HUMAN_AGENT, Window};
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::Unit;

use crate::{Messenger, api};

/// 25 MB, in the larger reading: what is refused here would be refused there.
const SIZE_MAX: u64 = 25 << 20;

impl Sender for Messenger {
    const NAME: &'static str = "Messenger";
    const ACCOUNT: &'static str = "Page";
    const TOKEN: &'static str = api::PAGE_ACCESS_TOKEN;
    /// Less than 2,000 characters are allowed. Which characters is not said: UTF-16 units are never fewer.
    const TEXT_MAX: usize = 1_999;
    const UNIT: Unit = Unit::Utf16;
    const NATIVE: &'static [&'static str] =
        &["message", "attachment", "template", "generic", "button", "media", "receipt", "customer_feedback"];
    const RECIPIENTS: &'static [&'static str] =
        &["user_ref", "comment_id", "post_id", "notification_messages_token"];
    const METADATA: bool = true;
    const ATTACHMENT_IDS: bool = true;
    const QUOTES: bool = true;
    const NOT_QUOTED: &'static str = "the message that this one answers is not quoted: Messenger quotes only in free \
                                      messages within 24 hours of the contact's last one";
    const BUTTON_TEXT_MAX: usize = 640;
    const BUTTONS_FIRST: bool = true;
    /// `https://developers.facebook.com/docs/messenger-platform/send-messages#messaging_types`, read 2026-08.
    const WINDOW: Window = Window {
        open: Some("RESPONSE"),
        tags: &[HUMAN_AGENT, "CUSTOMER_FEEDBACK"],
        // Answered with error 100 since 27 April 2026.
        retired: &["ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE"],
        cure: "Wait for the contact to write, or send a utility template that Meta has approved. Where a person answers \
               and Meta has approved the Human Agent feature, the setting `human_agent = \"true\"` (or the attribute \
               `message_tag` = `HUMAN_AGENT`) allows it up to 7 days",
        late: "Wait for the contact to write, or send a utility template that Meta has approved",
        never: "the contact has not written to the Page yet: only an approved utility template can be sent",
    };

    fn url(account: &str, context: &Context) -> Result<String, Failure> {
        api::url(context, account, "/messages")
    }

    fn failure(answer: &Response, now: u64) -> Failure {
        api::failure(answer, now)
    }

    fn check_media(index: usize, media: &Media) -> Result<(), Failure> {
        if media.size.is_some_and(|size| size > SIZE_MAX) {
            return Err(refuse("too_long", format!("part {index}: the file is larger than 25 MB")));
        }
        Ok(())
    }

    fn buttons(text: &str, buttons: Vec<Value>) -> Value {
        json!({ "template_type": "button", "text": text, "buttons": buttons })
    }

    /// `https://developers.facebook.com/docs/messenger-platform/send-messages/sender-actions`, as of 2026-01: any emoji.
    fn reaction(_index: usize, reaction: &OutgoingReaction) -> Result<Content, Failure> {
        let payload = json!({ "message_id": reaction.target.id, "reaction": reaction.emoji });
        Ok(Content::Action("react", Some(payload)))
    }

    fn template(index: usize, template: &Template) -> Result<Value, Failure> {
        template::message(index, template)
    }
}

#[cfg(test)]
mod tests;

//! Messages of the account: what tells Instagram's from those of the other products of the platform.
//!
//! `https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api`, read 2026-08.

mod media;

use serde_json::{Value, json};
use trunkline_sdk::meta::messaging::outbound::Sender;
use trunkline_sdk::meta::messaging::outbound::part::Content;
use trunkline_sdk::meta::messaging::outbound::window::{HUMAN_AGENT, Window};
use trunkline_sdk::outbound::unsupported;
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::Unit;

use crate::{Instagram, api};

impl Sender for Instagram {
    const NAME: &'static str = "Instagram";
    const ACCOUNT: &'static str = "account";
    const TOKEN: &'static str = api::ACCESS_TOKEN;
    /// Bytes of UTF-8: other scripts than Latin have room for a half or a third of it.
    const TEXT_MAX: usize = 1_000;
    const UNIT: Unit = Unit::Bytes;
    const NATIVE: &'static [&'static str] = &["message", "attachment", "template", "generic"];
    /// A private reply to a comment.
    const RECIPIENTS: &'static [&'static str] = &["comment_id"];
    const METADATA: bool = false;
    const ATTACHMENT_IDS: bool = false;
    const QUOTES: bool = false;
    const NOT_QUOTED: &'static str =
        "the message that this one answers is not quoted: Instagram lets only people quote";
    /// The title of a card.
    const BUTTON_TEXT_MAX: usize = 80;
    const BUTTONS_FIRST: bool = false;
    const WINDOW: Window = Window {
        open: None,
        tags: &[HUMAN_AGENT],
        retired: &[],
        cure: "Wait for the contact to write. Where a person answers and Meta has approved the Human Agent feature, the \
               setting `human_agent = \"true\"` (or the attribute `message_tag` = `HUMAN_AGENT`) allows it up to 7 days",
        late: "Wait for the contact to write",
        never: "the contact has not written to the account yet: nothing but a private reply to a comment (`comment_id`) \
                can begin a conversation",
    };

    fn url(account: &str, context: &Context) -> Result<String, Failure> {
        api::messages_url(account, context)
    }

    fn failure(answer: &Response, now: u64) -> Failure {
        api::failure(answer, now)
    }

    fn check_media(index: usize, media: &Media) -> Result<(), Failure> {
        media::check(index, media)
    }

    fn buttons(text: &str, buttons: Vec<Value>) -> Value {
        json!({ "template_type": "generic", "elements": [{ "title": text, "buttons": buttons }] })
    }

    /// By name, and `love` is the only one that is known to be taken.
    fn reaction(index: usize, reaction: &OutgoingReaction) -> Result<Content, Failure> {
        if !matches!(reaction.emoji.as_deref(), Some("❤" | "❤\u{fe0f}" | "♥" | "♥\u{fe0f}")) {
            return Err(unsupported(index, "reaction but ❤"));
        }
        Ok(Content::Action("react", Some(json!({ "message_id": reaction.target.id, "reaction": "love" }))))
    }

    fn template(index: usize, _template: &Template) -> Result<Value, Failure> {
        Err(unsupported(index, "approved templates"))
    }
}

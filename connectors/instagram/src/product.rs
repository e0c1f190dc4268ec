//! What tells Instagram from the other products of the platform.

use serde_json::{Value, json};
use trunkline_sdk::json::RawValue;
use trunkline_sdk::meta::messaging::Product;
use trunkline_sdk::meta::messaging::item::{Item, Origin};
use trunkline_sdk::prelude::*;

use crate::{Instagram, change, seen};

impl Product for Instagram {
    const OBJECT: &'static str = "instagram";
    const KEYS: &'static [&'static str] = &[
        "optin",
        "postback",
        "referral",
        "reaction",
        "message_edit",
        "pass_thread_control",
        "take_thread_control",
        "request_thread_control",
        "read",
        "message",
    ];
    const LINKS: &'static [&'static str] = &["fallback"];
    /// What is shared, and stories, have an address on the CDN like pictures. It expires; with its story after 24 hours.
    const ATTACHMENTS: &'static [&'static str] = &[
        "image",
        "audio",
        "video",
        "file",
        "like_heart",
        "media",
        "share",
        "post",
        "ig_post",
        "reel",
        "ig_reel",
        "story",
        "ig_story",
        "story_mention",
    ];
    const STORIES: bool = true;

    fn content(key: &str, raw: &RawValue, item: &Item) -> Option<Vec<Event>> {
        match key {
            "read" => seen::event(raw, item).map(|event| vec![event]),
            _ => None,
        }
    }

    fn change(field: &str, value: &RawValue, origin: &Origin) -> Vec<Event> {
        change::events(field, value, origin)
    }

    fn simulated(event: &Event, _time: u64) -> Option<(&'static str, Value)> {
        match &event.kind {
            EventKind::Status(Status { message_id, state: DeliveryState::Read, .. }) => {
                Some(("read", json!({ "mid": message_id })))
            }
            _ => None,
        }
    }
}

//! What tells Messenger from the other products of the platform.

use serde_json::Value;
use trunkline_sdk::json::RawValue;
use trunkline_sdk::meta::messaging::item::{Item, Origin};
use trunkline_sdk::meta::messaging::{Product, envelope};
use trunkline_sdk::prelude::*;

use crate::{Messenger, account, order, receipt, simulator};

impl Product for Messenger {
    const OBJECT: &'static str = "page";
    const KEYS: &'static [&'static str] = &[
        "optin",
        "postback",
        "referral",
        "reaction",
        "message_edit",
        "order",
        "pass_thread_control",
        "take_thread_control",
        "request_thread_control",
        "app_roles",
        "policy-enforcement",
        "policy_enforcement",
        "delivery",
        "read",
        "message",
    ];
    const LINKS: &'static [&'static str] = &["fallback", "post", "ig_post", "reel", "ig_reel"];
    const ATTACHMENTS: &'static [&'static str] = &["image", "audio", "video", "file", "sticker", "location"];
    const STORIES: bool = false;

    fn content(key: &str, raw: &RawValue, item: &Item) -> Option<Vec<Event>> {
        let event = match key {
            "order" => order::order(raw, item),
            "app_roles" => account::roles(raw, item),
            "policy-enforcement" | "policy_enforcement" => account::policy(key, raw, item),
            "delivery" => return receipt::delivery(raw, item),
            "read" => receipt::read(raw, item),
            _ => None,
        };
        event.map(|event| vec![event])
    }

    fn change(field: &str, value: &RawValue, origin: &Origin) -> Vec<Event> {
        // What the dashboard's test button sends: an item of `messaging`.
        if field == "messages" {
            return envelope::item_events::<Self>(field, value, origin);
        }
        vec![envelope::change(field, value, origin)]
    }

    fn simulated(event: &Event, time: u64) -> Option<(&'static str, Value)> {
        simulator::content(event, time)
    }
}

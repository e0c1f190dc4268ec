//! The webhooks from before mid-2018: a flat form. Old accounts still have them.

use trunkline_sdk::json::milliseconds;
use trunkline_sdk::prelude::*;

use crate::activity::Activity;
use crate::container::Fields;
use crate::notification::client_reference;

const NAMES: [&str; 7] =
    ["delivered", "dropped", "bounced", "complained", "unsubscribed", "opened", "clicked"];

/// The event of a form that is one. None for inbound mail: that has an envelope sender and these have not, so that
/// a mail with a header `event:` cannot pose as one.
pub fn event(fields: &Fields) -> Option<Event> {
    // Variables of the sender follow Mailgun's own fields, and may have the same names.
    let text = |name: &str| fields.first_text(name);
    let name = text("event").filter(|name| NAMES.contains(&name.as_str()))?;
    if fields.last("sender").is_some() || fields.last("body-mime").is_some() {
        return None;
    }
    let headers: Vec<(String, String)> =
        text("message-headers").and_then(|headers| serde_json::from_str(&headers).ok()).unwrap_or_default();
    let header = |name: &str| {
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let code = text("code");
    let is_enhanced = code.as_deref().is_some_and(|code| code.contains('.'));
    let (enhanced, code) = if is_enhanced { (code, None) } else { (None, code) };
    let variables = header("x-mailgun-variables").and_then(|variables| client_reference(&variables));
    let mut attributes = Attributes::new();
    for (field, attribute) in [("url", "url"), ("ip", "ip"), ("tag", "tags"), ("domain", "domain")] {
        attributes.extend(text(field).map(|value| (attribute.to_owned(), value)));
    }
    let activity = Activity {
        name,
        // The token is part of the signature: the last one.
        id: format!("legacy:{}", fields.text("token")?),
        occurred_at: fields.text("timestamp").as_deref().and_then(milliseconds),
        recipient: text("recipient"),
        message_id: text("Message-Id").or_else(|| text("message-id")).or_else(|| header("message-id")),
        from: header("from"),
        severity: None,
        reason: text("reason").unwrap_or_default(),
        code,
        enhanced,
        words: text("error").or_else(|| text("description")).or_else(|| text("notification")),
        client_reference: text("msg").or(variables),
        scope: text("mailing-list"),
        attributes,
        raw: String::new(),
    };
    Some(activity.event())
}

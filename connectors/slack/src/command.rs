//! Slash commands: a form of their own. They have no id of an event, and are not sent again.

use trunkline_sdk::form::Form;
use trunkline_sdk::prelude::*;

use crate::address;
use crate::interaction::is_response_url;

/// A form with `command`: a message of what was typed.
///
/// The text stays as it is: whether names in it are escaped is a setting of the command.
pub fn event(form: &Form) -> Event {
    let account = account(form);
    let id = match form.text("trigger_id") {
        Some(trigger) => format!("command:{trigger}"),
        None => {
            let fields = form.fields.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
            signature::content_id("command", &fields.collect::<Vec<_>>())
        }
    };
    let words = [form.text("command"), form.text("text")].into_iter().flatten();
    let text = words.collect::<Vec<_>>().join(" ");
    let message = Message::new(id.clone(), vec![Part::Text(text)]);
    let mut event = Event::new(id, account, EventKind::Message(message));
    event.contact = form.text("user_id").map(|user| {
        let mut contact = Contact::new(IdentifierScheme::Id, user);
        let name = form.text("user_name").map(|name| Identifier::new(IdentifierScheme::Username, name));
        contact.identifiers.extend(name);
        contact
    });
    event.thread = form.text("channel_id").and_then(|channel| {
        let thread = address::thread(channel, None, form.text("thread_ts"), event.contact.is_some());
        let title =
            form.text("channel_name").filter(|name| !matches!(*name, "directmessage" | "privategroup"));
        thread.map(|thread| Thread { title: title.map(str::to_owned), ..thread })
    });
    let url = form.text("response_url").filter(|url| is_response_url(url));
    let plain = ["command", "channel_id", "trigger_id"].map(|name| (name, form.text(name)));
    let there = plain.into_iter().chain([("response_url", url)]);
    event.attributes = there.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    event
}

fn account(form: &Form) -> String {
    let wide = form.text("is_enterprise_install") == Some("true");
    address::account(wide, form.text("team_id"), form.text("enterprise_id")).unwrap_or_default().to_owned()
}

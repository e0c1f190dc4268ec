//! Interactions: buttons, menus, modals, shortcuts. They have no id of an event, and are not sent again.
//!
//! <https://docs.slack.dev/reference/interaction-payloads/>, read 2026-07.

use trunkline_sdk::json::{RawValue, milliseconds};
use trunkline_sdk::prelude::*;

use crate::address::{self, action_id, message_id};
use crate::wire::{self, Action, Payload, State, View, filled, items, object};

/// Where an answer to an interaction or a command may be sent to, and nowhere else.
const RESPONSE_URL: &str = "https://hooks.slack.com/";

/// The events of one payload: one for each action, else one.
pub fn events(payload: &Payload, raw: &RawValue) -> Vec<Event> {
    let kind = filled(&payload.kind).unwrap_or("interaction");
    let opaque = |raw: &RawValue| {
        let mut event = frame(payload, kind, raw);
        // Of several actions each has an id of its own.
        let trigger = filled(&payload.trigger_id).unwrap_or_default();
        event.id = signature::content_id(kind, &[&event.account, trigger, raw.get()]);
        event.kind = EventKind::Other(Opaque { name: kind.to_owned(), payload: raw.get().to_owned() });
        event
    };
    if matches!(kind, "block_actions" | "interactive_message") {
        let actions = items(payload.actions).filter(|actions| !actions.is_empty());
        let Some(actions) = actions else { return vec![opaque(raw)] };
        let press = |raw| press(payload, kind, raw).unwrap_or_else(|| opaque(raw));
        return actions.into_iter().map(press).collect();
    }
    let parts = match kind {
        "view_submission" => payload.view.and_then(view),
        "shortcut" | "message_action" | "dialog_submission" => chosen(payload),
        _ => None,
    };
    let Some(parts) = parts else { return vec![opaque(raw)] };
    let mut event = frame(payload, kind, raw);
    let mut message = Message::new(event.id.clone(), parts);
    message.reply_to = target(payload);
    event.kind = EventKind::Message(message);
    event.attributes.extend(payload.view.map(view_attributes).unwrap_or_default());
    vec![event]
}

/// Who, where, and what goes along. Its kind is to be set.
fn frame(payload: &Payload, kind: &str, raw: &RawValue) -> Event {
    let account = account(payload);
    let id = match filled(&payload.trigger_id) {
        Some(trigger) => format!("{kind}:{trigger}"),
        None => signature::content_id(kind, &[&account, raw.get()]),
    };
    let nothing = Opaque { name: String::new(), payload: String::new() };
    let mut event = Event::new(id, account, EventKind::Other(nothing));
    event.occurred_at = filled(&payload.action_ts).and_then(milliseconds);
    let person = payload.user.as_ref();
    event.contact = person.and_then(contact);
    event.thread = channel(payload).and_then(|channel| {
        let thread = address::thread(channel, None, parent(payload).as_deref(), event.contact.is_some());
        thread.map(|thread| Thread { title: title(payload), ..thread })
    });
    let team = person.and_then(|person| filled(&person.team_id)).filter(|team| *team != event.account);
    let pairs = [
        ("channel_id", channel(payload)),
        ("trigger_id", filled(&payload.trigger_id)),
        ("response_url", filled(&payload.response_url).filter(|url| is_response_url(url))),
        ("callback_id", filled(&payload.callback_id)),
        ("user_team", team),
    ];
    event.attributes = there(pairs);
    event
}

/// Whether something may be sent to such a URL.
pub fn is_response_url(url: &str) -> bool {
    url.starts_with(RESPONSE_URL)
}

fn there<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Attributes {
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
}

/// `team` is null where the app is installed on a whole organization.
fn account(payload: &Payload) -> String {
    let organization = payload.enterprise.as_ref().and_then(|found| filled(&found.id));
    let workspace = payload.team.as_ref().and_then(|found| filled(&found.id));
    let wide = payload.is_enterprise_install == Some(true);
    let person = payload.user.as_ref().and_then(|person| filled(&person.team_id));
    address::account(wide, workspace, organization).or(person).unwrap_or_default().to_owned()
}

fn contact(person: &wire::Person) -> Option<Contact> {
    let mut contact = Contact::new(IdentifierScheme::Id, filled(&person.id)?);
    let username = filled(&person.username).or(filled(&person.name));
    contact.identifiers.extend(username.map(|name| Identifier::new(IdentifierScheme::Username, name)));
    Some(contact)
}

fn channel<'a>(payload: &'a Payload) -> Option<&'a str> {
    let named = payload.channel.as_ref().and_then(|channel| filled(&channel.id));
    named.or_else(|| payload.container.as_ref().and_then(|container| filled(&container.channel_id)))
}

/// What stands there for conversations without a name is none.
fn title(payload: &Payload) -> Option<String> {
    let name = payload.channel.as_ref().and_then(|channel| filled(&channel.name))?;
    let known = !matches!(name, "directmessage" | "privategroup") && !name.starts_with("mpdm-");
    known.then(|| name.to_owned())
}

/// The message that was acted upon.
fn message_ts(payload: &Payload) -> Option<String> {
    let container = payload.container.as_ref().and_then(|container| filled(&container.message_ts));
    let own = container.or_else(|| filled(&payload.message_ts)).map(str::to_owned);
    own.or_else(|| message(payload)?.ts.map(String::from))
}

fn message<'a>(payload: &Payload<'a>) -> Option<wire::Event<'a>> {
    payload.message.and_then(object)
}

/// The root of the thread that it stands in.
fn parent(payload: &Payload) -> Option<String> {
    let container = payload.container.as_ref().and_then(|container| filled(&container.thread_ts));
    let parent = container.map(str::to_owned).or_else(|| message(payload)?.thread_ts.map(String::from));
    parent.filter(|parent| !parent.is_empty() && message_ts(payload).as_ref() != Some(parent))
}

/// None of a message that only one person sees: nothing can be done with it.
fn target(payload: &Payload) -> Option<MessageRef> {
    if payload.container.as_ref().and_then(|container| container.is_ephemeral) == Some(true) {
        return None;
    }
    Some(MessageRef::new(message_id(Some(channel(payload)?), &message_ts(payload)?)))
}

/// One action. None where it has not the form expected.
fn press(payload: &Payload, kind: &str, raw: &RawValue) -> Option<Event> {
    let action: Action = object(raw)?;
    let option = match action.selected_options.as_deref() {
        Some([only]) => Some(only),
        _ => action.selected_option.as_ref(),
    };
    let picked = [
        &action.selected_user,
        &action.selected_channel,
        &action.selected_conversation,
        &action.selected_date,
        &action.selected_time,
        &action.selected_date_time,
    ];
    let value = filled(&action.value).or_else(|| option.and_then(|option| filled(&option.value)));
    let value = value.or_else(|| picked.into_iter().find_map(filled));
    let name = filled(&action.action_id).or_else(|| filled(&action.name));
    let words = action.text.as_ref().or_else(|| option?.text.as_ref());
    // Below a message the fields' contents stand in the payload, in a modal in the view.
    let view_state = payload.view.and_then(object::<View>).and_then(|view| view.state);
    // Several options, files, rich text: only the whole says what was chosen.
    let whole = value.is_none() && filled(&action.kind) != Some("button");
    let choice = Choice {
        id: Some(value.or(name)?.to_owned()),
        title: words.map(|words| words.text().to_owned()),
        data: if whole { Some(raw.get().to_owned()) } else { values(payload.state.or(view_state)) },
    };
    let mut event = frame(payload, kind, raw);
    let account = event.account.clone();
    let moment = filled(&action.action_ts).or_else(|| filled(&payload.action_ts));
    event.occurred_at = moment.and_then(milliseconds).or(event.occurred_at);
    let person = payload.user.as_ref().and_then(|person| filled(&person.id)).unwrap_or_default();
    let block = filled(&action.block_id).unwrap_or_default();
    let when = moment.or_else(|| filled(&payload.trigger_id)).unwrap_or(raw.get());
    event.id = signature::content_id(kind, &[&account, person, name.unwrap_or_default(), block, when]);
    let id = moment.map_or_else(|| event.id.clone(), action_id);
    let mut message = Message::new(id, vec![Part::Choice(choice)]);
    message.reply_to = target(payload);
    event.kind = EventKind::Message(message);
    event.attributes.extend(there([("action_id", name), ("block_id", filled(&action.block_id))]));
    event.attributes.extend(payload.view.map(view_attributes).unwrap_or_default());
    Some(event)
}

/// What stands in the other fields of a message or modal.
fn values(state: Option<&RawValue>) -> Option<String> {
    let state: State = object(state?)?;
    let values = state.values.map(RawValue::get)?;
    let empty = values.trim_matches(['{', '}']).trim().is_empty();
    (!empty).then(|| values.to_owned())
}

/// A modal that was sent off.
fn view(raw: &RawValue) -> Option<Vec<Part>> {
    let view: View = object(raw)?;
    let choice = Choice {
        id: filled(&view.callback_id).or(filled(&view.id)).map(str::to_owned),
        title: view.title.as_ref().map(|title| title.text().to_owned()),
        data: values(view.state),
    };
    Some(vec![Part::Choice(choice)])
}

fn view_attributes(raw: &RawValue) -> Attributes {
    let view: View = object(raw).unwrap_or_default();
    there([("view_id", filled(&view.id)), ("private_metadata", filled(&view.private_metadata))])
}

/// A shortcut or an older dialog, with the message that it was called upon.
fn chosen(payload: &Payload) -> Option<Vec<Part>> {
    let choice = Choice {
        id: Some(filled(&payload.callback_id)?.to_owned()),
        title: None,
        data: payload.submission.map(|raw| raw.get().to_owned()),
    };
    let message =
        payload.message.map(|raw| Opaque { name: "message".to_owned(), payload: raw.get().to_owned() });
    Some([Part::Choice(choice)].into_iter().chain(message.map(Part::Other)).collect())
}

//! An event in a line, for people: who, on which connection, what.

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use trunkline_model::{
    Contact, Event, EventKind, Failure, IdentifierScheme, Media, MediaSource, Message, Part,
};

const KIND: Style = AnsiColor::Cyan.on_default();
const NAME: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default();

/// Characters of a text that are shown.
const TEXT_CHARACTERS_MAX: usize = 100;

/// The line, with colours: print it with `anstream`, which takes them out where they are not wanted.
pub fn line(time_ms: u64, connection: &str, event: &Event) -> String {
    let time = i64::try_from(time_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let time =
        time.map_or_else(String::new, |time| time.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string());
    let who = event
        .contact
        .as_ref()
        .map(|contact| format!("{NAME}{}{NAME:#} ", person(contact)))
        .unwrap_or_default();
    let place = match &event.thread {
        Some(thread) => {
            format!(" {FAINT}in {}{FAINT:#}", clip(thread.title.as_deref().unwrap_or(&thread.id), 30))
        }
        None => String::new(),
    };
    let mut marks = String::new();
    for (attribute, mark) in [("standby", "standby"), ("redelivery", "sent again")] {
        if event.attribute(attribute) == Some("true") {
            marks.push_str(&format!(" {FAINT}({mark}){FAINT:#}"));
        }
    }
    format!(
        "{FAINT}{time}{FAINT:#} {connection:<14} {KIND}{kind:<9}{KIND:#} {who}{place}{what}{marks}",
        kind = event.kind.name(),
        what = what(&event.kind),
    )
}

fn person(contact: &Contact) -> String {
    let id = contact
        .identifiers
        .iter()
        .find(|identifier| matches!(identifier.scheme, IdentifierScheme::Phone | IdentifierScheme::Email))
        .or(contact.identifiers.first())
        .map(|identifier| clip(&identifier.value, 40));
    match (&contact.name, id) {
        (Some(name), Some(id)) => format!("{} <{id}>", clip(name, 40)),
        (Some(name), None) => clip(name, 40),
        (None, id) => id.unwrap_or_default(),
    }
}

fn what(kind: &EventKind) -> String {
    match kind {
        EventKind::Message(message) | EventKind::Echo(message) => self::message(message),
        EventKind::Edited(message) => format!("now: {}", self::message(message)),
        EventKind::Unsent(target) => format!("took back {}", clip(&target.id, 30)),
        EventKind::Reaction(reaction) => match &reaction.emoji {
            Some(emoji) => format!("{emoji} on {}", clip(&reaction.target.id, 30)),
            None => format!("took the reaction back from {}", clip(&reaction.target.id, 30)),
        },
        EventKind::Status(status) => {
            let failure = status.failure.as_ref().map(failure).unwrap_or_default();
            format!("{} {}{failure}", clip(&status.message_id, 40), status.state.as_str())
        }
        EventKind::Watermark(mark) => format!("everything until {} {}", mark.up_to, mark.state.as_str()),
        EventKind::Membership(membership) => {
            let who: Vec<String> = membership.members.iter().map(person).collect();
            let who = if who.is_empty() { "our account".to_owned() } else { who.join(", ") };
            format!("{who} {}", membership.change.as_str())
        }
        EventKind::Consent(consent) => {
            format!(
                "{} for {} by {}",
                consent.state.as_str(),
                clip(&consent.scope, 30),
                clip(&consent.origin, 30)
            )
        }
        EventKind::Identity(change) => {
            let ids = |ids: &[trunkline_model::Identifier]| {
                ids.iter().map(|id| clip(&id.value, 30)).collect::<Vec<_>>().join(", ")
            };
            format!("{} is now {}", ids(&change.previous), ids(&change.current))
        }
        EventKind::Typing(typing) => format!("{typing:?}").to_lowercase(),
        EventKind::Referral(referral) => format!("came by {}", clip(&referral.source, 40)),
        EventKind::Handover(handover) => handover.action.as_str().to_owned(),
        EventKind::PhoneCall(call) => {
            format!("{} call {}", if call.inbound { "inbound" } else { "outbound" }, call.state.as_str())
        }
        EventKind::AccountNotice(notice) => {
            format!("{:?}: {}", notice.severity, clip(&notice.summary, TEXT_CHARACTERS_MAX))
        }
        EventKind::Other(opaque) => format!("`{}` {FAINT}kept as it came{FAINT:#}", clip(&opaque.name, 60)),
    }
}

fn message(message: &Message) -> String {
    let mut pieces = Vec::new();
    if message.automated {
        pieces.push(format!("{FAINT}(automatic){FAINT:#}"));
    }
    pieces.extend(message.subject.as_ref().map(|subject| format!("{NAME}{}{NAME:#}", clip(subject, 60))));
    // Quoted text and HTML repeat what the text says.
    let has_text = message.parts.iter().any(|part| matches!(part, Part::Text(_)));
    for shown in &message.parts {
        match shown {
            Part::Quoted(_) => {}
            Part::Html(_) if has_text => {}
            shown => pieces.push(part(shown)),
        }
    }
    pieces.join("  ")
}

fn part(part: &Part) -> String {
    match part {
        Part::Text(text) => format!("“{}”", clip(text, TEXT_CHARACTERS_MAX)),
        Part::Html(html) => format!("[HTML, {} characters]", html.chars().count()),
        Part::Quoted(_) => String::new(),
        Part::Media(media) => self::media(media),
        Part::Location(place) => {
            let name = place.name.as_deref().map(|name| format!("{} ", clip(name, 40))).unwrap_or_default();
            format!("[place {name}{:.4}, {:.4}]", place.latitude, place.longitude)
        }
        Part::Contacts(cards) => {
            let names: Vec<String> =
                cards.iter().map(|card| clip(card.name.as_deref().unwrap_or("?"), 30)).collect();
            format!("[contact {}]", names.join(", "))
        }
        Part::Choice(choice) => {
            let title = choice.title.as_deref().or(choice.id.as_deref()).unwrap_or("?");
            format!("[pressed {}]", clip(title, 40))
        }
        Part::Order(order) => format!("[order of {} items]", order.items.len()),
        Part::Other(opaque) => format!("[{} {FAINT}kept as it came{FAINT:#}]", clip(&opaque.name, 40)),
    }
}

fn media(media: &Media) -> String {
    let mut words = vec![media.kind.as_str().to_owned()];
    words.extend(media.name.as_deref().map(|name| clip(name, 40)));
    words.extend(media.content_type.as_deref().map(|kind| clip(kind, 40)));
    words.extend(media.size.map(|size| format!("{size} bytes")));
    if let MediaSource::Url(url) = &media.source {
        words.push(clip(url, 50));
    }
    let caption = media.caption.as_deref().map(|text| format!(" “{}”", clip(text, 60))).unwrap_or_default();
    format!("[{}]{caption}", words.join(", "))
}

fn failure(failure: &Failure) -> String {
    let code = failure.code.as_deref().map(|code| format!(" {}", clip(code, 20))).unwrap_or_default();
    let words = failure.message.as_deref().map(|words| format!(": {}", clip(words, 60))).unwrap_or_default();
    format!(" {BAD}({:?}{code}{words}){BAD:#}", failure.reason)
}

/// A stranger's words on one line, as long as they are.
pub fn plain(text: &str) -> String {
    clip(text, usize::MAX)
}

/// On one line, without control characters (a message must not steer a terminal), cut where it is long.
fn clip(text: &str, characters_max: usize) -> String {
    let clean = |letter: char| match letter {
        '\n' | '\r' | '\t' => ' ',
        // Directions that turn the rest of the line around, and everything that terminals obey.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    };
    let mut clipped: String = text.trim().chars().take(characters_max).map(clean).collect();
    if text.trim().chars().nth(characters_max).is_some() {
        clipped.push('…');
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_steer_the_terminal() {
        let message = Message::new("1", vec![Part::Text("a\u{1b}[2Jb\n\u{202e}c".to_owned())]);
        let shown = line(0, "x", &Event::new("1", "a", EventKind::Message(message)));
        let shown = anstream::adapter::strip_str(&shown).to_string();
        assert!(shown.contains("“a\u{fffd}[2Jb \u{fffd}c”"), "{shown}");
    }

    #[test]
    fn long_texts_are_cut_at_characters() {
        assert_eq!(clip(&"é".repeat(5), 4), "éééé…");
        assert_eq!(clip("  éééé ", 4), "éééé");
    }
}

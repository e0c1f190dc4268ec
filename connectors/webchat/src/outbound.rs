//! Messages to a visitor. Nobody is called: the host's journal is what the page is told from. What the widget cannot show is
//! refused here, while the sender waits.

use trunkline_sdk::email::text_of_html;
use trunkline_sdk::outbound::{address, refuse, require_complete, unsupported};
use trunkline_sdk::plain;
use trunkline_sdk::prelude::*;

use crate::part::{PARTS_MAX, TEXT_CHARS_MAX};
use crate::shown::is_link;

const OPTIONS_MAX: usize = 10;
const TITLE_CHARS_MAX: usize = 100;
const URL_BYTES_MAX: usize = 2_048;

/// Checks a message. One receipt, with the message's own id: it is one message in the page as well.
pub fn send(message: &Outgoing) -> Sent {
    if message.thread.is_some() {
        return Err(refuse("unsupported", "a conversation here has no threads").into());
    }
    if address(message, &IdentifierScheme::Id).is_none() {
        return Err(refuse("missing", "the visitor has no id").into());
    }
    if message.parts.is_empty() {
        return Err(refuse("missing", "no parts").into());
    }
    if message.parts.len() > PARTS_MAX {
        return Err(refuse("too_many", "more than 10 parts").into());
    }
    let mut receipt = None;
    let mut characters = 0;
    for (index, part) in message.parts.iter().enumerate() {
        let Some(shown) = check(index, part)? else { continue };
        characters += shown.characters;
        let receipt = receipt.get_or_insert_with(|| Receipt {
            message_id: message.id.clone(),
            part: u32::try_from(index).unwrap_or(u32::MAX),
            ..Receipt::default()
        });
        receipt.degraded.extend(shown.degraded);
    }
    if characters > TEXT_CHARS_MAX {
        return Err(refuse("too_long", "more than 10,000 characters").into());
    }
    let Some(mut receipt) = receipt else { return Ok(Vec::new()) };
    if message.subject.as_deref().is_some_and(|subject| !subject.trim().is_empty()) {
        receipt.degraded.push("the subject is not shown".to_owned());
    }
    if message.reply_to.is_some() {
        receipt.degraded.push("the message that is answered is not quoted".to_owned());
    }
    Ok(vec![receipt])
}

/// What the page makes of a part.
struct Shown {
    characters: usize,
    degraded: Option<String>,
}

/// None where there is nothing to show.
fn check(index: usize, part: &OutgoingPart) -> Result<Option<Shown>, Failure> {
    let text = |text: &str, degraded: Option<&str>| {
        if text.trim().is_empty() {
            return Err(refuse("missing", format!("part {index}: nothing to read")));
        }
        let degraded = degraded.map(|what| format!("part {index}: {what}"));
        Ok(Some(Shown { characters: text.chars().count(), degraded }))
    };
    match part {
        OutgoingPart::Text(written) => text(written, None),
        OutgoingPart::Html(html) => text(&text_of_html(html), Some("HTML as text")),
        OutgoingPart::Media(media) => {
            require_url(index, media)?;
            let words = [&media.caption, &media.name].into_iter().flatten();
            let characters = words.map(|words| words.chars().count()).sum();
            Ok(Some(Shown { characters, degraded: None }))
        }
        OutgoingPart::Location(place) => {
            if !place.latitude.is_finite() || !place.longitude.is_finite() {
                return Err(refuse("missing", format!("part {index}: no place on Earth")));
            }
            let words = [&place.name, &place.address, &place.url].into_iter().flatten();
            let characters = words.map(|words| words.chars().count()).sum();
            Ok(Some(Shown { characters, degraded: None }))
        }
        OutgoingPart::Contacts(cards) => text(&plain::cards(cards), None),
        OutgoingPart::Choices(choices) => options(index, choices).map(Some),
        OutgoingPart::Read(_) | OutgoingPart::Typing => Ok(None),
        OutgoingPart::Template(_) => Err(unsupported(index, "templates")),
        OutgoingPart::Reaction(_) => Err(unsupported(index, "reactions")),
        OutgoingPart::Native(_) => Err(unsupported(index, "notation of its own")),
    }
}

fn options(index: usize, choices: &Choices) -> Result<Shown, Failure> {
    require_complete(index, choices)?;
    if choices.options.len() > OPTIONS_MAX {
        return Err(refuse("too_many", format!("part {index}: more than 10 options")));
    }
    let mut characters = choices.text.chars().count();
    for option in &choices.options {
        if option.title.chars().count() > TITLE_CHARS_MAX {
            return Err(refuse("too_long", format!("part {index}: a title of more than 100 characters")));
        }
        if option.url.as_deref().is_some_and(|url| url.len() > URL_BYTES_MAX || !is_link(url)) {
            return Err(refuse(
                "unsupported",
                format!("part {index}: an option whose URL is no web address"),
            ));
        }
        let words =
            [Some(&option.id), Some(&option.title), option.description.as_ref()].into_iter().flatten();
        characters += words.map(|words| words.chars().count()).sum::<usize>();
    }
    let label = choices.label.as_ref().filter(|label| !label.is_empty());
    let degraded = label.map(|_| format!("part {index}: the options are buttons, no list to open"));
    Ok(Shown { characters, degraded })
}

/// The browser fetches it by itself, and a page that came by https shows nothing that did not.
fn require_url(index: usize, media: &Media) -> Result<(), Failure> {
    let MediaSource::Url(url) = &media.source else {
        return Err(refuse("missing", format!("part {index}: a file without a URL")));
    };
    if url.len() > URL_BYTES_MAX {
        return Err(refuse("too_long", format!("part {index}: a URL of more than 2,048 bytes")));
    }
    if !is_link(url) || !(url.starts_with("https://") || is_loopback(url)) {
        return Err(refuse("unsupported", format!("part {index}: a file whose URL is not `https`")));
    }
    Ok(())
}

/// This machine, to try it out: browsers trust it.
fn is_loopback(url: &str) -> bool {
    let host = url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let name = host.map(|host| host.split_once(':').map_or(host, |(name, _)| name));
    matches!(name, Some("localhost" | "127.0.0.1"))
}

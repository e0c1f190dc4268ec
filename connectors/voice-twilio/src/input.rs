//! What a caller pressed or said.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::prelude::*;

use crate::call::Parties;
use crate::menu::{Gather, Menu};
use crate::place::Place;

/// The event, and the step that the input leads to. Silence is no event.
pub fn taken(
    menu: &Menu,
    place: &Place,
    parties: &Parties,
    mut fields: Fields,
) -> (Option<Event>, Option<String>) {
    fields.take("CallStatus");
    let (digits, speech) = (fields.take("Digits"), fields.take("SpeechResult"));
    let step = menu.step(&place.step);
    let gather = step.and_then(|step| step.gather.as_ref());
    let option = digits.as_deref().and_then(|digits| gather?.options.get(digits));
    let spoken = || said(gather, speech.as_deref().unwrap_or_default());
    let next = option.or_else(spoken).map(|option| option.step.clone());
    let next = next.or_else(|| step?.then.clone());
    // Not understood: the same question once more.
    let next = next.or_else(|| step.map(|_| place.step.clone()));
    let part = match (digits, speech) {
        (Some(digits), _) => Part::Choice(Choice {
            title: option.map(|option| option.title.clone()),
            id: Some(digits),
            data: None,
        }),
        (None, Some(speech)) => Part::Text(speech),
        (None, None) => return (None, next),
    };
    let id = place.message.clone().unwrap_or_else(|| format!("{}:{}", parties.call_sid, place.number));
    let message = Message { id: id.clone(), parts: vec![part], ..Message::default() };
    (Some(parties.event(id, EventKind::Message(message), &fields)), next)
}

/// The option whose title is what was said. Speech recognition adds points and capitals.
fn said<'a>(gather: Option<&'a Gather>, speech: &str) -> Option<&'a crate::menu::Option_> {
    let plain = |text: &str| {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric() || letter.is_whitespace());
        letters.collect::<String>().trim().to_lowercase()
    };
    let speech = plain(speech);
    let options = gather?.options.values();
    options.into_iter().find(|option| !speech.is_empty() && plain(&option.title) == speech)
}

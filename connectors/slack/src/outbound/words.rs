//! Places and cards as texts: Slack has neither.

use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use super::draft::{Draft, texts};

/// Name, address, and a link to a map.
pub fn location(part: usize, place: &Location) -> Result<Vec<Draft>, Failure> {
    let Location { latitude, longitude, name, address, url } = place;
    // Written so that NaN fails as well.
    if !(-90.0..=90.0).contains(latitude) || !(-180.0..=180.0).contains(longitude) {
        return Err(refuse(
            "unsupported",
            format!("part {part}: the coordinates are none of a place on earth"),
        ));
    }
    let map = format!("https://www.google.com/maps/search/?api=1&query={latitude},{longitude}");
    let text = lines([name.as_deref(), address.as_deref(), url.as_deref(), Some(map.as_str())]);
    let note = "the place is a text with a link: Slack has none";
    Ok(texts(part, &text)?.into_iter().map(|draft| draft.degraded(note)).collect())
}

/// Cards with an empty line between them.
pub fn contacts(part: usize, cards: &[ContactCard]) -> Result<Vec<Draft>, Failure> {
    let cards: Vec<String> = cards.iter().map(card).collect();
    if cards.is_empty() || cards.iter().any(String::is_empty) {
        return Err(refuse("missing", format!("part {part}: a contact card is empty")));
    }
    let note = "contact cards are a text: Slack has none";
    Ok(texts(part, &cards.join("\n\n"))?.into_iter().map(|draft| draft.degraded(note)).collect())
}

/// What a card holds, a line each. The vCard only where there is nothing else: it says the same for machines.
fn card(card: &ContactCard) -> String {
    let head = [card.name.as_deref(), card.organization.as_deref()].into_iter();
    let reached = card.phones.iter().chain(&card.emails).map(|line| Some(line.as_str()));
    let text = lines(head.chain(reached));
    if text.is_empty() { card.vcard.as_deref().unwrap_or_default().trim().to_owned() } else { text }
}

fn lines<'a>(lines: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let filled = lines.into_iter().flatten().map(str::trim).filter(|line| !line.is_empty());
    filled.collect::<Vec<_>>().join("\n")
}

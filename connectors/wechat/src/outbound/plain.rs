//! What has to become text: a place, a card.

use trunkline_sdk::prelude::*;

/// Name, address, coordinates, link, a line each.
pub fn place(place: &Location) -> String {
    let coordinates = format!("{}, {}", place.latitude, place.longitude);
    let texts = [place.name.as_deref(), place.address.as_deref(), Some(&coordinates), place.url.as_deref()];
    lines(texts.into_iter().flatten())
}

/// Cards, an empty line between them.
pub fn cards(cards: &[ContactCard]) -> String {
    let cards: Vec<String> = cards.iter().map(card).filter(|text| !text.is_empty()).collect();
    cards.join("\n\n")
}

/// What a card holds. The vCard only where there is nothing else: it says the same for machines.
fn card(card: &ContactCard) -> String {
    let head = card.name.iter().chain(&card.organization);
    let text = lines(head.chain(&card.phones).chain(&card.emails).map(String::as_str));
    if text.is_empty() { card.vcard.as_deref().unwrap_or_default().trim().to_owned() } else { text }
}

/// What is there, a line each.
pub fn lines<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

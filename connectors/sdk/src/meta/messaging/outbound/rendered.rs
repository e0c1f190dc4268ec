//! Places and address cards in words: the platform takes neither from an account.

use trunkline_model::{ContactCard, Location};

/// Name, address, links: a line each.
pub fn location(place: &Location) -> String {
    let Location { latitude, longitude, name, address, url } = place;
    let map = format!("https://www.google.com/maps/search/?api=1&query={latitude},{longitude}");
    lines([name.as_deref(), address.as_deref(), url.as_deref(), Some(map.as_str())])
}

/// A block for each card, with an empty line between. Empty where no card says anything.
pub fn contacts(cards: &[ContactCard]) -> String {
    let blocks = cards.iter().map(|card| {
        let named = [card.name.as_deref(), card.organization.as_deref()].into_iter();
        let reached = card.phones.iter().chain(&card.emails).map(|line| Some(line.as_str()));
        let written = lines(named.chain(reached));
        // Better than nothing: people can read most of it.
        if written.is_empty() { card.vcard.clone().unwrap_or_default() } else { written }
    });
    blocks.filter(|block| !block.trim().is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn lines<'a>(lines: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let filled = lines.into_iter().flatten().map(str::trim).filter(|line| !line.is_empty());
    filled.collect::<Vec<_>>().join("\n")
}

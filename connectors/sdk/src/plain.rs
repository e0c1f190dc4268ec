//! What has to become text where a channel has nothing better: a place, a card, a link to a file.

use trunkline_model::{ContactCard, Location};

/// Name, address, and a link to a map.
pub fn place(place: &Location) -> String {
    let map = || format!("https://maps.google.com/?q={},{}", place.latitude, place.longitude);
    let link = place.url.clone().filter(|url| !url.is_empty()).unwrap_or_else(map);
    lines([place.name.as_deref(), place.address.as_deref(), Some(&link)].into_iter().flatten())
}

/// Cards with an empty line between them. Of a card of which nothing is known but the vCard, that.
pub fn cards(cards: &[ContactCard]) -> String {
    let cards: Vec<String> = cards.iter().map(card).filter(|text| !text.is_empty()).collect();
    cards.join("\n\n")
}

fn card(card: &ContactCard) -> String {
    let head = [card.name.as_deref(), card.organization.as_deref()].into_iter().flatten();
    let addresses = card.phones.iter().chain(&card.emails).map(String::as_str);
    let text = lines(head.chain(addresses));
    if text.is_empty() { card.vcard.clone().unwrap_or_default() } else { text }
}

/// What is there, a line each.
pub fn lines<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_always_has_a_link() {
        let mut place = Location { latitude: 52.5, longitude: -13.25, ..Location::default() };
        assert_eq!(self::place(&place), "https://maps.google.com/?q=52.5,-13.25");
        place.name = Some(" Café ".to_owned());
        place.url = Some("https://example.org/cafe".to_owned());
        assert_eq!(self::place(&place), "Café\nhttps://example.org/cafe");
    }

    #[test]
    fn of_a_card_everything_is_told() {
        let full = ContactCard {
            name: Some("Ada".to_owned()),
            phones: vec!["+15005550123".to_owned()],
            emails: vec!["ada@example.org".to_owned()],
            ..ContactCard::default()
        };
        let bare = ContactCard { vcard: Some("BEGIN:VCARD".to_owned()), ..ContactCard::default() };
        let empty = ContactCard::default();
        assert_eq!(cards(&[full, empty, bare]), "Ada\n+15005550123\nada@example.org\n\nBEGIN:VCARD");
    }
}

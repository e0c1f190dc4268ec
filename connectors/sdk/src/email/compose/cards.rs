//! Address cards as vCards: what mail programs take up into the address book with a click.

use trunkline_model::ContactCard;

/// vCards one after the other (RFC 2426), and what of the cards has no place in them.
pub fn vcards(cards: &[ContactCard]) -> (String, Vec<String>) {
    let mut text = String::new();
    let mut left_out = Vec::new();
    for card in cards {
        match card.vcard.as_deref().map(str::trim).filter(|vcard| is_vcard(vcard)) {
            Some(vcard) => text.extend(vcard.lines().flat_map(|line| [line, "\r\n"])),
            None => {
                text.push_str(&made(card));
                left_out.extend(card.attributes.iter().map(|(name, _)| name.clone()));
            }
        }
    }
    (text, left_out)
}

fn is_vcard(text: &str) -> bool {
    let begins = |start: &str| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    begins("BEGIN:VCARD")
}

fn made(card: &ContactCard) -> String {
    let named = [card.name.as_ref(), card.organization.as_ref(), card.phones.first(), card.emails.first()];
    let name = named.into_iter().flatten().find(|name| !name.trim().is_empty()).map(|name| escaped(name));
    let name = name.unwrap_or_default();
    // The format demands a name in parts as well; which part is which is not known.
    let mut lines = vec![format!("FN:{name}"), format!("N:{name};;;;")];
    lines.extend(card.organization.iter().map(|name| format!("ORG:{}", escaped(name))));
    lines.extend(card.phones.iter().map(|phone| format!("TEL:{}", escaped(phone))));
    lines.extend(card.emails.iter().map(|email| format!("EMAIL:{}", escaped(email))));
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{}\r\nEND:VCARD\r\n", lines.join("\r\n"))
}

fn escaped(value: &str) -> String {
    let mut text = String::new();
    for letter in value.trim().replace("\r\n", "\n").chars() {
        match letter {
            '\\' | ',' | ';' => text.extend(['\\', letter]),
            '\n' => text.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_made_or_taken_as_it_is() {
        let made = ContactCard {
            name: Some("Lovelace; Ada\nX-EVIL:1".into()),
            emails: vec!["ada@example.net".into()],
            attributes: vec![("birthday".into(), "1815-12-10".into())],
            ..ContactCard::default()
        };
        let given = ContactCard {
            vcard: Some("begin:vcard\nFN:Bob\nend:vcard".into()),
            attributes: vec![("birthday".into(), "x".into())],
            ..ContactCard::default()
        };
        let (text, left_out) = vcards(&[made, given]);
        assert_eq!(
            text,
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Lovelace\\; Ada\\nX-EVIL:1\r\nN:Lovelace\\; Ada\\nX-EVIL:1;;;;\r\n\
             EMAIL:ada@example.net\r\nEND:VCARD\r\nbegin:vcard\r\nFN:Bob\r\nend:vcard\r\n"
        );
        assert_eq!(left_out, ["birthday"]);
    }
}

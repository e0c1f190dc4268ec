//! The inverse of [`events`](super::events), for simulators: what a mail consists of that would become a message.

use trunkline_model::{Event, EventKind, Media, Part};

use super::Mail;

/// A mail that a contact could have written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written<'a> {
    /// Who wrote it.
    pub address: &'a str,
    /// Names and values, without those of its encoding. Not encoded.
    pub headers: Vec<(&'static str, String)>,
    /// With what is quoted below.
    pub text: String,
    /// The HTML, where there is one.
    pub page: Option<&'a str>,
    /// Its files.
    pub files: Vec<&'a Media>,
}

/// The mail of a message. None of any other event, and of parts that mails have not.
pub fn written(event: &Event) -> Option<Written<'_>> {
    let EventKind::Message(message) = &event.kind else { return None };
    let contact = event.contact.as_ref()?;
    let address = Mail::address_of(contact)?;
    let (mut texts, mut page, mut files) = (Vec::new(), None, Vec::new());
    for part in &message.parts {
        match part {
            Part::Text(text) => texts.push(text.clone()),
            Part::Quoted(text) => texts.push(format!("\n{text}")),
            Part::Html(html) => page = Some(html.as_str()),
            Part::Media(media) => files.push(media),
            _ => return None,
        }
    }
    let plain = |name: &&String| !name.contains(['"', '\\', '@']) && !name.contains(char::is_control);
    let from = match contact.name.as_ref().filter(plain) {
        Some(name) => format!("\"{name}\" <{address}>"),
        None => address.to_owned(),
    };
    let root = event.thread.as_ref().filter(|thread| thread.id != message.id);
    let subject = message.subject.as_ref().map(|subject| subject.replace(char::is_control, " "));
    let headers = [
        ("From", Some(from)),
        ("To", Some(event.account.clone())),
        ("Message-Id", Some(format!("<{}>", message.id))),
        ("Subject", subject),
        ("In-Reply-To", message.reply_to.as_ref().map(|answered| format!("<{}>", answered.id))),
        ("References", root.map(|thread| format!("<{}>", thread.id))),
        ("Auto-Submitted", message.automated.then(|| "auto-generated".to_owned())),
    ];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Some(Written { address, headers, text: texts.join("\n"), page, files })
}

#[cfg(test)]
mod tests {
    use trunkline_model::{Contact, IdentifierScheme, Location, Message, MessageRef};

    use super::*;
    use crate::email::{Delivery, Headers, events};

    fn event(message: Message) -> Event {
        let mut event = Event::new("e", "help@in.example.org", EventKind::Message(message));
        event.contact = Some(Contact::new(IdentifierScheme::Email, "ada@example.net"));
        event
    }

    #[test]
    fn what_is_written_is_read_as_the_same_message() {
        let parts =
            vec![Part::Text("hello".into()), Part::Quoted("> so?".into()), Part::Html("<p>hello</p>".into())];
        let mut message = Message::new("in-1@example.net", parts);
        message.subject = Some("Frage ü".into());
        message.reply_to = Some(MessageRef::new("own-7@example.org"));
        message.automated = true;
        let event = event(message);
        let written = written(&event).expect("a mail");
        let headers = written.headers.into_iter().map(|(name, value)| (name.to_owned(), value));
        let page = written.page.map(str::to_owned);
        let mail = Mail::from_parts(Headers::from_pairs(headers), Some(written.text), page);
        let read = events(mail, &Delivery::new("help@in.example.org"));
        assert_eq!((&read[0].kind, &read[0].contact), (&event.kind, &event.contact));
    }

    #[test]
    fn what_mails_have_not_is_not_written() {
        let location = Message::new("in-1@example.net", vec![Part::Location(Location::default())]);
        assert_eq!(written(&event(location)), None);
        let mut nobody = event(Message::new("in-1@example.net", Vec::new()));
        nobody.contact = None;
        assert_eq!(written(&nobody), None);
    }
}

//! Opt-out, opt-in and help keywords of text messages, as practised in the United States and Canada.
//!
//! The whole message must be the keyword: "please stop" is for a person to read, not for a table.

use trunkline_model::{Consent, ConsentState, Event, EventKind};

/// What a contact asks for with a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// Not to be written to any more.
    OptOut,
    /// To be written to again.
    OptIn,
    /// To be told who writes.
    Help,
}

impl Keyword {
    /// `opt_out`, `opt_in`, `help`: the value of the attribute `keyword`.
    pub fn name(self) -> &'static str {
        match self {
            Self::OptOut => "opt_out",
            Self::OptIn => "opt_in",
            Self::Help => "help",
        }
    }
}

/// The longest keyword that is looked for, in bytes: a longer text is none, and is not normalized.
const KEYWORD_LENGTH_MAX: usize = 64;

/// What every platform understands. `YES` is not here: it opts in at some platforms, and everywhere it is the
/// plain answer to a question.
const KEYWORDS: [(&str, Keyword); 14] = [
    ("STOP", Keyword::OptOut),
    ("STOPALL", Keyword::OptOut),
    ("STOP ALL", Keyword::OptOut),
    ("UNSUBSCRIBE", Keyword::OptOut),
    ("CANCEL", Keyword::OptOut),
    ("END", Keyword::OptOut),
    ("QUIT", Keyword::OptOut),
    ("REVOKE", Keyword::OptOut),
    ("OPTOUT", Keyword::OptOut),
    ("OPT OUT", Keyword::OptOut),
    ("START", Keyword::OptIn),
    ("UNSTOP", Keyword::OptIn),
    ("HELP", Keyword::Help),
    ("INFO", Keyword::Help),
];

/// The keyword that a whole message is, or None. Case, white space, and signs around the words do not matter.
///
/// `platform` lists what the platform understands besides, in upper case (`YES`, `ARRÊT`).
pub fn keyword(text: &str, platform: &[(&str, Keyword)]) -> Option<Keyword> {
    let text = text.trim_matches(|letter: char| !letter.is_alphanumeric());
    if text.is_empty() || text.len() > KEYWORD_LENGTH_MAX {
        return None;
    }
    let words = text.split_whitespace().map(str::to_uppercase).collect::<Vec<_>>().join(" ");
    KEYWORDS.iter().chain(platform).find(|(keyword, _)| *keyword == words).map(|(_, meaning)| *meaning)
}

/// What the keyword of a message means for consent, as an event beside the message. None for a call for help; and where
/// nobody is named, since it would be about the whole account.
///
/// `kept` are the message's attributes that say how far the keyword reaches.
pub fn consent(message: &Event, keyword: Keyword, kept: &[&str]) -> Option<Event> {
    let contact = message.contact.clone()?;
    let state = match keyword {
        Keyword::OptOut => ConsentState::Revoked,
        Keyword::OptIn => ConsentState::Granted,
        Keyword::Help => return None,
    };
    let consent = Consent { state, scope: "all".to_owned(), origin: "keyword".to_owned() };
    let id = format!("{}:consent", message.id);
    let mut event = Event::new(id, &*message.account, EventKind::Consent(consent));
    event.occurred_at = message.occurred_at;
    event.contact = Some(contact);
    let reach = message.attributes.iter().filter(|(name, _)| kept.contains(&name.as_str()));
    event.attributes = reach.cloned().collect();
    event.attributes.push(("message_id".to_owned(), message.id.clone()));
    Some(event)
}

#[cfg(test)]
mod tests {
    use trunkline_model::{Contact, IdentifierScheme, Message};

    use super::*;

    #[test]
    fn a_keyword_is_a_consent_of_somebody() {
        let mut message = Event::new("m1", "us", EventKind::Message(Message::new("m1", Vec::new())));
        message.attributes = vec![("channel".into(), "sms".into()), ("units".into(), "1".into())];
        assert_eq!(consent(&message, Keyword::OptOut, &["channel"]), None, "of nobody");
        message.contact = Some(Contact::new(IdentifierScheme::Phone, "+15005550123"));
        assert_eq!(consent(&message, Keyword::Help, &["channel"]), None);
        let event = consent(&message, Keyword::OptIn, &["channel"]).expect("a consent");
        assert!(matches!(&event.kind, EventKind::Consent(granted) if granted.state == ConsentState::Granted));
        assert_eq!((&*event.id, event.attribute("units")), ("m1:consent", None));
        assert_eq!((event.attribute("channel"), event.attribute("message_id")), (Some("sms"), Some("m1")));
    }

    #[test]
    fn only_a_whole_message_is_a_keyword() {
        for (text, expected) in [
            ("STOP", Some(Keyword::OptOut)),
            (" stop.\n", Some(Keyword::OptOut)),
            ("«Stop  All»!", Some(Keyword::OptOut)),
            ("opt\tout", Some(Keyword::OptOut)),
            ("STOP 😡", Some(Keyword::OptOut)),
            ("Unstop", Some(Keyword::OptIn)),
            ("info?", Some(Keyword::Help)),
            ("please stop", None),
            ("S T O P", None),
            ("stopp", None),
            ("yes", None),
            ("ARRÊT", None),
            ("...", None),
            ("", None),
        ] {
            assert_eq!(keyword(text, &[]), expected, "{text}");
        }
        assert_eq!(keyword(&"stop ".repeat(1000), &[]), None);
    }

    #[test]
    fn a_platform_may_understand_more() {
        let platform = [("YES", Keyword::OptIn), ("ARRÊT", Keyword::OptOut)];
        assert_eq!(keyword("yes", &platform), Some(Keyword::OptIn));
        assert_eq!(keyword("Arrêt!", &platform), Some(Keyword::OptOut));
        assert_eq!(keyword("stop", &platform), Some(Keyword::OptOut));
    }
}

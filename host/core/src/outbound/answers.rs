//! Numbered lists that contacts were offered, so that the digit that comes back becomes a choice.
//!
//! Kept in memory beside the journal, which has them too: every message that comes in is looked up here.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use trunkline_model::{Choice, Event, EventKind, Part};

use crate::conversation::conversation_key;

/// The receipt's attribute that tells the answers of a numbered list.
pub const ATTRIBUTE: &str = "answers";
/// The attribute of the event with what the contact really wrote.
pub const ANSWER: &str = "answer";
/// How long a list may be answered, in milliseconds. What comes later is more likely to be about something else.
pub const OPEN_MS: u64 = 24 * 60 * 60 * 1_000;
/// A text that is longer answers no list.
const ANSWER_BYTES_MAX: usize = 256;

/// After so many new conversations with a list, the old ones are looked through.
const PRUNE_EVERY: usize = 1_024;

/// One line of a numbered list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What the contact is to write: a digit.
    pub answer: String,
    /// What was given to the option.
    pub id: String,
    /// What the contact saw.
    pub title: String,
}

/// The list of one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its lines.
    pub answers: Vec<Answer>,
    /// Milliseconds since the Unix epoch after which it is closed.
    pub open_until: u64,
}

/// The open lists by conversation.
#[derive(Debug, Default)]
pub struct Answers {
    offers: RwLock<HashMap<String, Offer>>,
}

impl Offer {
    /// Reads the value of [`ATTRIBUTE`]. None where it is no list, or an empty one.
    pub fn parse(answers: &str, offered_at: u64) -> Option<Self> {
        let answers: Vec<Answer> = serde_json::from_str(answers).ok()?;
        (!answers.is_empty()).then_some(Self { answers, open_until: offered_at.saturating_add(OPEN_MS) })
    }

    fn chosen(&self, text: &str) -> Option<&Answer> {
        let text = text.trim();
        // "2." and "2)" are what the list itself looks like.
        let digit = text.trim_end_matches(['.', ')']).trim_end();
        let by_digit = self.answers.iter().find(|answer| answer.answer == digit);
        by_digit.or_else(|| {
            let lower = text.to_lowercase();
            self.answers.iter().find(|answer| answer.title.trim().to_lowercase() == lower)
        })
    }
}

impl Answers {
    /// The latest message of a conversation, with or without a list: an earlier list is closed by it.
    pub fn set(&self, conversation: &str, offer: Option<Offer>) {
        let mut offers = self.offers.write().unwrap_or_else(PoisonError::into_inner);
        match offer {
            Some(offer) => {
                // Those that nobody may answer any more go from time to time: what stays was offered within a day.
                if offers.len() % PRUNE_EVERY == PRUNE_EVERY - 1 {
                    let now = offer.open_until.saturating_sub(OPEN_MS);
                    offers.retain(|_, offer| now <= offer.open_until);
                }
                offers.insert(conversation.to_owned(), offer);
            }
            None => drop(offers.remove(conversation)),
        }
    }

    /// Makes a message that answers an open list a choice. What the contact wrote stays as the attribute
    /// [`ANSWER`]. The list is closed by the caller, once the event is kept.
    pub fn apply(&self, connection: &str, event: &mut Event, now: u64) -> bool {
        let EventKind::Message(message) = &event.kind else { return false };
        let [Part::Text(text)] = message.parts.as_slice() else { return false };
        if text.len() > ANSWER_BYTES_MAX {
            return false;
        }
        let offers = self.offers.read().unwrap_or_else(PoisonError::into_inner);
        if offers.is_empty() {
            return false;
        }
        let Some(offer) = offers.get(&conversation_key(connection, event)) else { return false };
        let Some(answer) = offer.chosen(text).filter(|_| now <= offer.open_until) else { return false };
        let choice = Choice { id: Some(answer.id.clone()), title: Some(answer.title.clone()), data: None };
        let written = text.clone();
        drop(offers);
        if let EventKind::Message(message) = &mut event.kind {
            message.parts = vec![Part::Choice(choice)];
        }
        event.attributes.push((ANSWER.to_owned(), written));
        true
    }
}

/// Makes a message that is read anew what it was made when it came: a choice, where `kept` says that it answered a
/// list. The list itself is long closed.
pub fn carry(kept: &Event, event: &mut Event) {
    let (Some(written), None) = (kept.attribute(ANSWER), event.attribute(ANSWER)) else { return };
    let EventKind::Message(before) = &kept.kind else { return };
    let EventKind::Message(message) = &mut event.kind else { return };
    let [Part::Text(text)] = message.parts.as_slice() else { return };
    if text == written && matches!(before.parts.as_slice(), [Part::Choice(_)]) {
        message.parts.clone_from(&before.parts);
        event.attributes.push((ANSWER.to_owned(), written.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::message;

    const LIST: &str =
        r#"[{"answer":"1","id":"yes","title":"Yes, please"},{"answer":"2","id":"no","title":"No"}]"#;

    fn text(text: &str) -> Event {
        let mut event = message("m1", "+491701234567");
        event.kind = EventKind::Message(trunkline_model::Message::new("m1", vec![Part::Text(text.into())]));
        event
    }

    #[test]
    fn a_digit_or_a_title_is_a_choice() {
        let answers = Answers::default();
        answers.set("shop/account/+491701234567", Offer::parse(LIST, 1_000));
        for (written, id) in [
            ("2", Some("no")),
            (" 1. ", Some("yes")),
            ("2)", Some("no")),
            ("yes, PLEASE", Some("yes")),
            ("3", None),
            ("12", None),
            ("no thanks", None),
        ] {
            let mut event = text(written);
            assert_eq!(answers.apply("shop", &mut event, 2_000), id.is_some(), "{written}");
            let EventKind::Message(message) = &event.kind else { panic!("still a message") };
            match (&message.parts[0], id) {
                (Part::Choice(choice), Some(id)) => {
                    assert_eq!(choice.id.as_deref(), Some(id));
                    assert_eq!(event.attribute(ANSWER), Some(written));
                }
                (Part::Text(kept), None) => assert_eq!(kept, written),
                other => panic!("{written}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_choice_stays_one_when_it_is_read_anew() {
        let answers = Answers::default();
        answers.set("shop/account/+491701234567", Offer::parse(LIST, 1_000));
        let mut kept = text("2");
        assert!(answers.apply("shop", &mut kept, 2_000));
        let mut anew = text("2");
        carry(&kept, &mut anew);
        assert_eq!(anew, kept);
        for mut other in [text("1"), kept.clone(), Event { contact: None, ..text("22") }] {
            let before = other.clone();
            carry(&kept, &mut other);
            assert_eq!(other, before, "it is read otherwise now");
        }
        carry(&text("2"), &mut anew);
        assert_eq!(anew, kept, "nothing to carry");
    }

    #[test]
    fn only_the_open_list_of_that_conversation_is_answered() {
        let answers = Answers::default();
        answers.set("shop/account/+491701234567", Offer::parse(LIST, 1_000));
        assert!(!answers.apply("other", &mut text("1"), 2_000), "another connection");
        assert!(!answers.apply("shop", &mut text("1"), 1_001 + OPEN_MS), "too late");
        answers.set("shop/account/+491701234567", None);
        assert!(!answers.apply("shop", &mut text("1"), 2_000), "closed by a later message");
        assert_eq!(Offer::parse("[]", 0), None);
        assert_eq!(Offer::parse("no list", 0), None);
    }

    #[test]
    fn old_lists_are_forgotten() {
        let answers = Answers::default();
        for number in 0..PRUNE_EVERY - 1 {
            answers.set(&number.to_string(), Offer::parse(LIST, 0));
        }
        answers.set("new", Offer::parse(LIST, OPEN_MS + 1));
        assert_eq!(answers.offers.read().unwrap().len(), 1);
    }
}

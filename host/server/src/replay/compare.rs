//! One webhook: what the journal has of it against what the connector reads in it now. Nothing here reads or writes.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use trunkline_core::journal::{JournalError, KeptEvent, KeptPlace, Reread, event_id};
use trunkline_core::outbound::answers;
use trunkline_model::Event;

/// What differs, and how many do not.
#[derive(Debug, Default)]
pub struct Compared {
    /// Events that are read as they are kept.
    pub same: u64,
    /// Events that another webhook brought first, or that were removed since: neither compared nor written.
    pub repeated: u64,
    /// In the order in which the connector gives them; what is gone comes last.
    pub differences: Vec<Difference>,
}

/// An event that differs.
#[derive(Debug)]
pub enum Difference {
    /// It is not kept.
    Added(Reread),
    /// It is kept otherwise.
    Changed {
        /// As it is kept.
        was: KeptEvent,
        /// As it is read now.
        now: Reread,
    },
    /// It is kept, and not read any more.
    Gone(KeptEvent),
}

/// Ids of events that are not among those of the webhook: where they are has to be looked up.
pub fn unplaced(connection: &str, kept: &[KeptEvent], events: &[Event]) -> Vec<String> {
    let known: HashSet<&str> = kept.iter().map(|kept| kept.id.as_str()).collect();
    let ids = events.iter().map(|event| event_id(connection, &event.account, &event.id));
    ids.filter(|id| !known.contains(id.as_str())).collect()
}

/// Compares. `places`: what is known of the ids that [`unplaced`] gave.
pub fn compare(
    connection: &str,
    kept: Vec<KeptEvent>,
    events: Vec<Event>,
    places: impl IntoIterator<Item = (String, KeptPlace)>,
) -> Result<Compared, JournalError> {
    let mut compared = Compared::default();
    let mut left: HashMap<String, KeptEvent> = kept.into_iter().map(|kept| (kept.id.clone(), kept)).collect();
    let mut elsewhere = HashSet::new();
    for (id, place) in places {
        match place {
            KeptPlace::Unknown => {}
            KeptPlace::Elsewhere => drop(elsewhere.insert(id)),
            KeptPlace::Here(kept) => drop(left.insert(id, kept)),
        }
    }
    for mut event in events {
        let id = event_id(connection, &event.account, &event.id);
        let was = left.remove(&id);
        // The second of two with one id is the first one's repetition, as on the way in.
        if !elsewhere.insert(id) {
            compared.repeated += 1;
            continue;
        }
        if let Some(was) = &was {
            carry_answer(was, &mut event);
        }
        let now = Reread::new(connection, event)?;
        match was {
            None => compared.differences.push(Difference::Added(now)),
            Some(was) if same(&was.event, now.event()) => compared.same += 1,
            Some(was) => compared.differences.push(Difference::Changed { was, now }),
        }
    }
    let mut gone: Vec<KeptEvent> = left.into_values().collect();
    gone.sort_by_key(|kept| kept.seq);
    compared.differences.extend(gone.into_iter().map(Difference::Gone));
    Ok(compared)
}

/// What the host itself made of a message when it came is not the connector's to read.
fn carry_answer(was: &KeptEvent, event: &mut Event) {
    if was.event.contains(&format!("\"{}\"", answers::ANSWER))
        && let Ok(was) = serde_json::from_str(&was.event)
    {
        answers::carry(&was, event);
    }
}

/// Whether both say the same, whatever the order of their members.
fn same(was: &str, now: &str) -> bool {
    let parse = |text| serde_json::from_str::<Value>(text).ok();
    was == now || parse(was).is_some_and(|was| Some(was) == parse(now))
}

#[cfg(test)]
mod tests {
    use trunkline_model::{Choice, Contact, EventKind, IdentifierScheme, Message, Part};

    use super::*;

    fn event(id: &str, text: &str) -> Event {
        let message = Message::new(id, vec![Part::Text(text.into())]);
        let contact = Some(Contact::new(IdentifierScheme::Id, "alice"));
        Event { contact, ..Event::new(id, "account", EventKind::Message(message)) }
    }

    fn kept(seq: u64, event: Event) -> KeptEvent {
        let reread = Reread::new("shop", event).expect("it can be encoded");
        KeptEvent { seq, id: reread.id(), kind: reread.kind().into(), event: reread.event().into() }
    }

    /// `+`, `~` or `-` and the id that the provider gave.
    fn shown(
        kept: Vec<KeptEvent>,
        events: Vec<Event>,
        places: Vec<(String, KeptPlace)>,
    ) -> (u64, u64, String) {
        let compared = compare("shop", kept, events, places).expect("they can be encoded");
        let id = |event: &str| serde_json::from_str::<Event>(event).expect("an event").id;
        let differences = compared.differences.iter().map(|difference| match difference {
            Difference::Added(now) => format!("+{}", id(now.event())),
            Difference::Changed { was, now } => {
                assert_eq!(id(&was.event), id(now.event()));
                format!("~{}", id(now.event()))
            }
            Difference::Gone(was) => format!("-{}", id(&was.event)),
        });
        (compared.same, compared.repeated, differences.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn each_event_is_the_same_added_changed_or_gone() {
        let was = || vec![kept(1, event("1", "a")), kept(2, event("2", "b")), kept(5, event("3", "c"))];
        let same = vec![event("1", "a"), event("2", "b"), event("3", "c")];
        assert_eq!(shown(was(), same, vec![]), (3, 0, String::new()));
        let other = vec![event("4", "d"), event("2", "B"), event("1", "a")];
        assert_eq!(shown(was(), other, vec![]), (1, 0, "+4 ~2 -3".into()));
        assert_eq!(shown(was(), vec![], vec![]), (0, 0, "-1 -2 -3".into()));
        assert_eq!(shown(vec![], vec![event("1", "a")], vec![]), (0, 0, "+1".into()));
    }

    #[test]
    fn what_another_webhook_brought_or_somebody_removed_is_left_alone() {
        let events = vec![event("1", "a"), event("2", "b"), event("3", "c"), event("3", "again")];
        let id = |number: &str| event_id("shop", "account", number);
        let was = vec![kept(1, event("1", "a"))];
        assert_eq!(unplaced("shop", &was, &events), [id("2"), id("3"), id("3")]);
        let places = vec![(id("2"), KeptPlace::Elsewhere), (id("3"), KeptPlace::Unknown)];
        assert_eq!(shown(was.clone(), events.clone(), places), (1, 2, "+3".into()));
        let places =
            vec![(id("2"), KeptPlace::Here(kept(9, event("2", "b")))), (id("3"), KeptPlace::Elsewhere)];
        assert_eq!(shown(was, events, places), (2, 2, String::new()), "found by its id alone");
    }

    #[test]
    fn the_order_of_members_is_no_difference() {
        let mut was = kept(1, event("1", "a"));
        let members: serde_json::Map<String, Value> = serde_json::from_str(&was.event).expect("an object");
        was.event = Value::Object(members.into_iter().rev().collect()).to_string();
        assert_eq!(shown(vec![was], vec![event("1", "a")], vec![]), (1, 0, String::new()));
    }

    #[test]
    fn an_answer_to_a_list_stays_a_choice() {
        let mut answer = event("1", "2");
        let choice = Choice { id: Some("no".into()), title: Some("No".into()), data: None };
        if let EventKind::Message(message) = &mut answer.kind {
            message.parts = vec![Part::Choice(choice)];
        }
        answer.attributes.push((answers::ANSWER.into(), "2".into()));
        let was = || vec![kept(1, answer.clone())];
        assert_eq!(shown(was(), vec![event("1", "2")], vec![]), (1, 0, String::new()));
        assert_eq!(shown(was(), vec![event("1", "3")], vec![]), (0, 0, "~1".into()));
    }
}

//! What is known of contacts, in memory: bounded, and one question at a time for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;
use trunkline_model::Contact;

/// Contacts of one generation; there are two.
const GENERATION_MAX: usize = 25_000;
/// Questions at once: events wait for seconds at most, so that more would be a flood.
const QUESTIONS_MAX: usize = 5_000;

/// Waits for the answer to a question. None: it is not there yet.
pub type Follower = watch::Receiver<Option<Option<Contact>>>;

/// What was found. None: nothing, until the time is over.
#[derive(Debug, Clone)]
struct Known {
    found: Option<Contact>,
    until: u64,
}

/// What is known, by contact. Clones share it.
#[derive(Default, Clone)]
pub struct Memory {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// What was used since the last change of generations.
    young: HashMap<String, Known>,
    /// What was used before that: the next change forgets it.
    old: HashMap<String, Known>,
    asked: HashMap<String, (Follower, Instant)>,
}

/// What became of the wish to know a contact.
pub enum Begun {
    /// It is known.
    Known(Option<Contact>),
    /// Somebody asks already, since then.
    Running(Follower, Instant),
    /// Nobody does: this starts it.
    Started(Question, Follower),
    /// There are too many questions.
    Full,
}

/// A question that is being asked. However it ends, nobody waits for it any more when it is dropped.
pub struct Question {
    key: String,
    memory: Memory,
    answer: watch::Sender<Option<Option<Contact>>>,
}

impl Memory {
    /// What was found, however long ago.
    pub fn known(&self, key: &str) -> Option<Option<Contact>> {
        self.lock().get(key).map(|known| known.found)
    }

    /// Keeps what was found until that time.
    pub fn remember(&self, key: String, found: Option<Contact>, until: u64) {
        self.lock().put(key, Known { found, until });
    }

    /// Forgets whoever has such a key.
    pub fn forget(&self, whom: impl Fn(&str) -> bool) {
        let mut shared = self.lock();
        shared.young.retain(|key, _| !whom(key));
        shared.old.retain(|key, _| !whom(key));
    }

    /// What is known now, or a question for it.
    pub fn begin(&self, key: String, now: u64) -> Begun {
        let mut shared = self.lock();
        if let Some(known) = shared.get(&key).filter(|known| known.until > now) {
            return Begun::Known(known.found);
        }
        if let Some((follower, since)) = shared.asked.get(&key) {
            return Begun::Running(follower.clone(), *since);
        }
        if shared.asked.len() >= QUESTIONS_MAX {
            return Begun::Full;
        }
        let (answer, follower) = watch::channel(None);
        shared.asked.insert(key.clone(), (follower.clone(), Instant::now()));
        Begun::Started(Question { key, memory: self.clone(), answer }, follower)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn get(&mut self, key: &str) -> Option<Known> {
        if let Some(known) = self.young.get(key) {
            return Some(known.clone());
        }
        let (key, known) = self.old.remove_entry(key)?;
        self.put(key, known.clone());
        Some(known)
    }

    fn put(&mut self, key: String, known: Known) {
        if self.young.len() >= GENERATION_MAX && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, known);
    }
}

impl Question {
    /// Tells all who wait, and keeps it where there is a time until which it is good.
    pub fn end(self, found: Option<Contact>, until: Option<u64>) {
        if let Some(until) = until {
            self.memory.remember(self.key.clone(), found.clone(), until);
        }
        self.answer.send_replace(Some(found));
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.memory.lock().asked.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use trunkline_model::IdentifierScheme;

    use super::*;

    fn contact(id: usize) -> Option<Contact> {
        Some(Contact::new(IdentifierScheme::Id, id.to_string()))
    }

    #[test]
    fn one_asks_and_the_others_wait() {
        let memory = Memory::default();
        let Begun::Started(question, first) = memory.begin("a".into(), 5) else { panic!("the first asks") };
        let Begun::Running(second, _) = memory.begin("a".into(), 5) else { panic!("the second waits") };
        assert!(matches!(memory.begin("b".into(), 5), Begun::Started(..)), "somebody else");
        question.end(contact(1), Some(10));
        assert_eq!((&*first.borrow(), &*second.borrow()), (&Some(contact(1)), &Some(contact(1))));
        assert!(matches!(memory.begin("a".into(), 9), Begun::Known(found) if found == contact(1)));
        assert_eq!(memory.known("a"), Some(contact(1)));
        assert!(matches!(memory.begin("a".into(), 10), Begun::Started(..)), "its time is over");
        assert_eq!(memory.known("a"), Some(contact(1)), "better than nothing");
    }

    #[test]
    fn a_question_without_an_end_is_asked_again() {
        let memory = Memory::default();
        let Begun::Started(question, follower) = memory.begin("a".into(), 5) else { panic!("the first") };
        drop(question);
        assert!(follower.has_changed().is_err(), "nobody waits in vain");
        let Begun::Started(question, _) = memory.begin("a".into(), 5) else { panic!("again") };
        question.end(None, None);
        assert!(matches!(memory.begin("a".into(), 5), Begun::Started(..)), "nothing was to be kept");
    }

    #[test]
    fn it_is_bounded_and_forgets_what_nobody_used() {
        let memory = Memory::default();
        memory.remember("used".into(), contact(0), 9);
        memory.remember("unused".into(), contact(0), 9);
        for number in 0..2 * GENERATION_MAX {
            memory.remember(number.to_string(), None, 9);
            if number % 1_000 == 0 {
                assert!(memory.known("used").is_some());
            }
        }
        assert_eq!((memory.known("used"), memory.known("unused")), (Some(contact(0)), None));
        let shared = memory.lock();
        assert!(shared.young.len() <= GENERATION_MAX && shared.old.len() <= GENERATION_MAX);
        drop(shared);
        let questions: Vec<_> =
            (0..QUESTIONS_MAX).map(|number| memory.begin(format!("q{number}"), 5)).collect();
        assert!(matches!(memory.begin("one more".into(), 5), Begun::Full));
        drop(questions);
        assert!(matches!(memory.begin("one more".into(), 5), Begun::Started(..)));
    }
}

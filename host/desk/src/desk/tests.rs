use serde_json::json;
use trunkline_contacts::{ContactId, MergeId};
use trunkline_flows::run::Input;
use trunkline_model::{Contact, Identifier, IdentifierScheme, OutgoingPart};
use trunkline_queues::{Presence, Target, TicketId, Whereabouts};

use super::*;
use crate::entry::*;
use crate::ticket::Status;

const DESK: &str = r#"
default_team = "support"
[contacts]
default_region = "DE"
[[contacts.link]]
scheme = "phone"
connections = ["app", "sms"]
[tickets]
reopen_hours = 24
[teams.support]
offer_seconds = 30
reassign_after_seconds = 60
sla = { first_response_seconds = 600 }
[teams.billing]
[agents.ada]
teams = ["support", "billing"]
capacity = { total = 2 }
[agents.bob]
teams = ["support"]
capacity = { total = 2 }
[calendars.office]
time_zone = "Europe/Berlin"
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
wed = ["09:00-17:00"]
thu = ["09:00-17:00"]
fri = ["09:00-17:00"]
"#;

const FLOW: &str = r#"
name = "welcome"
version = "1"
calendar = "office"
on_close = "stars"

[[start]]

[[step]]
id = "hours"
hours = { open = "menu", closed = "away" }

[[step]]
id = "away"
say = "We are closed."
next = "later"

[[step]]
id = "later"
queue = { team = "support" }

[[step]]
id = "menu"
[step.ask]
text = "What is it about?"
timeout = "15m"
on_timeout = "later"
choices = [
    { id = "bill", title = "A bill", next = "bill" },
    { id = "else", title = "Something else", next = "later" },
]

[[step]]
id = "bill"
queue = { team = "billing", priority = 5 }

[[step]]
id = "stars"
rate = { kind = "csat", text = "How was it?", timeout = "1d" }
"#;

/// Tuesday, 2026-09-22, 10:00 in Berlin.
const OPEN: u64 = 1_790_064_000_000;
/// The same day at 22:00.
const CLOSED: u64 = OPEN + 12 * 3_600_000;

struct Table {
    desk: Desk,
    number: u64,
    seq: u64,
    at: u64,
    entries: Vec<(u64, u64, Entry)>,
}

impl Table {
    fn new(at: u64) -> Self {
        let mut table = Self { desk: Desk::default(), number: 0, seq: 0, at, entries: Vec::new() };
        let flows = vec![("welcome.toml".to_owned(), FLOW.to_owned())];
        table.take(Entry::Configured(Configuration { desk: DESK.to_owned(), flows }));
        table
    }

    fn try_take(&mut self, entry: Entry) -> Result<Applied<Effect>, Refused> {
        let applied = self.desk.apply(self.number + 1, self.at, &entry)?;
        if applied.changed {
            self.number += 1;
            self.entries.push((self.number, self.at, entry));
        }
        Ok(applied)
    }

    fn take(&mut self, entry: Entry) -> Applied<Effect> {
        self.try_take(entry).unwrap_or_else(|refused| panic!("{refused}"))
    }

    fn hear(&mut self, connection: &str, contact: Contact, text: &str) -> Applied<Effect> {
        self.seq += 1;
        let words = Words { text: text.to_owned(), parts: vec!["text".to_owned()], ..Words::default() };
        let conversation = format!("{connection}/us/{}", contact.identifiers[0].value);
        self.take(Entry::Heard(Box::new(Heard {
            event: format!("evt_{}", self.seq),
            seq: self.seq,
            connection: connection.to_owned(),
            conversation,
            contact: Some(contact),
            happened_at: self.at,
            what: What::Message(words),
        })))
    }

    fn ask(&mut self, command: Command) -> Result<Applied<Effect>, Refused> {
        self.try_take(Entry::Asked(Box::new(Asked { by: "tester".to_owned(), command })))
    }

    fn asks(&mut self, command: Command) -> Applied<Effect> {
        self.ask(command).unwrap_or_else(|refused| panic!("{refused}"))
    }

    fn online(&mut self, agent: &str) {
        self.asks(Command::Presence { agent: agent.to_owned(), presence: Presence::Online });
    }

    fn later(&mut self, ms: u64) -> Applied<Effect> {
        self.at += ms;
        self.take(Entry::Time)
    }

    /// Whoever is asked takes it.
    fn accept(&mut self, ticket: u64) -> Hold {
        let Some(Whereabouts::Offered { agent, generation, .. }) =
            self.desk.queues.whereabouts(TicketId(ticket))
        else {
            panic!("{:?}", self.desk.queues.whereabouts(TicketId(ticket)))
        };
        let hold = Hold { agent, generation };
        self.asks(Command::Accept { ticket, hold: hold.clone() });
        hold
    }

    fn status(&self, ticket: u64) -> Status {
        self.desk.tickets.get(ticket).expect("a ticket").status
    }

    /// Folded anew, and read from a snapshot, it is the same.
    fn check(&self) {
        let mut anew = Desk::default();
        for (number, at, entry) in &self.entries {
            let json = serde_json::to_string(entry).unwrap();
            anew.apply(*number, *at, &serde_json::from_str(&json).unwrap()).unwrap();
        }
        assert!(anew == self.desk, "folded anew it is another");
        let snapshot = serde_json::to_string(&self.desk).unwrap();
        let read: Desk = serde_json::from_str(&snapshot).unwrap();
        assert!(read == self.desk, "read from a snapshot it is another");
        assert_eq!(read.due(), self.desk.due());
        for ticket in self.desk.tickets.after(0).filter(|ticket| ticket.status == Status::Open) {
            let somewhere = self.desk.runs.contains_key(&ticket.id)
                || self.desk.queues.whereabouts(TicketId(ticket.id)).is_some();
            assert!(somewhere, "ticket {} is nowhere", ticket.id);
        }
    }
}

fn person(identifiers: &[(IdentifierScheme, &str)]) -> Contact {
    let identifiers =
        identifiers.iter().map(|(scheme, value)| Identifier::new(scheme.clone(), *value)).collect();
    Contact { identifiers, ..Contact::default() }
}

fn by_phone(number: &str) -> Contact {
    person(&[(IdentifierScheme::Phone, number)])
}

fn said(applied: &Applied<Effect>) -> Vec<String> {
    let texts = applied.effects.iter().filter_map(|effect| match effect {
        Effect::Send { parts, .. } => Some(parts),
        _ => None,
    });
    let text = |part: &OutgoingPart| match part {
        OutgoingPart::Text(text) => text.clone(),
        OutgoingPart::Choices(choices) => format!("{} ({})", choices.text, choices.options.len()),
        other => format!("{other:?}"),
    };
    texts.flatten().map(text).collect()
}

fn reply(ticket: u64, hold: Option<Hold>, text: &str) -> Command {
    Command::Reply { ticket, hold, conversation: None, parts: vec![OutgoingPart::Text(text.to_owned())] }
}

#[test]
fn a_customer_on_two_channels_is_one_contact_with_one_ticket() {
    let mut table = Table::new(OPEN);
    let first = table.hear("app", by_phone("+491711234567"), "Hello, is anybody there?");
    assert_eq!(said(&first), ["What is it about? (2)"]);
    let sent = Sent { ticket: 2, wanted_by: 2, message: Some("m1".to_owned()), problem: None };
    table.take(Entry::Sent(sent));
    let second = table.hear("sms", by_phone("0171 1234567"), "A bill");
    assert_eq!(table.desk.contacts.count(), 1);
    let ticket = table.desk.tickets.get(2).expect("the first");
    assert_eq!((ticket.conversation.as_str(), ticket.conversations.len()), ("sms/us/0171 1234567", 2));
    assert_eq!((ticket.team.as_deref(), ticket.priority), (Some("billing"), 5));
    assert_eq!(second.trace["ticket"][0]["is"], "active");
    assert!(second.subjects.contains(&"tkt_2".to_owned()) && second.subjects.contains(&"evt_2".to_owned()));
    table.check();
}

#[test]
fn a_person_takes_over_answers_and_is_rated() {
    let mut table = Table::new(OPEN);
    table.online("ada");
    table.hear("app", by_phone("+491711234567"), "Hi");
    table.hear("app", by_phone("+491711234567"), "2");
    let ticket = 3;
    let hold = table.accept(ticket);
    assert_eq!(table.desk.owner(ticket), Some(hold.clone()));
    // While a person has it no flow answers.
    assert!(table.hear("app", by_phone("+491711234567"), "Still there?").effects.is_empty());
    let answered = table.asks(reply(ticket, Some(hold.clone()), "I am"));
    assert_eq!(said(&answered), ["I am"]);
    assert_eq!(table.desk.tickets.get(ticket).unwrap().first_response_at, Some(OPEN));
    let stale = Hold { generation: hold.generation + 1, ..hold.clone() };
    let refused = table.ask(reply(ticket, Some(stale), "I am as well")).unwrap_err();
    assert!(matches!(refused, Refused::Queues(_)), "{refused}");
    let closed = table.asks(Command::Close { ticket, hold: Some(hold) });
    assert_eq!(said(&closed), ["How was it? (5)"]);
    assert_eq!(table.status(ticket), Status::Closed);
    table.hear("app", by_phone("+491711234567"), "5");
    assert_eq!((table.status(ticket), table.desk.tickets.open_count()), (Status::Closed, 0));
    assert_eq!(table.desk.tickets.get(ticket).unwrap().vars["rating"], json!(5));
    // What comes after it is said to a person again, on the same ticket.
    table.hear("app", by_phone("+491711234567"), "One more thing");
    assert_eq!((table.status(ticket), table.desk.tickets.get(ticket).unwrap().reopened), (Status::Open, 1));
    table.check();
}

#[test]
fn out_of_hours_the_contact_is_told_and_the_ticket_waits() {
    let mut table = Table::new(CLOSED);
    let heard = table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "Hello");
    assert_eq!(said(&heard), ["We are closed."]);
    assert!(matches!(table.desk.queues.whereabouts(TicketId(2)), Some(Whereabouts::Waiting { .. })));
    // Long after the day has passed it is a new one.
    table.asks(Command::Close { ticket: 2, hold: None });
    table.at += 25 * 3_600_000;
    table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "Hello again");
    assert_eq!(table.desk.tickets.open_count(), 1);
    assert_eq!(table.status(2), Status::Closed);
    table.check();
}

#[test]
fn timers_end_questions_offers_and_snoozes() {
    let mut table = Table::new(OPEN);
    table.online("ada");
    table.online("bob");
    table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "Hello");
    let ticket = 4;
    assert_eq!(table.desk.waits_in(ticket), Some(("welcome", "menu")));
    assert_eq!(table.desk.due(), Some(OPEN + 15 * 60_000));
    table.later(15 * 60_000);
    let first = table.desk.queues.whereabouts(TicketId(ticket)).unwrap();
    table.later(30_000);
    let second = table.desk.queues.whereabouts(TicketId(ticket)).unwrap();
    let (Whereabouts::Offered { agent: first, .. }, Whereabouts::Offered { agent: second, .. }) =
        (first, second)
    else {
        panic!("nobody was asked")
    };
    assert_ne!(first, second, "the next one is asked");
    let hold = table.accept(ticket);
    let until = table.at + 3_600_000;
    table.asks(Command::Snooze { ticket, hold: Some(hold), until });
    assert_eq!(
        (table.status(ticket), table.desk.queues.whereabouts(TicketId(ticket))),
        (Status::Snoozed, None)
    );
    table.check();
    table.later(3_600_000);
    assert_eq!(table.status(ticket), Status::Open);
    assert!(table.desk.queues.whereabouts(TicketId(ticket)).is_some());
    table.check();
}

#[test]
fn an_agent_who_goes_away_leaves_no_ticket_behind() {
    let mut table = Table::new(OPEN);
    table.online("bob");
    table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "Hello");
    table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "else");
    let hold = table.accept(3);
    table.online("ada");
    table.asks(Command::Presence { agent: "bob".into(), presence: Presence::Offline });
    assert_eq!(table.desk.owner(3), Some(hold));
    table.later(60_000);
    assert!(
        matches!(table.desk.queues.whereabouts(TicketId(3)), Some(Whereabouts::Offered { agent, .. }) if agent == "ada")
    );
    table.check();
}

#[test]
fn merging_contacts_joins_what_they_say_and_unmerging_parts_it() {
    let mut table = Table::new(OPEN);
    table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "Hello");
    table.hear("mail", person(&[(IdentifierScheme::Email, "kim@example.org")]), "Good day");
    assert_eq!(table.desk.contacts.count(), 2);
    let before = table.desk.contacts.get(ContactId(3)).unwrap();
    table.asks(Command::Merge { from: 3, into: 2 });
    assert_eq!(table.desk.contacts.count(), 1);
    assert_eq!(table.desk.contacts.root(ContactId(3)), ContactId(2));
    // The one that changed last goes on: by now that is the mail.
    table.at += 1_000;
    table.hear("mail", person(&[(IdentifierScheme::Email, "kim@example.org")]), "else");
    assert_eq!(table.desk.tickets.get(3).unwrap().heard, 2);
    assert!(table.ask(Command::Merge { from: 3, into: 2 }).is_err());
    table.asks(Command::Unmerge { merge: MergeId { number: 4, part: 0 } });
    assert_eq!(table.desk.contacts.get(ContactId(3)).unwrap().identities, before.identities);
    table.check();
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let mut table = Table::new(OPEN);
    table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "Hello");
    let before = serde_json::to_string(&table.desk).unwrap();
    let long = "x".repeat(20_000);
    let commands = [
        Command::Close { ticket: 99, hold: None },
        Command::Reply { ticket: 2, hold: None, conversation: None, parts: vec![] },
        Command::Reply {
            ticket: 2,
            hold: None,
            conversation: Some("chat/us/U2".into()),
            parts: vec![OutgoingPart::Text("a".into())],
        },
        Command::Note { ticket: 2, text: long },
        Command::Snooze { ticket: 2, hold: None, until: 1 },
        Command::Assign { ticket: 2, agent: "nobody".into() },
        Command::Transfer { ticket: 99, hold: None, to: Target::Team("billing".into()) },
        Command::Presence { agent: "nobody".into(), presence: Presence::Online },
        Command::Label { ticket: 2, label: Label { priority: Some(10), ..Label::default() } },
        Command::Merge { from: 2, into: 2 },
        Command::Unmerge { merge: MergeId { number: 1, part: 0 } },
        Command::Describe {
            contact: 2,
            about: Description {
                language: Some("en".into()),
                time_zone: Some("Mars/Olympus".into()),
                ..Description::default()
            },
        },
    ];
    for command in commands {
        let name = format!("{command:?}");
        assert!(table.ask(command).is_err(), "{name}");
        assert_eq!(serde_json::to_string(&table.desk).unwrap(), before, "{name}");
    }
    let wrong = Configuration { desk: "default_team = 'x'".into(), flows: Vec::new() };
    assert!(table.try_take(Entry::Configured(wrong)).is_err());
    assert_eq!(serde_json::to_string(&table.desk).unwrap(), before);
    // An event that is heard twice is one.
    table.seq -= 1;
    assert!(!table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "Hello").changed);
    assert_eq!(serde_json::to_string(&table.desk).unwrap(), before);
}

#[test]
fn a_flow_that_was_changed_goes_on_as_it_was() {
    let mut table = Table::new(OPEN);
    table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "Hello");
    let changed = FLOW.replace("id = \"bill\", title = \"A bill\"", "id = \"bills\", title = \"My bill\"");
    let flows = vec![("welcome.toml".to_owned(), changed)];
    table.take(Entry::Configured(Configuration { desk: DESK.to_owned(), flows }));
    assert_eq!(table.desk.older.len(), 1);
    table.check();
    table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "A bill");
    assert_eq!(table.desk.tickets.get(2).unwrap().team.as_deref(), Some("billing"));
    let flows = vec![("welcome.toml".to_owned(), FLOW.to_owned())];
    table.take(Entry::Configured(Configuration { desk: DESK.to_owned(), flows }));
    assert!(table.desk.older.is_empty(), "nobody waits in it any more");
    table.check();
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let mut table = Table::new(OPEN);
    table.hear("chat", person(&[(IdentifierScheme::Id, "U1")]), "Hello");
    let before = serde_json::to_string(&table.desk).unwrap();
    for (ticket, wanted_by) in [(2, 1), (9, 2)] {
        let result = Input::LookedUp(Ok(json!({})));
        let applied = table.take(Entry::Answered(Answered { ticket, wanted_by, result }));
        assert!(!applied.changed);
    }
    assert_eq!(serde_json::to_string(&table.desk).unwrap(), before);
}

#[test]
fn nothing_is_left_of_a_contact_who_is_erased() {
    let mut table = Table::new(OPEN);
    table.hear("chat", person(&[(IdentifierScheme::Id, "U-secret")]), "My name is Kim Example");
    table.online("ada");
    let applied = table.asks(Command::Erase { contact: 2 });
    let left = serde_json::to_string(&table.desk).unwrap();
    assert!(!left.contains("U-secret") && !left.contains("Kim"), "{left}");
    assert!(applied.subjects.is_empty());
    assert_eq!((table.desk.contacts.count(), table.desk.tickets.open_count()), (0, 0));
    table.asks(Command::Erase { contact: 2 });
    table.check();
}

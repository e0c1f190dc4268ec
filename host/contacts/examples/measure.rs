//! What a contact costs: time and memory with a hundred thousand of them.
//!
//! `cargo run --release -p trunkline-contacts --example measure`

use std::hint::black_box;
use std::time::{Duration, Instant};

use trunkline_contacts::{ContactId, Contacts, Heard, LinkRule, LinkRules, LinkScheme};
use trunkline_model::{Contact, Identifier, IdentifierScheme};

const CONTACTS: u64 = 100_000;
const ROUNDS: usize = 5;

fn main() {
    let connections = ["chat", "sms"].map(str::to_owned).into();
    let link = vec![LinkRule { scheme: LinkScheme::Phone, connections }];
    let rules = LinkRules { link, ..LinkRules::default() };
    // In no order: neighbours in the index would be in the processor's cache.
    let people: Vec<_> = (0..CONTACTS).map(|index| person(index * 7_919 % CONTACTS)).collect();

    let before = resident_bytes();
    let mut contacts = Contacts::default();
    let met = time(|| hear_all(&mut contacts, 1, "chat", &people, &rules));
    let bytes = resident_bytes().saturating_sub(before);
    println!("new          {:>9.2} µs", micros(met));
    println!("memory       {:>9} bytes a contact (id, number, name, language)", bytes / CONTACTS);

    let mut number = CONTACTS + 1;
    let mut report = |what: &str, connection: &str, people: &[Contact]| {
        let mut times: Vec<_> = (0..ROUNDS)
            .map(|_| {
                let time = time(|| hear_all(&mut contacts, number, connection, people, &rules));
                number += CONTACTS;
                time
            })
            .collect();
        times.sort();
        println!("{what} {:>9.2} µs (median of {ROUNDS} rounds)", micros(times[ROUNDS / 2]));
    };
    report("known       ", "chat", &people);
    let numbers: Vec<_> = people.iter().map(number_only).collect();
    report("other number", "shop", &numbers);
    drop(numbers);

    let numbers: Vec<_> = people.iter().map(number_only).collect();
    let linked = time(|| hear_all(&mut contacts, number, "sms", &numbers, &rules));
    println!("linked       {:>9.2} µs, {} contacts are shown", micros(linked), contacts.count());
    let known = time(|| hear_all(&mut contacts, number + CONTACTS, "sms", &numbers, &rules));
    println!("known, merged{:>9.2} µs", micros(known));
    let got = time(|| (1..=CONTACTS).for_each(|id| drop(black_box(contacts.get(ContactId(id))))));
    println!("get          {:>9.2} µs", micros(got));
    let found =
        time(|| (0..CONTACTS).for_each(|id| drop(black_box(contacts.search(&format!("jane {id}"), 20)))));
    println!("search       {:>9.2} µs", micros(found));
    let text = serde_json::to_string(&contacts).unwrap_or_default();
    println!("as JSON      {:>9} bytes a contact as it was first met", text.len() as u64 / (3 * CONTACTS));
    let read = time(|| drop(black_box(serde_json::from_str::<Contacts>(&text))));
    println!("read back    {:>9.2} s", read.as_secs_f64());
}

fn person(number: u64) -> Contact {
    let mut contact =
        Contact::new(IdentifierScheme::Id, format!("DE.{}", 10_000_000_000_000 + number * 7_919));
    let phone = format!("+49171{:07}", number);
    contact.identifiers.push(Identifier::new(IdentifierScheme::Phone, phone));
    contact.name = Some(format!("Jane {number} Doe"));
    contact.locale = Some("de-DE".to_owned());
    contact
}

fn number_only(contact: &Contact) -> Contact {
    Contact { identifiers: contact.identifiers[1..].to_vec(), ..Contact::default() }
}

fn hear_all(contacts: &mut Contacts, first: u64, connection: &str, people: &[Contact], rules: &LinkRules) {
    for (number, contact) in (first..).zip(people) {
        let heard = Heard { connection, conversation: "conversation", contact };
        black_box(contacts.heard(number, number, &heard, rules)).expect("somebody");
    }
}

/// Of the processor, where Linux says it: what else runs beside this does not count.
fn time(run: impl FnOnce()) -> Duration {
    let (start, start_nanos) = (Instant::now(), busy_nanos());
    run();
    match (start_nanos, busy_nanos()) {
        (Some(start), Some(end)) => Duration::from_nanos(end - start),
        _ => start.elapsed(),
    }
}

fn busy_nanos() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6 / CONTACTS as f64
}

/// What the process has in memory, where Linux says so.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) * 1_024
}

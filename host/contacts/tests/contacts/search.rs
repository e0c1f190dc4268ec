//! Finding contacts.

use trunkline_contacts::{ContactId, Contacts, FOUND_MAX, Scheme};

use crate::samples::{hear, rules};

fn ids(found: Vec<ContactId>) -> Vec<u64> {
    found.into_iter().map(|id| id.0).collect()
}

fn sample() -> Contacts {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "chat", &["id:U7", "phone:+491711234567"]);
    hear(&mut contacts, 2, "mail", &["email:Jane@example.org"]);
    hear(&mut contacts, 3, "shop", &["id:u7", "phone:+491711234567"]);
    hear(&mut contacts, 4, "sms", &["phone:+491711234567"]);
    for (number, contact, name) in
        [(5, 1, "Jane  Mary Doe"), (6, 2, "Doe"), (7, 3, "DÖRTE JANSEN"), (8, 4, "J. D.")]
    {
        contacts.set_name(number, number, ContactId(contact), Some(name)).expect("named");
    }
    contacts
}

#[test]
fn identifiers_come_first_and_everybody_once() {
    let contacts = sample();
    let table: &[(&str, usize, &[u64])] = &[
        ("jan", 9, &[2, 1, 3]),
        ("jan", 2, &[2, 1]),
        ("JANE", 9, &[2, 1]),
        ("doe", 9, &[1, 2]),
        ("mary d", 9, &[1]),
        ("dö", 9, &[3]),
        ("+49171", 9, &[1, 3]),
        ("49 171", 9, &[1, 3]),
        ("U7", 9, &[1, 3]),
        ("j. d", 9, &[1]),
        ("ane", 9, &[]),
        ("  ", 9, &[]),
        ("jan", 0, &[]),
    ];
    for &(text, limit, expected) in table {
        assert_eq!(ids(contacts.search(text, limit)), expected, "{text}");
    }
}

#[test]
fn everybody_with_a_number_is_found() {
    let contacts = sample();
    let region = rules().default_region;
    assert_eq!(ids(contacts.find_all(&Scheme::Phone, "0171 1234567", region, 9)), [1, 3]);
    assert_eq!(ids(contacts.find_all(&Scheme::Phone, "0171 1234567", region, 1)), [1]);
    assert_eq!(ids(contacts.find_all(&Scheme::Email, "jane@EXAMPLE.org", None, 9)), [2]);
    assert_eq!(ids(contacts.find_all(&Scheme::Id, "U7", None, 9)), [1]);
    assert_eq!(ids(contacts.find_all(&Scheme::Id, "", None, 9)), [0; 0]);
}

#[test]
fn pages_follow_each_other() {
    let contacts = sample();
    let page = |cursor: Option<u64>| ids(contacts.after(cursor.map(ContactId)).take(2).collect());
    assert_eq!((page(None), page(Some(2)), page(Some(3))), (vec![1, 2], vec![3], vec![]));
    assert_eq!(contacts.count(), 3);
}

#[test]
fn a_search_ends() {
    let mut contacts = Contacts::default();
    for number in 1..=200 {
        hear(&mut contacts, number, "chat", &[&format!("id:x{number}")]);
    }
    assert_eq!(contacts.search("x", usize::MAX).len(), FOUND_MAX);
}

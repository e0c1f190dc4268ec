//! Who it is that was heard.

use trunkline_contacts::{
    Contacts, ContactsError, How, LinkRules, MERGED_MAX, MergeId, Reason, Resolved, Scheme, Verdict,
};

use crate::samples::{change, change_by, given, hear, identifiers, rules, try_hear};

const NUMBER: &str = "phone:+491711234567";

/// What became of each identifier.
fn verdicts(resolved: &Resolved) -> Vec<Verdict> {
    resolved.why.looked.iter().map(|looked| looked.verdict.clone()).collect()
}

fn reasons(resolved: &Resolved) -> Vec<Reason> {
    resolved.why.conflicts.iter().map(|conflict| conflict.reason.clone()).collect()
}

#[test]
fn each_row_is_who_is_heard_after_the_rows_before() {
    let table: &[(&str, &[&str], u64)] = &[
        // connection, identifiers, the contact that is shown (rows are entries, from 1)
        ("chat", &["id:a", NUMBER], 1),
        ("chat", &["id:a"], 1),
        ("chat", &["id:b"], 3),
        // The same id is somebody else on another connection.
        ("shop", &["id:a"], 4),
        // A certain number links, in any notation.
        ("sms", &["phone:0171 1234567"], 1),
        ("voice", &[NUMBER], 1),
        // It is no proof where no rule says so.
        ("shop", &[NUMBER], 7),
        ("shop", &["id:c", NUMBER], 7),
        // Addresses are compared without case.
        ("mail", &["email:Ana@Example.org"], 9),
        ("chat", &["id:d", "email:ana@example.org"], 9),
        // Short codes link nobody.
        ("sms", &["phone:72975"], 11),
        ("voice", &["phone:72975"], 12),
        // A name of a user is a key only where there is nothing else.
        ("shop", &["id:e", "username:ana"], 13),
        ("shop", &["username:ana"], 13),
        ("shop", &["id:f", "username:ana"], 15),
        ("shop", &["username:ana"], 15),
        // Nobody in particular.
        ("voice", &["phone: "], 17),
        ("voice", &[], 17),
        // An id that looks like a number is none.
        ("chat", &["id:+491711234569"], 19),
        ("sms", &["phone:+491711234569"], 20),
    ];
    let mut contacts = Contacts::default();
    for (number, &(connection, identifiers, expected)) in (1..).zip(table) {
        let resolved = hear(&mut contacts, number, connection, identifiers);
        assert_eq!(resolved.contact.0, expected, "entry {number}: {resolved:?}");
        assert_eq!(resolved.created, expected == number, "entry {number}: {resolved:?}");
    }
}

#[test]
fn a_link_says_what_it_is_made_of() {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "chat", &["id:a", NUMBER]);
    let resolved = hear(&mut contacts, 2, "sms", &[NUMBER]);
    let [link] = &resolved.linked[..] else { panic!("one link: {resolved:?}") };
    assert_eq!((link.from.0, link.into.0, link.merge), (2, 1, MergeId { number: 2, part: 0 }));
    assert_eq!(link.identity.as_ref().map(|identity| identity.value()), Some("+491711234567"));
    let merge = contacts.merge_of(link.merge).expect("the merge");
    assert_eq!((&merge.how, merge.at), (&How::Rule { scheme: Scheme::Phone }, 2));
    assert_eq!((resolved.met.0, resolved.created), (2, false));
    assert!(hear(&mut contacts, 3, "sms", &[NUMBER]).linked.is_empty());
}

#[test]
fn the_first_identifier_counts_where_none_is_certain() {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "shop", &["id:a"]);
    hear(&mut contacts, 2, "shop", &["email:b@example.org"]);
    let resolved = hear(&mut contacts, 3, "shop", &["id:a", "email:b@example.org"]);
    assert_eq!((resolved.contact.0, resolved.linked.len()), (1, 0));
    assert_eq!(verdicts(&resolved), [Verdict::Known, Verdict::Others]);
    assert_eq!((reasons(&resolved), resolved.why.conflicts[0].owner.0), (vec![Reason::NotCertain], 2));
}

#[test]
fn contacts_of_one_connection_are_linked_where_the_identifier_is_certain() {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "chat", &["id:a"]);
    hear(&mut contacts, 2, "chat", &["id:b", NUMBER]);
    let resolved = hear(&mut contacts, 3, "chat", &["id:a", NUMBER]);
    assert_eq!((resolved.contact.0, resolved.linked.len(), reasons(&resolved)), (1, 1, vec![]));
    let merge = resolved.linked[0].merge;
    contacts.unmerge(4, 4, merge, "kim").unwrap();
    let resolved = hear(&mut contacts, 5, "chat", &["id:a", NUMBER]);
    assert_eq!((resolved.contact.0, reasons(&resolved)), (1, vec![Reason::KeptApart(merge)]));
    assert_eq!(verdicts(&resolved), [Verdict::Known, Verdict::Others]);
}

#[test]
fn one_message_may_link_several_contacts() {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "sms", &[NUMBER]);
    hear(&mut contacts, 2, "mail", &["email:ana@example.org"]);
    let resolved = hear(&mut contacts, 3, "chat", &["id:a", NUMBER, "email:ana@example.org"]);
    assert_eq!(resolved.contact.0, 1);
    let merges: Vec<_> = resolved.linked.iter().map(|link| link.merge.to_string()).collect();
    assert_eq!(merges, ["mrg_3", "mrg_3_1"]);
    assert_eq!(contacts.count(), 1);
}

#[test]
fn a_rule_holds_for_what_was_heard_before_it() {
    let mut contacts = Contacts::default();
    let contact = crate::samples::contact(&[NUMBER]);
    let heard = |connection| trunkline_contacts::Heard { connection, conversation: "-", contact: &contact };
    let none = LinkRules::default();
    contacts.heard(1, 1, &heard("chat"), &none).unwrap();
    assert_eq!(contacts.heard(2, 2, &heard("sms"), &none).unwrap().contact.0, 2);
    assert_eq!(contacts.heard(3, 3, &heard("sms"), &rules()).unwrap().contact.0, 1);
    // Without it, nobody is forgotten.
    assert_eq!(contacts.heard(4, 4, &heard("sms"), &none).unwrap().contact.0, 1);
}

#[test]
fn what_was_taken_apart_is_not_linked_again() {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "sms", &[NUMBER]);
    let merge = hear(&mut contacts, 2, "chat", &["id:a", NUMBER]).linked[0].merge;
    contacts.unmerge(3, 3, merge, "kim").unwrap();
    for (number, connection, expected) in [(4, "chat", 2), (5, "sms", 1)] {
        let resolved = hear(&mut contacts, number, connection, &[NUMBER]);
        assert_eq!((resolved.contact.0, resolved.linked.len()), (expected, 0), "{connection}");
        assert_eq!(reasons(&resolved), [Reason::KeptApart(merge)]);
    }
    // Whoever comes with the number is the oldest of the two.
    let resolved = hear(&mut contacts, 6, "voice", &[NUMBER]);
    assert_eq!((resolved.contact.0, reasons(&resolved)), (1, vec![Reason::KeptApart(merge)]));
}

#[test]
fn contacts_are_kept_apart_whatever_they_are_merged_with_since() {
    let mut contacts = Contacts::default();
    let older = contacts.create(1, 1, &[], None).unwrap();
    let chat = hear(&mut contacts, 2, "chat", &["id:a", NUMBER]).contact;
    let merge = hear(&mut contacts, 3, "sms", &[NUMBER]).linked[0].merge;
    contacts.unmerge(4, 4, merge, "kim").unwrap();
    contacts.merge(5, 5, chat, older, "kim").unwrap();
    let resolved = hear(&mut contacts, 6, "sms", &[NUMBER]);
    assert_eq!((resolved.contact.0, reasons(&resolved)), (3, vec![Reason::KeptApart(merge)]));
    assert_eq!(resolved.why.conflicts[0].owner, older);
}

#[test]
fn what_a_person_took_apart_may_be_linked() {
    let mut contacts = Contacts::default();
    let first = hear(&mut contacts, 1, "chat", &["id:a"]).contact;
    let second = hear(&mut contacts, 2, "sms", &[NUMBER]).contact;
    let merge = contacts.merge(3, 3, second, first, "kim").unwrap().merge;
    contacts.unmerge(4, 4, merge, "kim").unwrap();
    assert_eq!(hear(&mut contacts, 5, "chat", &["id:a", NUMBER]).linked.len(), 1);
}

#[test]
fn what_the_business_says_is_certain_everywhere() {
    let mut contacts = Contacts::default();
    let given = [given("phone:+491711234567"), given("external:C-7")];
    let contact = contacts.create(1, 1, &given, None).unwrap();
    assert_eq!(hear(&mut contacts, 2, "sms", &[NUMBER]).contact, contact);
    // No rule says that this connection's numbers are.
    assert_eq!(hear(&mut contacts, 3, "shop", &[NUMBER]).contact.0, 3);
    // Nor does a channel that has ids of that name.
    assert_eq!(hear(&mut contacts, 4, "chat", &["external:C-7"]).contact.0, 4);
}

#[test]
fn a_visitor_who_proves_who_they_are_is_somebody() {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "mail", &["email:ana@example.org"]);
    hear(&mut contacts, 2, "chat", &["id:visitor"]);
    let resolved = change(&mut contacts, 3, "chat", &["id:visitor"], &["id:ana", "email:ana@example.org"]);
    assert_eq!((resolved.contact.0, resolved.met.0, resolved.linked.len()), (1, 2, 1));
    assert_eq!(verdicts(&resolved), [Verdict::Retired, Verdict::New, Verdict::New]);
    assert_eq!(hear(&mut contacts, 4, "chat", &["id:ana"]).contact.0, 1);
    // Who comes as a visitor next is nobody yet.
    assert_eq!(hear(&mut contacts, 5, "chat", &["id:visitor"]).contact.0, 5);
    // The same once more: the two were met before, and what is new is learnt of who was proven.
    let resolved = change(&mut contacts, 6, "chat", &["id:visitor"], &["id:ana", "phone:72975"]);
    let how = contacts.merge_of(resolved.linked[0].merge).map(|merge| merge.how.clone());
    assert_eq!((resolved.contact.0, resolved.met.0, how), (1, 2, Some(How::Identity)));
}

#[test]
fn a_number_that_changed_is_the_next_owners() {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "chat", &["id:a", "phone:+491711234567"]);
    let (old, new) = (["phone:+491711234567"], ["phone:+491717654321", "id:a"]);
    assert_eq!(change(&mut contacts, 2, "chat", &old, &new).contact.0, 1);
    assert_eq!(hear(&mut contacts, 3, "sms", &["phone:+491717654321"]).contact.0, 1);
    assert_eq!(hear(&mut contacts, 4, "sms", &["phone:+491711234567"]).contact.0, 4);
    // The message that says so may still come from the old one.
    let event = ["id:a", "parent_user_id:z"];
    let resolved = change_by(&mut contacts, 10, "chat", &event, &event[..1], &["id:b"]);
    let old = hear(&mut contacts, 11, "chat", &event[..1]);
    assert_eq!((resolved.contact.0, old.contact.0), (1, 11));
    assert_eq!(hear(&mut contacts, 12, "chat", &event[1..]).contact.0, 1);
    // Of nobody who is known, it is somebody new.
    assert!(change_by(&mut contacts, 13, "chat", &["id:x"], &["id:x"], &["id:y"]).created);
    assert_eq!(hear(&mut contacts, 14, "chat", &["id:y"]).contact.0, 13);
    assert_eq!(hear(&mut contacts, 15, "chat", &["id:x"]).contact.0, 15);
}

#[test]
fn what_identifies_nobody_is_told() {
    let mut contacts = Contacts::default();
    let long = format!("id:{}", "a".repeat(600));
    let resolved = hear(&mut contacts, 1, "shop", &[&long, "email:a@b", "email:c@b", "id:x"]);
    let error = "the id has 600 bytes, at most 512 are kept".to_owned();
    let expected = [Verdict::Nobodys(error), Verdict::SecondOfItsKind, Verdict::New, Verdict::New];
    assert_eq!(verdicts(&resolved), expected);
    assert_eq!(resolved.why.looked[0].value.len(), 512);
    let many: Vec<_> = (0..40).map(|number| format!("kind_{number}:x")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let resolved = hear(&mut contacts, 2, "shop", &many);
    assert_eq!((resolved.why.looked.len(), resolved.why.left_out), (16, 24));
    assert_eq!(identifiers(&many).len(), 40);
}

#[test]
fn an_entry_makes_one_contact() {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "shop", &["id:a"]);
    let before = contacts.clone();
    assert_eq!(try_hear(&mut contacts, 1, "shop", &["id:b"]), Err(ContactsError::NumberTaken(1)));
    assert_eq!(contacts, before);
}

#[test]
fn a_contact_of_too_many_is_linked_no_further() {
    let mut contacts = Contacts::default();
    let first = hear(&mut contacts, 1, "chat", &["id:1", NUMBER]).contact;
    for number in 2..=MERGED_MAX as u64 {
        let other = hear(&mut contacts, number, "chat", &[&format!("id:{number}")]).contact;
        contacts.merge(number, number, other, first, "kim").unwrap();
    }
    let resolved = hear(&mut contacts, 1_000, "sms", &[NUMBER]);
    assert_eq!((resolved.contact.0, reasons(&resolved)), (1_000, vec![Reason::TooMany]));
    let error = contacts.merge(1_001, 0, resolved.contact, first, "kim").unwrap_err();
    let text = "`con_1000` and `con_1` would be one contact of 101, at most 100: undo a merge of them first";
    assert_eq!(error.to_string(), text);
}

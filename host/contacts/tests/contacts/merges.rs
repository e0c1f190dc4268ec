//! Contacts that are one, and those that turned out not to be.

use trunkline_contacts::{ContactId, Contacts, MergeId, Parted};

use crate::samples::{given, hear};

/// Contacts 1 to 9, each known on a connection of its own number.
fn nine() -> Contacts {
    let mut contacts = Contacts::default();
    for number in 1..=9 {
        hear(&mut contacts, number, &format!("c{number}"), &["id:a"]);
    }
    contacts
}

fn merge(contacts: &mut Contacts, number: u64, from: u64, into: u64) -> Result<MergeId, String> {
    let link = contacts.merge(number, number, ContactId(from), ContactId(into), "kim");
    link.map(|link| link.merge).map_err(|error| error.to_string())
}

fn unmerge(contacts: &mut Contacts, number: u64, merge: u64) -> Result<Parted, String> {
    let merge = MergeId { number: merge, part: 0 };
    contacts.unmerge(number, number, merge, "kim").map_err(|error| error.to_string())
}

/// The roots of contacts 1 to 5.
fn roots(contacts: &Contacts) -> [u64; 5] {
    [1, 2, 3, 4, 5].map(|number| contacts.root(ContactId(number)).0)
}

#[test]
fn merges_are_undone_in_any_order() {
    let mut contacts = nine();
    let alone = contacts.clone();
    for (number, from, into) in [(11, 1, 2), (12, 2, 3), (13, 4, 5), (14, 5, 3)] {
        merge(&mut contacts, number, from, into).unwrap();
    }
    assert_eq!(roots(&contacts), [3; 5]);
    let table = [
        // Undone in this order, with the roots after each.
        ([11, 12, 13, 14], [[1, 3, 3, 3, 3], [1, 2, 3, 3, 3], [1, 2, 3, 4, 3], [1, 2, 3, 4, 5]]),
        ([14, 13, 12, 11], [[3, 3, 3, 5, 5], [3, 3, 3, 4, 5], [2, 2, 3, 4, 5], [1, 2, 3, 4, 5]]),
        ([12, 14, 11, 13], [[2, 2, 3, 3, 3], [2, 2, 3, 5, 5], [1, 2, 3, 5, 5], [1, 2, 3, 4, 5]]),
    ];
    for (order, expected) in table {
        let mut contacts = contacts.clone();
        for (merge, expected) in order.into_iter().zip(expected) {
            unmerge(&mut contacts, merge + 10, merge).unwrap();
            assert_eq!(roots(&contacts), expected, "{merge} of {order:?}");
        }
        for number in 1..=9 {
            assert_eq!(contacts.get(ContactId(number)), alone.get(ContactId(number)));
        }
    }
}

#[test]
fn a_merge_is_with_who_is_named() {
    let mut contacts = nine();
    merge(&mut contacts, 11, 2, 3).unwrap();
    // Whoever merged 1 with 2 did not speak of 3.
    merge(&mut contacts, 12, 1, 2).unwrap();
    assert_eq!(roots(&contacts), [3, 3, 3, 4, 5]);
    unmerge(&mut contacts, 13, 11).unwrap();
    assert_eq!(roots(&contacts), [2, 2, 3, 4, 5]);
}

#[test]
fn what_cannot_be_merged_is_refused_and_changes_nothing() {
    let mut contacts = nine();
    for (number, from, into) in [(11, 1, 2), (12, 2, 3)] {
        merge(&mut contacts, number, from, into).unwrap();
    }
    unmerge(&mut contacts, 13, 12).unwrap();
    let before = contacts.clone();
    let merges = [
        (4, 4, "`con_4` cannot be merged with itself: name another contact"),
        (1, 2, "`con_1` and `con_2` are one contact already, `con_2`: there is nothing to merge"),
        (2, 1, "`con_2` and `con_1` are one contact already, `con_2`: there is nothing to merge"),
        (1, 99, "there is no contact `con_99`: it was never made, or it was erased"),
    ];
    for (from, into, error) in merges {
        assert_eq!(merge(&mut contacts, 14, from, into), Err(error.to_owned()));
    }
    let unmerges = [
        (99, "there is no merge `mrg_99`: it was never made, or its contact was erased"),
        (12, "the merge `mrg_12` was undone before: there is nothing to undo"),
    ];
    for (merge, error) in unmerges {
        assert_eq!(unmerge(&mut contacts, 14, merge), Err(error.to_owned()));
    }
    assert_eq!(contacts, before);
}

#[test]
fn what_is_learnt_later_stays_with_whom_it_was_learnt_from() {
    let mut contacts = nine();
    merge(&mut contacts, 11, 2, 1).unwrap();
    contacts.set_attribute(12, 12, ContactId(2), "plan", Some("paid".into())).unwrap();
    let heard = hear(&mut contacts, 13, "c2", &["id:a", "email:b@example.org"]);
    assert_eq!((heard.contact.0, heard.met.0), (1, 2));
    let view = contacts.get(ContactId(2)).unwrap();
    assert_eq!((view.id.0, &view.merged[..], view.created_at), (1, &[ContactId(2)][..], 1));
    assert_eq!((view.identities.len(), view.attributes.len()), (3, 1));
    let parted = unmerge(&mut contacts, 14, 11).unwrap();
    assert_eq!(parted, Parted { into: ContactId(1), from: ContactId(2) });
    let [one, two] = [1, 2].map(|number| contacts.get(ContactId(number)).unwrap());
    assert_eq!((one.identities.len(), one.attributes.len()), (1, 0));
    assert_eq!((two.identities.len(), two.attributes.len()), (2, 1));
}

#[test]
fn nothing_of_an_erased_contact_is_left() {
    let mut contacts = nine();
    let given = [given("email:Jane@example.org"), given("external:C-7")];
    contacts.create(10, 10, &given, None).unwrap();
    contacts.set_name(11, 11, ContactId(10), Some("Jane Doe")).unwrap();
    for (number, from, into) in [(12, 10, 1), (13, 2, 10), (14, 3, 2)] {
        merge(&mut contacts, number, from, into).unwrap();
    }
    unmerge(&mut contacts, 15, 14).unwrap();
    assert_eq!(contacts.erase(ContactId(2)), Ok([1, 2, 10].map(ContactId).to_vec()));
    let left = serde_json::to_string(&contacts).unwrap().to_lowercase();
    for trace in ["jane", "c-7", "\"c1\"", "\"c2\"", "kim", "mrg_", "\"10\""] {
        assert!(!left.contains(trace), "{trace} in {left}");
    }
    assert_eq!(contacts.search("jane", 10), []);
    assert!([1, 2, 10].iter().all(|&number| contacts.get(ContactId(number)).is_none()));
    assert!(contacts.get(ContactId(3)).is_some());
    let error = "there is no contact `con_2`: it was never made, or it was erased";
    assert_eq!(contacts.erase(ContactId(2)).map_err(|error| error.to_string()), Err(error.to_owned()));
    // Who is heard again is new.
    assert!(hear(&mut contacts, 16, "c2", &["id:a"]).created);
}

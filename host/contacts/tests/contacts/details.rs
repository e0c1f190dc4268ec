//! What is known of a contact beyond who it is.

use serde_json::{Value, json};
use trunkline_contacts::{
    ATTRIBUTES_MAX, ContactId, Contacts, ContactsError, IDENTITIES_MAX, Source, TAGS_MAX, View,
};
use trunkline_model::{Consent, ConsentState, Contact};

use crate::samples::{given, hear};

fn two_in_one() -> Contacts {
    let mut contacts = Contacts::default();
    hear(&mut contacts, 1, "chat", &["id:a"]);
    hear(&mut contacts, 2, "shop", &["id:b"]);
    contacts.merge(3, 3, ContactId(2), ContactId(1), "kim").expect("merged");
    contacts
}

fn name(contacts: &Contacts) -> Option<String> {
    contacts.get(ContactId(1)).expect("a contact").name.map(|told| told.value)
}

fn profile(name: &str, locale: &str) -> Contact {
    Contact { name: Some(name.to_owned()), locale: Some(locale.to_owned()), ..Contact::default() }
}

fn text(result: Result<(), ContactsError>) -> String {
    result.map_or_else(|error| error.to_string(), |()| "ok".to_owned())
}

#[test]
fn the_business_knows_better_than_the_channel() {
    let mut contacts = two_in_one();
    contacts.learn_profile(4, 4, ContactId(1), &profile("ana", "de_DE")).unwrap();
    contacts.learn_profile(5, 5, ContactId(2), &profile("Ana B.", "en")).unwrap();
    assert_eq!(name(&contacts).as_deref(), Some("Ana B."));
    contacts.set_name(6, 6, ContactId(1), Some(" Ana Berg ")).unwrap();
    contacts.learn_profile(7, 7, ContactId(2), &profile("annie", "")).unwrap();
    assert_eq!(name(&contacts).as_deref(), Some("Ana Berg"));
    contacts.set_name(8, 8, ContactId(1), None).unwrap();
    assert_eq!(name(&contacts).as_deref(), Some("annie"));
    assert_eq!(text(contacts.set_name(9, 9, ContactId(1), Some(" "))), "the name is empty: say one");
    let long = "ü".repeat(200);
    let error = "the name has 400 bytes, at most 256 are kept";
    assert_eq!(text(contacts.set_name(9, 9, ContactId(1), Some(&long))), error);
    contacts.learn_profile(9, 9, ContactId(1), &profile(&long, "de")).unwrap();
    assert_eq!(name(&contacts).map(|name| name.len()), Some(256));
}

#[test]
fn a_detected_language_gives_way() {
    let mut contacts = two_in_one();
    let language =
        |contacts: &Contacts| contacts.language(ContactId(2)).map(|told| (told.value.clone(), told.source));
    contacts.detected_language(4, 4, ContactId(1), "fr").unwrap();
    assert_eq!(language(&contacts), Some(("fr".into(), Source::Detected)));
    contacts.learn_profile(5, 5, ContactId(2), &profile("ana", "pt_br")).unwrap();
    contacts.detected_language(6, 6, ContactId(2), "es").unwrap();
    assert_eq!(language(&contacts), Some(("pt-BR".into(), Source::Channel)));
    contacts.set_language(7, 7, ContactId(1), Some("it")).unwrap();
    contacts.learn_profile(8, 8, ContactId(1), &profile("ana", "de")).unwrap();
    assert_eq!(language(&contacts), Some(("it".into(), Source::Set)));
    contacts.set_language(9, 9, ContactId(1), None).unwrap();
    assert_eq!(language(&contacts), Some(("pt-BR".into(), Source::Channel)));
    let error = "`Klingon!` is no language: write a tag of BCP 47, such as `de` or `pt-BR`";
    assert_eq!(text(contacts.set_language(10, 10, ContactId(1), Some("Klingon!"))), error);
}

#[test]
fn time_zones_are_real() {
    let mut contacts = two_in_one();
    contacts.set_time_zone(4, 4, ContactId(2), Some("europe/paris")).unwrap();
    assert_eq!(contacts.time_zone(ContactId(1)).map(|told| &*told.value), Some("Europe/Paris"));
    let error =
        "`Mars/Olympus` is no time zone: write the name that IANA has for it, such as `Europe/Berlin`";
    assert_eq!(text(contacts.set_time_zone(5, 5, ContactId(2), Some("Mars/Olympus"))), error);
    contacts.set_time_zone(6, 6, ContactId(2), None).unwrap();
    assert_eq!(contacts.time_zone(ContactId(1)), None);
}

#[test]
fn of_attributes_and_tags_the_latest_counts() {
    let mut contacts = two_in_one();
    let rows = [
        (1, "plan", json!("free")),
        (2, "plan", json!({ "name": "paid", "since": 2026 })),
        (2, "vip", json!(true)),
        (1, "vip", Value::Null),
    ];
    for (number, (contact, name, value)) in (4..).zip(rows) {
        contacts.set_attribute(number, number, ContactId(contact), name, Some(value)).unwrap();
    }
    for (number, contact, tag, present) in
        [(8, 1, "new", true), (9, 2, " late ", true), (10, 2, "new", false)]
    {
        contacts.set_tag(number, number, ContactId(contact), tag, present).unwrap();
    }
    let view = contacts.get(ContactId(1)).unwrap();
    assert_eq!(json!(view.attributes), json!({ "plan": { "name": "paid", "since": 2026 } }));
    assert_eq!(view.tags.into_iter().collect::<Vec<_>>(), ["late"]);
}

#[test]
fn what_is_kept_is_bounded() {
    let mut contacts = two_in_one();
    let one = ContactId(1);
    for number in 0..ATTRIBUTES_MAX as u64 {
        contacts.set_attribute(number, 0, one, &format!("a{number}"), Some(json!(1))).unwrap();
    }
    for number in 0..TAGS_MAX as u64 {
        contacts.set_tag(number, 0, one, &format!("t{number}"), true).unwrap();
    }
    let long = "x".repeat(65);
    let table = [
        (
            contacts.set_attribute(200, 0, one, "b", Some(json!(1))),
            "`con_1` has 100 attributes, more are not kept: take one away first",
        ),
        (contacts.set_attribute(201, 0, one, "a0", Some(json!(2))), "ok"),
        (contacts.set_attribute(202, 0, one, "a1", None), "ok"),
        (contacts.set_attribute(203, 0, one, "b", Some(json!(1))), "ok"),
        (
            contacts.set_attribute(204, 0, one, "", Some(json!(1))),
            "the name of the attribute is empty: say one",
        ),
        (
            contacts.set_attribute(205, 0, one, &long, None),
            "the name of the attribute has 65 bytes, at most 64 are kept",
        ),
        (contacts.set_attribute(206, 0, one, "b", Some(json!("x".repeat(1_022)))), "ok"),
        (
            contacts.set_attribute(207, 0, one, "b", Some(json!("x".repeat(1_023)))),
            "the value of the attribute has 1025 bytes, at most 1024 are kept",
        ),
        (
            contacts.set_tag(208, 0, one, "u", true),
            "`con_1` has 50 tags, more are not kept: take one away first",
        ),
        (contacts.set_tag(209, 0, one, "t0", true), "ok"),
        (contacts.set_tag(210, 0, one, &long, true), "the tag has 65 bytes, at most 64 are kept"),
        (
            contacts.set_tag(211, 0, ContactId(9), "u", true),
            "there is no contact `con_9`: it was never made, or it was erased",
        ),
    ];
    for (result, expected) in table {
        assert_eq!(text(result), expected);
    }
    for number in 0..IDENTITIES_MAX - 1 {
        contacts.add_identity(300, one, &given(&format!("external:{number}")), None).unwrap();
    }
    let error = "`con_1` has 64 identities, more are not kept: take one away first";
    assert_eq!(text(contacts.add_identity(301, one, &given("external:x"), None)), error);
}

#[test]
fn identities_are_given_and_taken_away() {
    let mut contacts = Contacts::default();
    let ana = contacts.create(1, 1, &[given("external:7"), given("external:7")], None).unwrap();
    let bo = contacts.create(2, 2, &[], None).unwrap();
    let table = [
        (contacts.add_identity(3, ana, &given("external:7"), None), "ok"),
        (
            contacts.add_identity(3, bo, &given("external:7"), None),
            "the external `7` is `con_1`'s: merge the contacts, or take it from there",
        ),
        (
            contacts.create(3, 3, &[given("external:8"), given("external:7")], None).map(|_| ()),
            "the external `7` is `con_1`'s: merge the contacts, or take it from there",
        ),
        (
            contacts.add_identity(3, bo, &given("id:8"), None),
            "the id `8` is a provider's: say on which connection it counts",
        ),
        (contacts.add_identity(3, bo, &given("id:8 on chat"), None), "ok"),
    ];
    for (result, expected) in table {
        assert_eq!(text(result), expected);
    }
    let seven = given("external:7").identity(None).unwrap();
    assert_eq!((contacts.find(&seven), contacts.get(ana).unwrap().identities.len()), (Some(ana), 1));
    let error = "the external `7` is not `con_2`'s: there is nothing to take away";
    assert_eq!(text(contacts.remove_identity(bo, &seven)), error);
    contacts.remove_identity(ana, &seven).unwrap();
    assert_eq!(contacts.find(&seven), None);
    assert_eq!(hear(&mut contacts, 4, "chat", &["id:8"]).contact, bo);
}

#[test]
fn a_contact_is_shown_as_json() {
    let mut contacts = two_in_one();
    contacts.add_identity(4, ContactId(2), &given("email:Ana@example.org"), None).unwrap();
    contacts.learn_profile(5, 5_000, ContactId(2), &profile("Ana", "de")).unwrap();
    contacts.set_tag(6, 6, ContactId(1), "vip", true).unwrap();
    let consent = Consent { state: ConsentState::Granted, scope: "all".into(), origin: "keyword".into() };
    contacts.consented(7, 7, ContactId(1), "chat", &consent).unwrap();
    let view = contacts.get(ContactId(2)).unwrap();
    let expected = json!({
        "id": 1,
        "merged": [2],
        "merges": ["mrg_3"],
        "created_at": 1,
        "identities": [
            { "contact": 1, "value": "a", "scheme": "id", "scope": "chat", "since": 1 },
            { "contact": 2, "value": "b", "scheme": "id", "scope": "shop", "since": 2 },
            { "contact": 2, "value": "ana@example.org", "scheme": "email", "written": "Ana@example.org", "since": 4 },
        ],
        "name": { "value": "Ana", "source": "channel", "number": 5, "at": 5_000 },
        "language": { "value": "de", "source": "channel", "number": 5, "at": 5_000 },
        "attributes": {},
        "tags": ["vip"],
        "consents": [
            { "contact": 1, "connection": "chat", "scope": "all", "state": "granted", "origin": "keyword", "number": 7, "at": 7 },
        ],
    });
    assert_eq!(json!(view), expected);
    assert_eq!(serde_json::from_value::<View>(expected).unwrap(), view);
    let merge = json!({ "from": 2, "into": 1, "how": "asked", "by": "kim", "at": 3 });
    assert_eq!(json!(contacts.merge_of(view.merges[0])), merge);
}

#[test]
fn one_refusal_is_enough() {
    let mut contacts = two_in_one();
    let consent = |state: &str, scope: &str| Consent {
        state: ConsentState::from(state),
        scope: scope.to_owned(),
        origin: "keyword".to_owned(),
    };
    assert_eq!(contacts.consent(ContactId(1), "sms", "all"), None);
    contacts.consented(4, 4, ContactId(1), "sms", &consent("granted", "all")).unwrap();
    assert_eq!(contacts.consent(ContactId(2), "sms", "orders"), Some(&ConsentState::Granted));
    contacts.consented(5, 5, ContactId(2), "sms", &consent("revoked", "all")).unwrap();
    contacts.consented(6, 6, ContactId(1), "sms", &consent("granted", "all")).unwrap();
    assert_eq!(contacts.consent(ContactId(1), "sms", "orders"), Some(&ConsentState::Revoked));
    assert_eq!(contacts.consent(ContactId(1), "mail", "orders"), None);
    let said: Vec<_> = contacts.get(ContactId(1)).unwrap().consents;
    assert_eq!(
        said.iter().map(|said| (said.contact.0, said.said.number)).collect::<Vec<_>>(),
        [(1, 6), (2, 5)]
    );
}

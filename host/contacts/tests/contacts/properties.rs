//! What holds whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use trunkline_contacts::{
    ContactId, Contacts, How, Identity, MergeId, Reason, Region, Scheme, detect_language,
};

use crate::model::Model;
use crate::world::{World, heard_steps, steps};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn json(contacts: &Contacts) -> Value {
    serde_json::to_value(contacts).expect("contacts are JSON")
}

fn read_back(json: Value) -> Contacts {
    serde_json::from_value(json).expect("contacts are read back")
}

fn roots(world: &World) -> Vec<ContactId> {
    world.made.iter().map(|&contact| world.contacts.root(contact)).collect()
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn merge_and_unmerge_are_exact_inverses(steps in steps(), from: Index, into: Index) {
        let mut world = World::after(&steps);
        let before = world.contacts.clone();
        let number = world.number + 1;
        let Some((from, into)) = world.pick(from).zip(world.pick(into)) else { return Ok(()) };
        let Ok(link) = world.contacts.merge(number, 0, from, into, "kim") else {
            prop_assert_eq!(&world.contacts, &before);
            return Ok(());
        };
        prop_assert_eq!(world.contacts.root(from), world.contacts.root(into));
        prop_assert_ne!(&world.contacts, &before);
        let parted = world.contacts.unmerge(number + 1, 0, link.merge, "kim").expect("undone");
        prop_assert_eq!((parted.from, parted.into), (link.from, link.into));
        // Apart from the log of merges, everything is as it was, and made anew it is as well.
        let mut left = json(&world.contacts);
        left["merges"].as_object_mut().expect("an object").remove(&link.merge.to_string());
        prop_assert_eq!(&left, &json(&before));
        prop_assert_eq!(&read_back(left), &before);
        for &contact in &world.made {
            prop_assert_eq!(world.contacts.get(contact), before.get(contact));
        }
    }

    #[test]
    fn what_is_learnt_does_not_depend_on_merges(steps in steps()) {
        let with: Vec<_> = steps.into_iter().filter(|step| !step.is_wide()).collect();
        let mut without = World::default();
        for step in &with {
            if step.is_merge() {
                without.number += 1;
            } else {
                without.take(step);
            }
        }
        let with = World::after(&with);
        prop_assert_eq!(&json(&with.contacts)["leaves"], &json(&without.contacts)["leaves"]);
        prop_assert_eq!(with.made, without.made);
    }

    #[test]
    fn merges_may_be_undone_in_any_order(
        steps in steps(),
        which in proptest::collection::vec(any::<bool>(), 40),
        order in Just((0..40_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let world = World::after(&steps);
        let undone = |merge: MergeId| world.contacts.merge_of(merge).is_none_or(|merge| merge.undone.is_some());
        let chosen: Vec<_> = world.merges.iter().zip(&which)
            .filter_map(|(&merge, &chosen)| (chosen && !undone(merge)).then_some(merge)).collect();
        let mut shuffled = chosen.clone();
        shuffled.sort_by_key(|merge| order.get(chosen.iter().position(|other| other == merge).unwrap_or(0)));
        let [one, other] = [&chosen, &shuffled].map(|merges| {
            let mut world = world.clone();
            for &merge in merges {
                world.contacts.unmerge(1_000, 0, merge, "kim").expect("undone");
            }
            world
        });
        prop_assert_eq!(&one.contacts, &other.contacts);
        prop_assert_eq!(roots(&one), roots(&other));
    }

    #[test]
    fn contacts_are_made_of_their_entries(steps in steps()) {
        let contacts = World::after(&steps).contacts;
        let text = serde_json::to_string(&contacts).expect("JSON");
        prop_assert_eq!(&text, &serde_json::to_string(&World::after(&steps).contacts).expect("JSON"));
        let back: Contacts = serde_json::from_str(&text).expect("contacts");
        prop_assert_eq!(&back, &contacts);
        prop_assert_eq!(&serde_json::to_string(&back).expect("JSON"), &text);
    }

    #[test]
    fn everybody_is_found_by_what_they_are_known_by(steps in steps()) {
        let world = World::after(&steps);
        let contacts = &world.contacts;
        let shown: Vec<_> = contacts.after(None).collect();
        prop_assert_eq!(contacts.count(), shown.len());
        let (mut ids, mut identities) = (BTreeSet::new(), BTreeSet::new());
        for id in shown {
            let view = contacts.get(id).expect("a contact");
            prop_assert_eq!((view.id, contacts.root(id)), (id, id));
            prop_assert_eq!(view.merges.len(), view.merged.len());
            for &part in view.merged.iter().chain([&id]) {
                prop_assert!(ids.insert(part), "{} is shown twice", part);
                prop_assert_eq!(contacts.get(part), Some(view.clone()));
            }
            for known in &view.identities {
                let identity = &*known.known.identity;
                prop_assert!(identities.insert(identity.clone()), "{:?} is two people's", identity);
                prop_assert_eq!(contacts.find(identity), Some(id));
                let everybody = contacts.find_all(identity.scheme(), identity.value(), None, 100);
                prop_assert!(everybody.contains(&id));
                prop_assert!(contacts.search(identity.value(), 100).contains(&id));
            }
            if let Some(name) = &view.name {
                prop_assert!(contacts.search(&name.value, 100).contains(&id));
                prop_assert!(contacts.search("of many", 100).contains(&id));
            }
        }
        let known: BTreeSet<_> = world.made.iter().copied().filter(|&id| contacts.get(id).is_some()).collect();
        prop_assert_eq!(ids, known);
    }

    #[test]
    fn nothing_is_left_of_who_is_erased(steps in steps(), contact: Index) {
        let mut world = World::after(&steps);
        let Some(contact) = world.pick(contact) else { return Ok(()) };
        let Some(view) = world.contacts.get(contact) else { return Ok(()) };
        let before = world.contacts.clone();
        let gone: BTreeSet<_> = world.contacts.erase(contact).expect("erased").into_iter().collect();
        prop_assert_eq!(&gone, &view.merged.iter().copied().chain([view.id]).collect());
        for known in &view.identities {
            prop_assert_eq!(world.contacts.find(&known.known.identity), None);
        }
        for &contact in &world.made {
            let expected = before.get(contact).filter(|_| !gone.contains(&contact));
            prop_assert_eq!(world.contacts.get(contact), expected);
        }
        let left = json(&world.contacts);
        let merges = left["merges"].as_object().expect("an object").values();
        for end in merges.flat_map(|merge| [&merge["from"], &merge["into"]]) {
            prop_assert!(!gone.contains(&ContactId(end.as_u64().expect("a number"))));
        }
        prop_assert_eq!(&read_back(left), &world.contacts);
        // Everybody gone: nothing at all.
        for &contact in &world.made {
            let _ = world.contacts.erase(contact);
        }
        prop_assert_eq!(&world.contacts, &Contacts::default());
    }

    #[test]
    fn the_rules_link_what_they_say_and_no_more(steps in heard_steps()) {
        let (mut world, mut model) = (World::default(), Model::default());
        for step in &steps {
            world.take(step);
            model.heard(world.number, step);
            for &contact in &world.made {
                prop_assert_eq!(world.contacts.root(contact).0, model.root(contact.0), "after {:?}", step);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(4_096))]

    #[test]
    fn what_is_in_its_notation_stays_so(
        scheme in prop::sample::select(&["phone", "email", "id", "username", "external"][..]),
        value in r"\PC{0,30}|\+?[0-9 ()./-]{0,24}|[a-zA-Z]{1,8}@[a-zA-Z.]{1,12}",
        scoped: bool,
        region in prop::sample::select(&["DE", "US", "IT", "BR"][..]),
    ) {
        let region = Region::try_from(region).ok();
        let scope = scoped.then_some("chat");
        if let Ok(identity) = Identity::new(Scheme::from(scheme), &value, scope, region) {
            let again = Identity::new(Scheme::from(scheme), identity.value(), scope, region);
            prop_assert_eq!(again, Ok(identity));
        }
        prop_assert!(Contacts::default().search(&value, 10).is_empty());
    }

    #[test]
    fn a_detected_language_is_a_code(text in r"\PC{0,60}|[a-z ]{0,60}") {
        prop_assert!(detect_language(&text).is_none_or(|code| code.len() == 2));
    }
}

/// The properties would hold of worlds in which nothing happens.
#[test]
fn much_happens_in_the_worlds_that_are_drawn() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..400 {
        let steps = steps().new_tree(&mut runner).expect("steps").current();
        let world = World::after(&steps);
        let mut see = |what, is_so: bool| *seen.entry(what).or_default() += usize::from(is_so);
        let merges: Vec<_> =
            world.merges.iter().filter_map(|&merge| world.contacts.merge_of(merge)).collect();
        see("rule", merges.iter().any(|merge| matches!(merge.how, How::Rule { .. })));
        see("identity", merges.iter().any(|merge| merge.how == How::Identity));
        see("asked", merges.iter().any(|merge| matches!(merge.how, How::Asked { .. })));
        see("undone", merges.iter().any(|merge| merge.undone.is_some()));
        see("erased", world.made.iter().any(|&contact| world.contacts.get(contact).is_none()));
        let views = || world.made.iter().filter_map(|&contact| world.contacts.get(contact));
        see("many", views().any(|view| view.merged.len() > 3));
        see("kept apart", world.conflicts.iter().any(|reason| matches!(reason, Reason::KeptApart(_))));
        see("not certain", world.conflicts.contains(&Reason::NotCertain));
        see("details", views().any(|view| !view.attributes.is_empty() && !view.consents.is_empty()));
    }
    assert_eq!(seen.len(), 9);
    assert!(seen.values().all(|&count| count >= 20), "{seen:?}");
}

//! Released contracts: never edited, and a connector built against one loads and answers for as long as the host loads it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::Digest as _;
use trunkline_model::{
    CONTRACT_VERSION, Contact, Context, Event, EventKind, Exchange, Identifier, IdentifierScheme, Media,
    MediaSource, MediaStep, Outgoing, ProfileStep, ReceiveStep, Request, Response, SendStep,
};
use trunkline_policy::Settings;
use trunkline_runtime::{ABILITIES, ComponentFile, Connector, Engine, EngineOptions, LoadError};
use wit_parser::{Resolve, UnresolvedPackageGroup};

use crate::in_repository;

/// The folders of the released versions that the host loads, oldest first.
fn frozen() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(in_repository("wit/frozen")).expect("released contracts");
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.expect("readable").path()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "no contract is released");
    folders
}

/// The contract in a folder, as it stands.
fn text(folder: &Path) -> String {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wit"));
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).expect("text"));
    let whole: String = texts.collect::<Vec<_>>().join("\n");
    let package = whole.lines().find(|line| line.starts_with("package ")).expect("a package").to_owned();
    format!("{package}\n{}", whole.replacen(&package, "", 1))
}

/// Whether a connector with this ability, built against `old`, is one for a host of `new`.
fn fits(old: &str, new: &str, ability: &str) -> Result<(), String> {
    let mut resolve = Resolve::default();
    let mut world = |contract: &str, version: &str| {
        let world = format!("\nworld checked {{ export {ability}; }}\n");
        let (package, rest) = contract.split_once('\n').expect("a package line");
        let name = package.split('@').next().expect("a name");
        let text = format!("{name}@{version};\n{rest}{world}");
        let group =
            UnresolvedPackageGroup::parse("contract.wit", &text).map_err(|error| format!("{error:?}"))?;
        let package = resolve.push_group(group).map_err(|error| format!("{error:#}"))?;
        resolve.select_world(&[package], Some("checked")).map_err(|error| format!("{error:#}"))
    };
    // Both in one place need two names; the check itself knows no versions.
    let (old, new) = (world(old, "0.0.1")?, world(new, "0.0.2")?);
    wit_component::semver_check(resolve, old, new).map_err(|error| format!("{error:#}"))
}

/// What a released contract knows, of the abilities of today.
fn abilities_of(released: &Path) -> Vec<&'static str> {
    let released = text(released);
    ABILITIES.into_iter().filter(|ability| released.contains(&format!("interface {ability} "))).collect()
}

#[test]
fn released_files_are_never_edited() {
    for folder in frozen() {
        let sums = std::fs::read_to_string(folder.join("SHA256SUMS")).expect("sums");
        let mut checked = 0;
        for line in sums.lines() {
            let (sum, name) = line.split_once("  ").expect("a sum and a name");
            let bytes = std::fs::read(folder.join(name)).expect(name);
            assert_eq!(hex::encode(sha2::Sha256::digest(bytes)), sum, "{name} of {}", folder.display());
            checked += 1;
        }
        assert!(checked > abilities_of(&folder).len(), "{checked} files");
    }
}

#[test]
fn a_connector_of_a_released_contract_fits_the_one_of_today() {
    let today = text(&in_repository("wit"));
    for folder in frozen() {
        let released = text(&folder);
        for ability in ABILITIES.iter().filter(|ability| released.contains(&format!("interface {ability} ")))
        {
            fits(&released, &today, ability).unwrap_or_else(|error| panic!("{ability}: {error}"));
            // Of the same version: not even more.
            if folder.ends_with(CONTRACT_VERSION) {
                fits(&today, &released, ability).unwrap_or_else(|error| panic!("{ability}: {error}"));
            }
        }
    }
}

/// What VERSIONING.md says breaks a connector does, and what it allows does not.
#[test]
fn the_check_refuses_what_breaks_a_connector() {
    let released = text(&in_repository("wit/frozen").join(CONTRACT_VERSION));
    let change = |from: &str, to: &str| {
        assert_eq!(released.matches(from).count(), 1, "`{from}`");
        released.replacen(from, to, 1)
    };
    for (what, changed, holds) in [
        ("nothing", released.clone(), true),
        ("documentation", change("/// 100 to 599.", "/// A status."), true),
        ("a new interface", format!("{released}\ninterface desk {{ open: func() -> string; }}\n"), true),
        ("a case more", change("    answer(answer),", "    later,\n    answer(answer),"), false),
        (
            "a field more",
            change("    /// 100 to 599.\n", "    more: option<string>,\n    /// 100 to 599.\n"),
            false,
        ),
        ("a function more", change("interface inbound {", "interface inbound {\n  more: func();\n"), false),
        (
            "another type",
            change("    status: u16,\n    headers: headers,", "    status: u32,\n    headers: headers,"),
            false,
        ),
    ] {
        assert_eq!(
            fits(&released, &changed, "inbound").is_ok(),
            holds,
            "{what}: {:?}",
            fits(&released, &changed, "inbound")
        );
    }
}

fn engine() -> Engine {
    Engine::new(&EngineOptions { calls_max: 2, cache: None }).expect("an engine")
}

fn exchange(status: u16, body: &str) -> Exchange {
    Exchange { request: Request::default(), response: Response::with_body(status, "text/plain", body) }
}

#[tokio::test]
async fn a_guest_of_a_released_contract_loads_and_answers() {
    let engine = engine();
    for folder in frozen() {
        let guest = Connector::load_unnamed(&engine, &folder.join("guest.wasm")).await.expect("it loads");
        let sample: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("guest.json")).expect("text"))
                .expect("JSON");
        assert_eq!(guest.abilities(), abilities_of(&folder), "every ability of {}", folder.display());

        let events: Vec<Event> = serde_json::from_value(sample["events"].clone()).expect("events");
        for name in EventKind::NAMES {
            assert!(events.iter().any(|event| event.kind.name() == name), "the sample has a `{name}`");
        }
        let body = sample["events"].to_string().into_bytes();
        let request = Request { body, ..Request::default() };
        let ReceiveStep::Answer(answer) =
            guest.receive_step(request, Context::default()).await.expect("it answers")
        else {
            panic!("no answer")
        };
        assert_eq!((answer.response.status, &answer.events), (202, &events));

        let settings = Settings::default();
        let made =
            guest.simulate(events[0].clone(), "https://a.example/x", &settings, 7).await.expect("it answers");
        assert_eq!(made.expect("a request").body, serde_json::to_vec(&events[..1]).expect("JSON"));

        let message: Outgoing = serde_json::from_value(sample["outgoing"].clone()).expect("a message");
        let step = guest.send_step(message.clone(), Context::default()).await.expect("it answers");
        let SendStep::Call(call) = step else { panic!("no call: {step:?}") };
        assert_eq!(serde_json::from_slice::<Outgoing>(&call.request.body).expect("JSON"), message);
        assert_eq!((call.credentials.len(), call.cacheable, call.repeatable), (7, true, true));
        let context = Context { exchanges: vec![exchange(200, "a\nb")], ..Context::default() };
        let step = guest.send_step(message.clone(), context).await.expect("it answers");
        assert!(matches!(&step, SendStep::Sent(receipts) if receipts.len() == 2), "{step:?}");
        let context = Context { exchanges: vec![exchange(401, "")], ..Context::default() };
        let step = guest.send_step(message, context).await.expect("it answers");
        assert!(
            matches!(&step, SendStep::Failed(failed) if failed.failure.code.as_deref() == Some("401")),
            "{step:?}"
        );

        let media = Media { source: MediaSource::Reference("m-1".to_owned()), ..media(&events) };
        let context =
            Context { exchanges: vec![exchange(200, "https://files.example/m-1")], ..Context::default() };
        let step = guest.locate_step(media, "account", context).await.expect("it answers");
        assert!(
            matches!(&step, MediaStep::Fetch(call) if call.request.url == "https://files.example/m-1"),
            "{step:?}"
        );

        let contact = Contact::new(IdentifierScheme::Id, "c-1");
        let context = Context { exchanges: vec![exchange(200, "Ada")], ..Context::default() };
        let step = guest.look_up_step(contact, "account", None, context).await.expect("it answers");
        assert!(
            matches!(&step, ProfileStep::Found(contact) if contact.name.as_deref() == Some("Ada")
            && contact.identifiers == [Identifier { scheme: IdentifierScheme::Id, value: "c-1".to_owned() }]),
            "{step:?}"
        );
    }
}

/// A file that some event has.
fn media(events: &[Event]) -> Media {
    let json = serde_json::to_value(events).expect("JSON");
    fn find(value: &Value) -> Option<Media> {
        match value {
            Value::Object(object) => {
                let own = object.get("media").and_then(|media| serde_json::from_value(media.clone()).ok());
                own.or_else(|| object.values().find_map(find))
            }
            Value::Array(items) => items.iter().find_map(find),
            _ => None,
        }
    }
    find(&json).expect("the sample has a file")
}

/// The guest with another version in the names of its interfaces.
fn of_version(version: &str) -> Vec<u8> {
    let mut bytes = std::fs::read(in_repository("wit/frozen/0.1.0/guest.wasm")).expect("a guest");
    let (from, to) = (b"@0.1.0", format!("@{version}"));
    assert_eq!(from.len(), to.len(), "nothing moves");
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(places.len() > abilities_of(&in_repository("wit/frozen/0.1.0")).len(), "{} places", places.len());
    for place in places {
        bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

fn complete(bytes: Vec<u8>) -> ComponentFile {
    ComponentFile::new("complete.wasm".to_owned(), bytes)
}

#[tokio::test]
async fn the_version_in_its_names_decides_whether_it_loads() {
    let engine = engine();
    // A host goes on in the same way when the contract grows without breaking anything: the names differ, what they name does not.
    let same = Connector::from_file(&engine, &complete(of_version("0.1.7"))).await;
    assert_eq!(same.expect("compatible").abilities(), abilities_of(&in_repository("wit/frozen/0.1.0")));
    for (version, hint) in
        [("0.2.0", "update the host"), ("0.0.9", "rebuild the connector against `wit/` of version 0.1.0")]
    {
        let Err(error) = Connector::from_file(&engine, &complete(of_version(version))).await else {
            panic!("{version} loads")
        };
        assert!(matches!(error, LoadError::Version { .. }), "{error:?}");
        let expected = format!("`complete.wasm` was built for contract `{version}`, this host loads `0.1.0`");
        assert_eq!(error.to_string(), expected);
        let cause = std::error::Error::source(&error).expect("a cause").to_string();
        assert!(cause.contains(&format!("@{version}")), "{cause}");
        assert!(error.hint().is_some_and(|given| given.contains(hint)), "{:?}", error.hint());
    }
}

#[tokio::test]
async fn an_interface_of_another_shape_is_not_loaded() {
    let (field, other) = (b"occurred-at", b"occurred-on");
    let mut bytes = of_version(CONTRACT_VERSION);
    for place in 0..bytes.len() - field.len() {
        if bytes[place..].starts_with(field) {
            bytes[place..place + field.len()].copy_from_slice(other);
        }
    }
    let Err(error) = Connector::from_file(&engine(), &complete(bytes)).await else {
        panic!("it loads with another name of a field")
    };
    assert!(matches!(error, LoadError::Shape { .. }), "{error:?}");
    assert!(error.to_string().contains("`trunkline:connector/inbound@0.1.0`"), "{error}");
}

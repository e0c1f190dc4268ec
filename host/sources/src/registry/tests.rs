//! Against a registry of our own that misbehaves in every way. `tests/interop` holds the same code against one of others.

mod server;

use std::time::Duration;

use super::credential::User;
use super::{Credentials, layout};
use crate::{Evidence, Fetched, Reference, SourceError, Sources, sha256};
use server::{Behaviour, Server};

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0 and more";

fn sources(user: Option<(&str, &str)>) -> Sources {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut sources = Sources::new().expect("a client");
    let user = user.map(|(name, password)| User { name: name.into(), password: password.into() });
    sources.credentials = Credentials::Given(user);
    sources
}

async fn fetch(sources: &Sources, reference: &str) -> Result<Fetched, SourceError> {
    sources.fetch(&Reference::parse(reference).expect("a reference"), &|_, _| ()).await
}

fn description() -> super::Description {
    super::Description {
        created: "2026-11-29T06:30:00Z".into(),
        exports: vec!["trunkline:connector/inbound@0.1.0".into()],
        imports: Vec::new(),
        title: "Post".into(),
        version: "1.2.0".into(),
    }
}

/// A server with the component under `acme/post:1`, and the digest of its manifest.
async fn with_component() -> (Server, String) {
    let server = Server::start().await;
    let digest = server.add_component(COMPONENT, "1");
    (server, digest)
}

#[tokio::test]
async fn a_component_comes_by_tag_and_by_digest() {
    let (server, digest) = with_component().await;
    let sources = sources(None);
    for asked in ["acme/post:1".to_owned(), format!("acme/post@{digest}"), format!("acme/post:old@{digest}")]
    {
        let fetched = fetch(&sources, &server.reference(&asked)).await.expect("a component");
        assert_eq!(
            (fetched.bytes.as_slice(), fetched.sha256.as_str()),
            (COMPONENT, sha256(COMPONENT).as_str())
        );
        assert_eq!(fetched.resolved, server.reference(&format!("acme/post@{digest}")));
        assert_eq!(fetched.evidence, []);
    }
    let error = fetch(&sources, &server.reference("acme/post:2")).await.expect_err("no such tag");
    assert!(matches!(error, SourceError::Status { status: 404, .. }), "{error}");
}

#[tokio::test]
async fn other_bytes_than_promised_are_refused_wherever_they_are() {
    let (server, digest) = with_component().await;
    let layer = format!("sha256:{}", sha256(COMPONENT));
    for (changed, reference) in [
        (layer.as_str(), "acme/post:1".to_owned()),
        (digest.as_str(), format!("acme/post@{digest}")),
        // The registry says in a header what it means to send.
        (digest.as_str(), "acme/post:1".to_owned()),
    ] {
        server.behave(Behaviour::Tamper(changed.to_owned()));
        let error = fetch(&sources(None), &server.reference(&reference)).await.expect_err("other bytes");
        let SourceError::Digest { expected, found, .. } = &error else { panic!("{error}") };
        assert_eq!(expected, changed);
        assert!(found != changed && error.hint().is_some(), "{error}");
    }
}

#[tokio::test]
async fn what_is_laid_out_otherwise_is_refused_with_what_was_found() {
    let server = Server::start().await;
    let artifact =
        || serde_json::to_value(layout::artifact(COMPONENT.to_vec(), &description()).0).expect("JSON");
    let mut cases = Vec::new();
    let mut case = |pointer: &str, value: serde_json::Value, expected: &'static str| {
        let mut manifest = artifact();
        *manifest.pointer_mut(pointer).expect(pointer) = value;
        cases.push((manifest, expected));
    };
    case(
        "/config/mediaType",
        "application/vnd.oci.image.config.v1+json".into(),
        "its configuration is `application/vnd.oci",
    );
    case(
        "/layers/0/mediaType",
        "application/vnd.oci.image.layer.v1.tar".into(),
        "its layer is `application/vnd.oci",
    );
    case("/layers", serde_json::json!([]), "it has 0 layers, expected one");
    case("/layers/0/digest", "sha256:../../x".into(), "its layer has the digest `sha256:../../x`");
    case("/layers/0/digest", format!("sha512:{}", "0".repeat(128)).into(), "expected SHA-256");
    case(
        "/mediaType",
        "application/vnd.docker.distribution.manifest.v2+json".into(),
        "its manifest is `application/vnd.docker",
    );
    cases.push((serde_json::json!({"schemaVersion": 2, "manifests": []}), "it is an index of several"));
    cases.push((serde_json::json!({"schemaVersion": 2}), "its manifest is none"));
    cases.push((serde_json::json!([]), "its manifest is none"));
    for (manifest, expected) in cases {
        server.add_manifest("acme/post", Some("1"), manifest.to_string().into_bytes());
        let error = fetch(&sources(None), &server.reference("acme/post:1")).await.expect_err(expected);
        assert!(matches!(&error, SourceError::Layout { cause, .. } if cause.contains(expected)), "{error}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_not_read_to_its_end() {
    let (server, _) = with_component().await;
    let layer = format!("sha256:{}", sha256(COMPONENT));
    // A manifest without a length and without an end, and a blob that goes on after what the manifest says.
    for endless in ["manifests/1".to_owned(), format!("blobs/{layer}")] {
        server.behave(Behaviour::Endless(endless));
        let error = fetch(&sources(None), &server.reference("acme/post:1")).await.expect_err("endless");
        assert!(matches!(error, SourceError::TooLarge { .. }), "{error}");
    }
    server.behave(Behaviour::Well);
    let mut manifest =
        serde_json::to_value(layout::artifact(COMPONENT.to_vec(), &description()).0).expect("JSON");
    manifest["layers"][0]["size"] = ((64 << 20) + 1).into();
    server.add_manifest("acme/post", Some("1"), manifest.to_string().into_bytes());
    let asked = server.asked().len();
    let error = fetch(&sources(None), &server.reference("acme/post:1")).await.expect_err("too large");
    assert_eq!(error.to_string().split_once(" is ").expect("a sentence").1, "larger than 67108864 bytes");
    assert_eq!(server.asked().len(), asked + 1, "the blob was not asked for");
}

#[tokio::test]
async fn what_never_comes_is_given_up() {
    let (server, _) = with_component().await;
    server.behave(Behaviour::Silent);
    let mut sources = sources(None);
    sources.time_max = Duration::from_millis(200);
    let error = fetch(&sources, &server.reference("acme/post:1")).await.expect_err("too slow");
    assert!(matches!(error, SourceError::TooSlow { .. }), "{error}");
}

#[tokio::test]
async fn a_token_is_fetched_where_the_registry_says_and_nobody_else_sees_a_secret() {
    let (server, _) = with_component().await;
    server.behave(Behaviour::WantsToken);
    let reference = server.reference("acme/post:1");
    let fetched = fetch(&sources(None), &reference).await.expect("anybody gets a token");
    assert_eq!(fetched.bytes, COMPONENT);
    let token = server.asked().into_iter().find(|asked| asked.path.starts_with("/token")).expect("asked");
    assert_eq!(token.path, "/token?scope=repository%3Aacme%2Fpost%3Apull&service=registry.example");
    assert_eq!(token.authorization, None);

    fetch(&sources(Some(("me", "secret-word"))), &reference).await.expect("a user gets one");
    let asked = server.asked();
    let basic = asked
        .iter()
        .filter(|asked| asked.authorization.as_deref().is_some_and(|text| text.contains("Basic")));
    assert!(
        basic.clone().count() == 1 && basic.clone().all(|asked| asked.path.starts_with("/token")),
        "{asked:?}"
    );

    server.behave(Behaviour::Denies);
    for user in [None, Some(("me", "secret-word"))] {
        let error = fetch(&sources(user), &reference).await.expect_err("denied");
        let said = format!("{error} {error:?} {:?}", error.hint());
        assert!(matches!(error, SourceError::Unauthorized { .. }) && said.contains("docker login"), "{said}");
        assert!(!said.contains("secret-word") && !said.contains("c2VjcmV0"), "{said}");
    }
}

#[tokio::test]
async fn a_registry_that_asks_for_a_password_gets_it() {
    let (server, _) = with_component().await;
    server.behave(Behaviour::WantsPassword);
    fetch(&sources(Some(("me", "secret-word"))), &server.reference("acme/post:1"))
        .await
        .expect("a component");
    let error = fetch(&sources(None), &server.reference("acme/post:1")).await.expect_err("nobody");
    assert!(matches!(error, SourceError::Unauthorized { who: "anybody", .. }), "{error}");
}

#[tokio::test]
async fn no_password_is_sent_in_the_clear() {
    let (server, _) = with_component().await;
    server.behave(Behaviour::Realm("http://tokens.example/get?secret=1".into()));
    let error = fetch(&sources(Some(("me", "secret-word"))), &server.reference("acme/post:1")).await;
    let error = error.expect_err("plain HTTP elsewhere");
    assert!(
        matches!(&error, SourceError::Realm { realm, .. } if realm == "http://tokens.example"),
        "{error}"
    );
}

#[tokio::test]
async fn a_redirect_to_the_store_is_followed_without_the_credential() {
    let (server, _) = with_component().await;
    let (store, sources) = (Server::start().await, sources(Some(("me", "secret-word"))));
    store.add_blob(COMPONENT);
    server.behave(Behaviour::RedirectBlobs(store.origin()));
    let fetched = fetch(&sources, &server.reference("acme/post:1")).await;
    assert_eq!(fetched.expect("a component").bytes, COMPONENT);
    let asked = store.asked();
    assert!(asked.len() == 1 && asked[0].authorization.is_none(), "{asked:?}");
    assert!(server.asked().iter().any(|asked| asked.authorization.is_some()));

    for elsewhere in ["http://registry.example", "ftp://127.0.0.1"] {
        server.behave(Behaviour::RedirectBlobs(elsewhere.to_owned()));
        let error = fetch(&sources, &server.reference("acme/post:1")).await.expect_err(elsewhere);
        assert!(
            matches!(&error, SourceError::Unreachable { source, .. } if source.is_redirect()),
            "{error:?}"
        );
    }
    // Round and round.
    server.behave(Behaviour::RedirectBlobs(server.origin()));
    let error = fetch(&sources, &server.reference("acme/post:1")).await.expect_err("a circle");
    assert!(error.hint().is_some_and(|hint| hint.contains("too often")), "{error:?}");
}

#[tokio::test]
async fn signatures_come_from_the_tag_and_from_referrers() {
    let (server, digest) = with_component().await;
    server.add_simple_signature(&digest, b"{\"payload\":1}", &[1, 2, 3]);
    for listed in [true, false] {
        server.add_bundle(&digest, b"{\"bundle\":1}", listed);
        let fetched = fetch(&sources(None), &server.reference("acme/post:1")).await.expect("a component");
        let [Evidence::SimpleSigning { payload, signature, .. }, Evidence::Bundle { manifest, bundle }] =
            &fetched.evidence[..]
        else {
            panic!("{:?}", fetched.evidence)
        };
        assert_eq!((payload.0.as_slice(), signature.0.as_slice()), (&b"{\"payload\":1}"[..], &[1, 2, 3][..]));
        assert_eq!(bundle.0, b"{\"bundle\":1}");
        let manifest = &manifest.as_ref().expect("a manifest").0;
        assert_eq!(format!("sha256:{}", sha256(manifest)), digest);
    }
}

#[tokio::test]
async fn what_stands_beside_a_file_of_a_server_comes_along() {
    let server = Server::start().await;
    server.add_file("/post.wasm", COMPONENT);
    let url = format!("{}/post.wasm?token=secret-word", server.origin());
    let fetched = fetch(&sources(None), &url).await.expect("a component");
    assert_eq!((fetched.bytes.as_slice(), fetched.evidence.len()), (COMPONENT, 0));
    assert_eq!(fetched.resolved, format!("{}/post.wasm", server.origin()));
    server.add_file("/post.wasm.sig", b"AQID\n");
    let fetched = fetch(&sources(None), &url).await.expect("a component");
    assert_eq!(fetched.evidence, [Evidence::beside_file(b"AQID").expect("a signature")]);
    assert!(server.asked().iter().any(|asked| asked.path == "/post.wasm.sig?token=secret-word"));

    let error = fetched.expect(&"0".repeat(64)).expect_err("another file");
    assert!(error.to_string().ends_with(&format!("expected `{}`", "0".repeat(64))), "{error}");
    fetched.expect(&format!("sha256:{}", sha256(COMPONENT).to_uppercase())).expect("this file");

    let missing = format!("{}/other.wasm?token=secret-word", server.origin());
    let error = fetch(&sources(None), &missing).await.expect_err("not there");
    assert!(!format!("{error:?} {error}").contains("secret-word"), "{error}");
    drop(server);
    let error =
        fetch(&sources(None), "http://127.0.0.1:1/x.wasm?token=secret-word").await.expect_err("nobody there");
    assert!(!format!("{error:?} {error}").contains("secret-word"), "{error:?}");
}

#[tokio::test]
async fn what_is_pushed_is_pulled() {
    let server = Server::start().await;
    server.behave(Behaviour::WantsToken);
    let sources = sources(Some(("me", "secret-word")));
    let reference = server.reference("acme/post:1.2.0");
    let Reference::Registry(target) = Reference::parse(&reference).expect("a reference") else {
        panic!("a registry")
    };
    let pushed = sources.push(&target, COMPONENT.to_vec(), &description()).await.expect("pushed");
    assert_eq!(pushed.resolved, server.reference(&format!("acme/post@{}", pushed.digest)));
    let fetched = fetch(&sources, &reference).await.expect("a component");
    assert_eq!((fetched.bytes.as_slice(), fetched.resolved), (COMPONENT, pushed.resolved));

    server.behave(Behaviour::Denies);
    let error = sources.push(&target, COMPONENT.to_vec(), &description()).await.expect_err("denied");
    assert!(!format!("{error} {error:?}").contains("secret-word"), "{error:?}");
}

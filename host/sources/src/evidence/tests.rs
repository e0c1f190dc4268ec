//! Known answers of others. The key and what it signed are invented; see `testdata/README.md` for which program signed what.

use super::*;

const COMPONENT: &[u8] = include_bytes!("../../testdata/component.wasm");
const MANIFEST: &[u8] = include_bytes!("../../testdata/manifest.json");
const KEY: &str = include_str!("../../testdata/cosign.pub");
const FILE_SIGNATURE: &[u8] = include_bytes!("../../testdata/component.wasm.sig");
const FILE_BUNDLE: &[u8] = include_bytes!("../../testdata/bundle-file.json");
const ARTIFACT_BUNDLE: &[u8] = include_bytes!("../../testdata/bundle-artifact.json");
const PAYLOAD: &[u8] = include_bytes!("../../testdata/simple-signing.json");
const PAYLOAD_SIGNATURE: &str = include_str!("../../testdata/simple-signing.json.sig");

fn keys() -> Keys {
    Keys(vec![Key::parse("cosign.pub", KEY).expect("a key")])
}

fn file() -> Evidence {
    Evidence::beside_file(FILE_SIGNATURE).expect("a signature")
}

fn file_bundle() -> Evidence {
    Evidence::beside_file(FILE_BUNDLE).expect("a bundle")
}

fn artifact_bundle() -> Evidence {
    Evidence::Bundle { manifest: Some(Bytes(MANIFEST.to_vec())), bundle: Bytes(ARTIFACT_BUNDLE.to_vec()) }
}

fn simple() -> Evidence {
    let signature = STANDARD.decode(PAYLOAD_SIGNATURE.trim()).expect("Base64");
    Evidence::SimpleSigning {
        manifest: Bytes(MANIFEST.to_vec()),
        payload: Bytes(PAYLOAD.to_vec()),
        signature: Bytes(signature),
    }
}

fn all() -> [Evidence; 4] {
    [file(), file_bundle(), artifact_bundle(), simple()]
}

/// Why it proves nothing.
fn reason(evidence: Evidence, component: &[u8]) -> &'static str {
    match keys().verify(&[evidence], component) {
        Verdict::Unproven(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_others_signed_is_proven() {
    let keys = keys();
    // `openssl pkey -pubin -in cosign.pub -outform DER | sha256sum`
    assert_eq!(
        keys.0[0].fingerprint,
        "sha256:29ac913617deb7e2c33e67ef29ae4414a61ac4173beb9a9afc87961d151cf460"
    );
    for evidence in all() {
        let stored = serde_json::to_vec(&evidence).expect("JSON");
        let read: Evidence = serde_json::from_slice(&stored).expect("as it was");
        assert_eq!(read, evidence);
        let evidence = [read];
        assert_eq!(keys.verify(&evidence, COMPONENT), Verdict::Signed(&keys.0[0], &evidence[0]));
    }
    assert_eq!(keys.verify(&[], COMPONENT), Verdict::Unsigned);
    // One that proves nothing does not stand in the way of one that does.
    let evidence = [Evidence::Blob { signature: Bytes(vec![1]) }, simple()];
    assert_eq!(keys.verify(&evidence, COMPONENT), Verdict::Signed(&keys.0[0], &evidence[1]));
}

#[test]
fn another_component_is_not_signed_by_it() {
    let other = [COMPONENT, b" "].concat();
    for (evidence, expected) in all().into_iter().zip([
        "it is signed by none of `keys`",
        "it is signed by none of `keys`",
        "what is signed is another component",
        "what is signed is another component",
    ]) {
        assert_eq!(reason(evidence, &other), expected);
    }
}

#[test]
fn another_key_did_not_sign_it() {
    // From RFC 9500: a key of tests.
    let other = "-----BEGIN PUBLIC KEY-----\n\
                 MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQiVI+I+3gv+17KN0RFLHKh5Vj71v\n\
                 c75eSOkyMsxFxbFsTNEMTLjVuKFxOelIgsiZJXKZNCX0FBmrfpCkKklCcg==\n\
                 -----END PUBLIC KEY-----\n";
    let keys = Keys(vec![Key::parse("other.pub", other).expect("a key")]);
    for evidence in all() {
        assert_eq!(keys.verify(&[evidence], COMPONENT), Verdict::Unproven("it is signed by none of `keys`"));
    }
    let none = Keys::default();
    let expected = Verdict::Unproven("there are no `keys` to hold its signature against");
    assert_eq!(none.verify(&[simple()], COMPONENT), expected);
}

#[test]
fn every_bit_that_is_signed_matters() {
    for (evidence, pointer) in [
        (file(), "/signature"),
        (simple(), "/payload"),
        (simple(), "/signature"),
        (simple(), "/manifest"),
        (artifact_bundle(), "/manifest"),
    ] {
        let whole = serde_json::to_value(evidence).expect("JSON");
        let bytes =
            STANDARD.decode(whole.pointer(pointer).expect(pointer).as_str().expect("text")).expect("Base64");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let mut value = whole.clone();
            *value.pointer_mut(pointer).expect(pointer) = STANDARD.encode(changed).into();
            let evidence: Evidence = serde_json::from_value(value).expect("evidence");
            let keys = keys();
            assert!(matches!(keys.verify(&[evidence], COMPONENT), Verdict::Unproven(_)), "{pointer} {at}");
        }
    }
}

#[test]
fn what_a_genuine_signature_is_about_is_looked_at() {
    let manifest = crate::sha256(MANIFEST);
    assert_eq!(simple::names(PAYLOAD, &manifest), Ok(()));
    let text = std::str::from_utf8(PAYLOAD).expect("text");
    for (payload, expected) in [
        (
            text.replace("cosign container image signature", "atomic container signature"),
            "its payload is not cosign's",
        ),
        (text.replace(&manifest, &"0".repeat(64)), "what is signed is another artifact"),
        (text.replace("sha256:", "sha512:"), "what is signed is another artifact"),
        ("{}".to_owned(), "its payload is not cosign's"),
    ] {
        assert_ne!(payload, text);
        assert_eq!(simple::names(payload.as_bytes(), &manifest), Err(expected));
    }
    let statement = |kind: &str, digest: &str| {
        format!(
            r#"{{"predicateType":"{kind}","subject":[{{"digest":{{"sha1":"0"}}}},{{"digest":{{"sha256":"{digest}"}}}}]}}"#
        )
    };
    let signed = "https://sigstore.dev/cosign/sign/v1";
    assert_eq!(bundle::states(statement(signed, &manifest).as_bytes(), &manifest), Ok(()));
    let other = bundle::states(statement("https://spdx.dev/Document", &manifest).as_bytes(), &manifest);
    assert_eq!(other, Err("its bundle says something about it, but does not sign it"));
    assert_eq!(
        bundle::states(statement(signed, "0").as_bytes(), &manifest),
        Err("what is signed is another artifact")
    );
}

#[test]
fn bundles_that_say_something_else_are_told_apart() {
    let changed = |from: &str, to: &str| {
        let text = std::str::from_utf8(ARTIFACT_BUNDLE).expect("text");
        assert!(text.contains(from), "{from}");
        let bundle = Bytes(text.replace(from, to).into_bytes());
        Evidence::Bundle { manifest: Some(Bytes(MANIFEST.to_vec())), bundle }
    };
    for (evidence, expected) in [
        (changed("\"publicKey\"", "\"certificate\""), "keyless"),
        (changed("vnd.dev.sigstore.bundle.v0.3", "vnd.example"), "not sigstore's"),
        (
            changed("\"payloadType\": \"application/vnd.in-toto+json\"", "\"payloadType\": \"text/plain\""),
            "none of `keys`",
        ),
        (changed("dsseEnvelope", "other"), "for something else"),
        (Evidence::Bundle { manifest: None, bundle: Bytes(ARTIFACT_BUNDLE.to_vec()) }, "another artifact"),
        (
            Evidence::Bundle {
                manifest: Some(Bytes(MANIFEST.to_vec())),
                bundle: Bytes(FILE_BUNDLE.to_vec()),
            },
            "for something else",
        ),
        (Evidence::Bundle { manifest: None, bundle: Bytes(b"{}".to_vec()) }, "not sigstore's"),
    ] {
        let reason = reason(evidence, COMPONENT);
        assert!(reason.contains(expected), "{reason}, expected {expected}");
    }
}

#[test]
fn what_stands_beside_a_file_is_a_signature_a_bundle_or_nothing() {
    assert!(matches!(Evidence::beside_file(b" AQID\n"), Some(Evidence::Blob { .. })));
    assert!(matches!(Evidence::beside_file(b"\n{}"), Some(Evidence::Bundle { manifest: None, .. })));
    assert_eq!(Evidence::beside_file(b"<html>"), None);
}

use super::*;
use crate::channels::channels;

fn manifest(settings: &str) -> Manifest {
    let text = format!(
        "manifest_version = 1\nid = \"shop\"\ntitle = \"Shop\"\nversion = \"0.1.0\"\nsummary = \"A shop.\"\n\
         documentation = \"https://example.org\"\nmethods = [\"POST\"]\n{settings}"
    );
    Manifest::parse(&text).expect("a manifest")
}

fn learned(settings: &str, sources: &[&str]) -> Vec<Scheme> {
    let cases = sources.iter().map(|source| {
        let source = format!("{source}\n--- expect\n{{\"answer\":{{}},\"events\":[]}}\n");
        Case::parse("", &source).expect("a case")
    });
    Schemes::learn(cases, &manifest(settings)).schemes
}

const KEYS: &str = "[settings.key]\nhelp = \"The key.\"\nsecret = \"verify\"\n";

#[test]
fn a_time_stamp_that_is_signed_is_found_in_its_header() {
    let source = "@setting key a-secret-key\nPOST https://h/x\nx-time: 1790000300\n\
                  x-signature: v0={{hmac sha256 hex key =v0:1790000300: body}}\n\n{\"a\":1}";
    let schemes = learned(KEYS, &[source, source]);
    assert_eq!(schemes.len(), 1);
    assert_eq!((schemes[0].prefix.as_str(), schemes[0].cases), ("v0=", 2));
    let Proof::Hmac { pieces, .. } = &schemes[0].proof else { panic!("{:?}", schemes[0].proof) };
    let text = |text: &str| Piece::Text(text.to_owned());
    assert_eq!(*pieces, [text("v0:"), Piece::Header("x-time".to_owned()), text(":"), Piece::Body]);
}

#[test]
fn a_secret_that_is_sent_as_it_is_and_a_part_of_a_setting_are_found() {
    let plain = "@setting key a-secret-key\nPOST https://h/x\nauthorization: Bearer a-secret-key\n\nbody";
    let part = "@setting key one:id:a:b\n@setting by a:b\nPOST https://h/x\nx-s: {{hmac sha1 base64 by body}}\n\nbody";
    let schemes = learned(KEYS, &[plain, part]);
    assert_eq!(schemes.len(), 2, "{schemes:?}");
    let bearer = schemes.iter().find(|scheme| scheme.prefix == "Bearer ").expect("the secret itself");
    assert_eq!(bearer.proof, Proof::Secret(Key { setting: "key".to_owned(), skip: 0 }));
    let signed = schemes.iter().find(|scheme| scheme.prefix.is_empty()).expect("a signature");
    assert_eq!(*signed.proof.key(), Key { setting: "key".to_owned(), skip: 2 });
    assert_eq!(signed.proof.key().part("one:id:a:b"), "a:b");
}

#[test]
fn what_is_refused_teaches_nothing() {
    let text = "@setting key k\nPOST https://h/x\nx-s: {{hmac sha1 hex key body}}\n\nb\n--- expect\n{\"refuse\":{}}\n";
    let learned = Schemes::learn([Case::parse("", text).expect("a case")], &manifest(KEYS));
    assert_eq!(learned.schemes, []);
    assert!(learned.headers.contains("x-s"));
}

#[test]
fn every_channel_says_how_it_signs() {
    let mut learned = 0;
    for channel in channels() {
        let id = &channel.manifest.id;
        let schemes = &channel.schemes.schemes;
        // Others sign with a private key, or send a token or a password: that is not learned from case files.
        let told = |(_, case): &(String, Case)| {
            let input = case.input();
            input.contains("{{hmac ") && !input.contains("{{jwt ")
        };
        if channel.genuine.iter().any(told) {
            assert!(!schemes.is_empty(), "{id} has no scheme");
        }
        learned += usize::from(!schemes.is_empty());
        for scheme in &channel.schemes.schemes {
            let key = scheme.proof.key();
            assert!(channel.manifest.settings.contains_key(&key.setting), "{id}: {scheme:?}");
        }
        assert!(!channel.schemes.defaults.is_empty(), "{id}");
    }
    assert!(learned >= 12, "{learned} channels have a scheme");
}

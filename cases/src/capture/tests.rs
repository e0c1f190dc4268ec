use super::*;
use crate::body::fields;
use crate::channels::{Channel, channels};
use crate::{Algorithm, Encoding};

fn captured(channel: &Channel, case: &Case, keep: Keep) -> Captured {
    let events = case.events();
    let original = Original { request: &case.request, context: &case.context, events: &events };
    capture(&original, &channel.manifest, &channel.schemes, keep).expect("a case")
}

/// Everything that stands in a request, decoded.
fn values(request: &Request) -> Vec<String> {
    let mut values: Vec<String> = fields(request).into_iter().map(|(_, value)| value).collect();
    values.extend(crate::body::query(request).into_iter().map(|(_, value)| value));
    values
}

#[test]
fn every_genuine_case_is_captured_without_what_is_personal() {
    let (mut cases, mut looked_for, mut failures) = (0, 0, Vec::new());
    for channel in channels() {
        for (name, case) in &channel.genuine {
            let captured = captured(&channel, case, Keep::Nothing);
            cases += 1;
            let (before, after) = (values(&case.request), values(&captured.case.request));
            let file = captured.with_expected("");
            let own = Case::parse(&channel.schemes.defaults, "POST https://h/x\n").expect("defaults");
            let is_own = |value: &str| own.context.settings.iter().any(|(_, known)| known == value);
            for (kind, value) in Personal::of(&case.events()).values {
                if is_own(&value) || !value.chars().any(char::is_alphanumeric) {
                    continue;
                }
                // Shorter ones are parts of words, and are replaced where they stand alone.
                let short = value.chars().count() < 5;
                // A word may be the name of something else, too.
                let word = value.chars().all(|letter| letter.is_alphabetic() || letter == '_');
                let is = |held: &String| if short || word { *held == value } else { held.contains(&value) };
                if !before.iter().any(is) {
                    continue;
                }
                looked_for += 1;
                if after.iter().any(is) || !short && !word && file.contains(&value) {
                    failures.push(format!("{name}: {kind:?} `{value}`"));
                }
            }
            let fits = !trace::fitting(&case.request, &case.context, &channel.schemes.schemes).is_empty();
            if fits && captured.signed != Signed::Again {
                failures.push(format!("{name}: {:?}", captured.signed));
            }
            let secrets = crate::scheme::verify_settings(&channel.manifest);
            for secret in secrets.flat_map(|setting| case.context.setting_values(setting)) {
                if file.contains(secret) && !is_own(secret) {
                    failures.push(format!("{name}: a secret"));
                }
            }
        }
    }
    println!("{cases} cases, {looked_for} values");
    assert!(failures.is_empty(), "{} of {looked_for}:\n{}", failures.len(), failures.join("\n"));
    assert!(cases > 400 && looked_for > 2_000, "{cases} cases, {looked_for} values");
}

/// A channel that is known by its manifest alone.
fn shop(headers: &[(&str, &str)], body: &[u8], events: &str) -> Captured {
    let manifest = "manifest_version = 1\nid = \"shop\"\ntitle = \"Shop\"\nversion = \"0.1.0\"\nsummary = \"A shop.\"\n\
                    documentation = \"https://example.org\"\nmethods = [\"POST\"]\n[settings.webhook_secret]\n\
                    help = \"The secret.\"\nsecret = \"verify\"\n";
    let manifest = Manifest::parse(manifest).expect("a manifest");
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let url = "https://real.example.com/hooks/ours?shop=4711471147".to_owned();
    let request = Request { method: "POST".to_owned(), url, headers, body: body.to_vec() };
    let settings = vec![("webhook_secret".to_owned(), "the-real-secret".to_owned())];
    let context = Context { settings, now: 1_790_000_300_000, exchanges: Vec::new() };
    let events: Vec<Event> = serde_json::from_str(events).expect("events");
    let original = Original { request: &request, context: &context, events: &events };
    capture(&original, &manifest, &Schemes::default(), Keep::Nothing).expect("a case")
}

const MESSAGE: &str = r#"[{"id":"m-100200","account":"shop-1","kind":{"message":{"id":"m-100200",
    "parts":[{"text":"Where is my parcel?"}],"reply_to":{"id":"m-100100"}}},
    "contact":{"identifiers":[{"scheme":"phone","value":"+4917612345678"}],"name":"Ada Lovelace"}}]"#;

#[test]
fn references_stay_consistent_and_numbers_stay_numbers() {
    let body = r#"{ "id": "m-100200",  "to":"m-100100", "from":4917612345678, "at":1790000290, "url":"https:\/\/x.example\/+4917612345678",
"text":"Where is my parcel?","name":"Ada Lovelace", "n":1.50, "cc":"grace@example.net", "more":"{\"again\":\"m-100200\"}"}"#;
    let secret = Algorithm::Sha256.hmac(b"the-real-secret", body.as_bytes());
    let made = shop(
        &[("x-sign", &Encoding::Hex.write(&secret)), ("user-agent", "shop/1")],
        body.as_bytes(),
        MESSAGE,
    );
    assert_eq!(made.signed, Signed::Again);
    let text = made.without_expected();
    assert!(text.contains("x-sign: {{hmac sha256 hex webhook_secret body}}\n"), "{text}");
    assert!(text.contains("@setting webhook_secret invented-webhook-secret\n"), "{text}");
    assert!(text.contains("# Headers left out: user-agent.\n"), "{text}");
    assert!(text.contains(" \"n\":1.50,") && text.contains("\"at\":1790000290"), "{text}");
    for personal in
        ["4917612345678", "Lovelace", "parcel", "grace", "100200", "100100", "4711471147", "the-real"]
    {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
    let body: serde_json::Value = serde_json::from_slice(&made.case.request.body).expect("JSON");
    assert!(body["from"].as_u64().expect("a number").to_string().starts_with("1555"), "{body}");
    assert_eq!(body["url"], format!("https://x.example/+{}", body["from"]));
    assert_eq!(body["more"], format!("{{\"again\":{}}}", body["id"]));
    assert_eq!(made.found.iter().filter(|(kind, _)| *kind == Kind::Email).count(), 1);
}

#[test]
fn what_cannot_be_signed_again_is_said_and_what_needs_no_signature_too() {
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJzaG9wIn0.c2lnbmF0dXJl";
    let made = shop(&[("authorization", &format!("Bearer {token}"))], b"{}", "[]");
    assert!(
        matches!(&made.signed, Signed::Impossible(why) if why.contains("header `authorization`")),
        "{:?}",
        made.signed
    );
    assert!(!made.without_expected().contains(token));
    assert_eq!(shop(&[], b"{}", "[]").signed, Signed::Without);
}

#[test]
fn bodies_of_every_form_are_written_so_that_they_are_read_as_they_are() {
    for (content_type, body, directive) in [
        ("text/plain", &b"a\n\nb\n"[..], ""),
        ("text/plain", b"a\r\nb\r\n", "@body crlf\n"),
        ("text/plain", b"a\rb", "@body base64\n"),
        ("text/plain", b"\xff\x00", "@body base64\n"),
        ("text/plain", b"a\n--- expect\nb", "@body base64\n"),
        ("text/plain", b"{{hmac x y}}", "@body base64\n"),
        ("application/x-www-form-urlencoded", b"a=1+2&b=%0A&c=", "@body form\n"),
        ("application/x-www-form-urlencoded", b"a=%5Cn", ""),
    ] {
        let made = shop(&[("content-type", content_type)], body, "[]");
        assert_eq!(made.case.request.body, body, "{}", made.without_expected());
        let text = made.without_expected();
        let found = text
            .lines()
            .find(|line| line.starts_with("@body"))
            .map_or(String::new(), |line| format!("{line}\n"));
        assert_eq!(found, directive, "{text}");
    }
}

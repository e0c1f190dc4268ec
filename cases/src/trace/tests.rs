use trunkline_model::Response;

use super::*;
use crate::body::BodyKind;
use crate::channels::{Channel, channels};
use crate::scheme::{Key, Schemes};
use crate::{Algorithm, Encoding};

fn traced(channel: &Channel, request: &Request, context: &Context) -> Trace {
    let refusal = Refusal::new(RefusalReason::Mismatch, 401, "no secret fits");
    trace(request, context, &channel.schemes.schemes, Some(&ReceiveStep::Refuse(refusal)))
}

/// Genuine cases with a signature, and which check of their trace fits.
fn signed(channel: &Channel) -> impl Iterator<Item = (&str, Request, Context, Scheme)> {
    channel.genuine.iter().filter_map(|(name, case)| {
        let trace = trace(&case.request, &case.context, &channel.schemes.schemes, None);
        let check = trace.checks.iter().find(|check| check.fits() && !check.guessed)?;
        let schemes = scheme::applying(&channel.schemes.schemes, &case.request);
        // Where the settings choose between algorithms, what is wrong may be either.
        if schemes.iter().filter(|scheme| scheme.place == check.place).count() > 1 {
            return None;
        }
        let scheme = schemes.into_iter().find(|scheme| {
            scheme.place == check.place
                && method(scheme) == check.method
                && covers(&scheme.proof, &case.request) == check.covers
        })?;
        let is_hmac = matches!(scheme.proof, Proof::Hmac { .. });
        is_hmac.then(|| (name.as_str(), case.request.clone(), case.context.clone(), scheme.clone()))
    })
}

fn set(request: &mut Request, place: &Place, change: impl Fn(&str) -> String) -> bool {
    let Place::Header(name) = place else { return false };
    for (key, value) in request.headers.iter_mut().filter(|(key, _)| key == name) {
        *value = change(value);
        let _ = key;
    }
    true
}

fn codes(trace: &Trace) -> Vec<&str> {
    trace
        .checks
        .first()
        .map(|check| check.causes.iter().map(|cause| cause.code).collect())
        .unwrap_or_default()
}

#[test]
fn genuine_webhooks_of_every_channel_fit() {
    let mut judged = 0;
    for channel in channels() {
        let (mut fit, mut all) = (0, 0);
        for (name, case) in &channel.genuine {
            let trace = trace(&case.request, &case.context, &channel.schemes.schemes, None);
            // What a file itself does not say how it is signed (by a private key, a password, with a known answer) is not judged.
            let says = !Schemes::learn([case.clone()], &channel.manifest).schemes.is_empty();
            fit += usize::from(says && trace.verified);
            all += usize::from(says);
            let secrets = crate::scheme::verify_settings(&channel.manifest);
            let text = format!("{trace}{}", serde_json::to_string(&trace).expect("JSON"));
            for secret in secrets.flat_map(|setting| case.context.setting_values(setting)) {
                assert!(!text.contains(secret), "{name} tells a secret:\n{text}");
            }
        }
        println!("{}: {fit} of {all} fit", channel.manifest.id);
        assert!(fit * 10 >= all * 9, "{}: {fit} of {all} fit", channel.manifest.id);
        judged += fit;
    }
    assert!(judged > 1_000, "{judged} webhooks");
}

#[test]
fn what_spoils_a_signature_is_named() {
    let mut tried = 0;
    for channel in channels() {
        for (name, request, context, scheme) in signed(&channel) {
            let Proof::Hmac { pieces, encoding, algorithm, key } = &scheme.proof else { continue };
            let expect = |code: &str, request: &Request, context: &Context| {
                let trace = traced(&channel, request, context);
                assert!(!trace.verified, "{name} {code}:\n{trace}");
                assert!(codes(&trace).contains(&code), "{name} expected {code}:\n{trace}");
                trace
            };
            let mut context = context;
            // One value, so that the others explain nothing.
            context.settings.retain(|(name, _)| channel.manifest.settings.contains_key(name));
            if trace(&request, &context, std::slice::from_ref(&scheme), None).checks[0].fitting != Some(1) {
                continue;
            }
            tried += 1;

            let mut empty = context.clone();
            for (name, value) in &mut empty.settings {
                if *name == key.setting {
                    value.clear();
                }
            }
            let only = |request: &Request, context: &Context| {
                trace(request, context, std::slice::from_ref(&scheme), None)
            };
            assert_eq!(codes(&only(&request, &empty)), ["secret_empty"], "{name}");

            let mut spaced = context.clone();
            for (name, value) in &mut spaced.settings {
                if *name == key.setting {
                    value.push('\n');
                }
            }
            expect("secret_white_space", &request, &spaced);

            let mut other = context.clone();
            for (name, value) in &mut other.settings {
                if *name == key.setting {
                    let old = std::mem::replace(value, "quite-another-secret".to_owned());
                    if key.skip == 0 {
                        other.settings.push(("a_setting".to_owned(), old));
                    }
                    break;
                }
            }
            other.settings.retain(|(name, value)| *name != key.setting || value == "quite-another-secret");
            if key.skip == 0 {
                expect("other_setting", &request, &other);
                other.settings.retain(|(name, _)| name != "a_setting");
            }
            assert_eq!(codes(&only(&request, &other)), ["unknown"], "{name}");

            if pieces.contains(&Piece::Body) && !request.body.is_empty() {
                let mut longer = request.clone();
                longer.body.push(b'\n');
                expect("body_line_end", &longer, &context);
                // Half a surrogate is JSON for some, and cannot be written anew.
                if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&request.body) {
                    let compact = value.to_string().into_bytes() == request.body;
                    let mut pretty = request.clone();
                    pretty.body = serde_json::to_vec_pretty(&value).expect("JSON");
                    if compact && pretty.body != request.body {
                        expect("body_rewritten", &pretty, &context);
                    }
                }
            }
            if pieces.contains(&Piece::Url) {
                let changed = |from: &str, to: &str| {
                    let mut changed = request.clone();
                    changed.headers.push(("host".to_owned(), "hooks.example.org".to_owned()));
                    changed.url = changed.url.replacen(from, to, 1);
                    changed
                };
                if request.url.starts_with("https://hooks.example.org/") {
                    expect("public_url", &changed("https://", "http://"), &context);
                    expect("public_url", &changed("hooks.example.org", "10.0.0.7:8080"), &context);
                }
                if !request.url.contains('?') {
                    let mut slash = request.clone();
                    slash.url.push('/');
                    expect("url_path", &slash, &context);
                    slash.url = format!("{}?utm=1", request.url);
                    expect("url_path", &slash, &context);
                }
            }
            let mut spoiled = request.clone();
            if !set(&mut spoiled, &scheme.place, |value| {
                let bare = bare(value, &scheme);
                let bytes = forms_of(bare);
                let other = if *encoding == Encoding::Hex { Encoding::Base64 } else { Encoding::Hex };
                format!("{}{}", scheme.prefix, other.write(&bytes))
            }) {
                continue;
            }
            expect("encoding", &spoiled, &context);
            if !scheme.prefix.is_empty() {
                let mut bare_one = request.clone();
                set(&mut bare_one, &scheme.place, |value| bare(value, &scheme).to_owned());
                expect("prefix_missing", &bare_one, &context);
            }
            let mut cut = request.clone();
            set(&mut cut, &scheme.place, |value| value[..value.len() - 6].to_owned());
            expect("unreadable", &cut, &context);
            let mut renamed = request.clone();
            for (name, _) in &mut renamed.headers {
                if scheme.place == Place::Header(name.clone()) {
                    *name = format!("x-renamed-{name}");
                }
            }
            expect("other_name", &renamed, &context);
            renamed.headers.retain(|(name, _)| !name.starts_with("x-renamed-"));
            assert_eq!(codes(&only(&renamed, &context)), ["missing"], "{name}");
            let mut twice = request.clone();
            let header = twice.headers.iter().find(|(name, _)| scheme.place == Place::Header(name.clone()));
            let header = header.cloned().expect("it is there");
            twice.headers.push(header);
            let trace = traced(&channel, &twice, &context);
            assert_eq!(codes(&trace), ["repeated"], "{name}: {trace}");
            let _ = algorithm;
        }
    }
    println!("{tried} signatures were spoiled");
    assert!(tried > 300, "only {tried} signatures were spoiled");
}

fn forms_of(text: &str) -> Vec<u8> {
    vary::forms(text).into_iter().next().expect("a signature").bytes
}

/// A channel of which nothing is known.
fn unknown(headers: &[(&str, String)], body: &str) -> (Request, Context) {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let request = Request {
        method: "POST".to_owned(),
        url: "https://hooks.example.org/hooks/shop".to_owned(),
        headers,
        body: body.as_bytes().to_vec(),
    };
    let settings = vec![("webhook_secret".to_owned(), "shop-secret-1".to_owned())];
    (request, Context { settings, now: 1_790_000_300_000, exchanges: Vec::new() })
}

#[test]
fn a_signature_of_an_unknown_way_is_found_by_trying() {
    let body = "{\"id\":\"m-1\"}";
    let hmac = |algorithm: Algorithm, message: &str| algorithm.hmac(b"shop-secret-1", message.as_bytes());
    for (signature, expected) in [
        (Encoding::Hex.write(&hmac(Algorithm::Sha256, body)), "body (12 bytes)"),
        (format!("sha1={}", Encoding::Hex.write(&hmac(Algorithm::Sha1, body))), "body (12 bytes)"),
        (
            Encoding::Base64.write(&hmac(Algorithm::Sha512, &format!("1790000290.{body}"))),
            "header `x-time` (10 bytes) + `.` (1 bytes) + body (12 bytes)",
        ),
        (
            format!("v0={}", Encoding::Hex.write(&hmac(Algorithm::Sha256, &format!("v0:1790000290:{body}")))),
            "`v0:` (3 bytes)",
        ),
        (
            Encoding::Hex
                .write(&hmac(Algorithm::Sha1, &format!("https://hooks.example.org/hooks/shop{body}"))),
            "url (36 bytes) + body",
        ),
    ] {
        let (request, context) = unknown(&[("x-time", "1790000290".to_owned()), ("x-shop", signature)], body);
        let trace = trace(&request, &context, &[], None);
        let text = trace.to_string();
        assert!(trace.verified && trace.checks[0].guessed, "{text}");
        assert!(text.contains(expected) && text.contains("found by trying"), "{expected}: {text}");
    }
    let (request, context) = unknown(&[("x-shop-token", "shop-secret-1".to_owned())], body);
    let found = trace(&request, &context, &[], None);
    assert!(found.verified && !found.to_string().contains("shop-secret-1"), "{found}");
    let (request, context) = unknown(&[("x-shop", "0".repeat(64))], body);
    let none = trace(&request, &context, &[], None);
    assert!(!none.verified && none.checks.is_empty(), "{none}");
    assert!(none.to_string().contains("none that is known or usual"), "{none}");
}

fn shop(pieces: Vec<Piece>) -> Scheme {
    Scheme {
        place: Place::Header("x-shop".to_owned()),
        prefix: String::new(),
        suffix: String::new(),
        proof: Proof::Hmac {
            algorithm: Algorithm::Sha256,
            encoding: Encoding::Hex,
            key: Key { setting: "webhook_secret".to_owned(), skip: 0 },
            pieces,
        },
        scopes: [("POST".to_owned(), BodyKind::Json)].into(),
        cases: 1,
    }
}

#[test]
fn what_a_person_reads_is_aligned_and_says_what_to_do() {
    let body = "{\"id\":\"m-1\"}";
    let signature = Encoding::Hex.write(&Algorithm::Sha256.hmac(b"shop-secret-1", body.as_bytes()));
    let (mut request, context) = unknown(&[("x-shop", signature.clone())], body);
    request.body = b"{\"id\": \"m-1\"}".to_vec();
    let refusal = ReceiveStep::Refuse(Refusal::new(RefusalReason::Mismatch, 401, "no secret fits"));
    let spoiled = trace(&request, &context, &[shop(vec![Piece::Body])], Some(&refusal));
    let text = spoiled.to_string();
    let expected = [
        "refused (401 mismatch): no secret fits",
        "  signature  header `x-shop`: there",
        "  method     HMAC-SHA256 in lower-case hex",
        "  over       body (13 bytes)",
        "  secret     `webhook_secret`: its value does not fit",
    ];
    assert_eq!(text.lines().take(5).collect::<Vec<_>>(), expected);
    let tail = "  fits       no\n  cause      the JSON was parsed and written anew, so that its bytes are others\n\
                \x20 do         something between the provider and this host changes the body: pass it on byte by byte\n";
    assert!(text.ends_with(tail), "{text}");
    assert!(text.contains(&format!("  received   {}…\n", &signature[..8])), "{text}");
    let json = serde_json::to_value(&spoiled).expect("JSON");
    assert_eq!(json["checks"][0]["causes"][0]["code"], "body_rewritten");
    assert_eq!(json["outcome"]["refused"]["reason"], "mismatch");
}

#[test]
fn a_signature_that_fits_and_is_too_old_or_refused_otherwise_says_so() {
    let body = "{\"id\":\"m-1\"}";
    let pieces = vec![Piece::Header("x-time".to_owned()), Piece::Body];
    let signed = |time: &str| {
        let signature = Algorithm::Sha256.hmac(b"shop-secret-1", format!("{time}{body}").as_bytes());
        unknown(&[("x-time", time.to_owned()), ("x-shop", Encoding::Hex.write(&signature))], body)
    };
    let refused = |reason| ReceiveStep::Refuse(Refusal::new(reason, 401, "why"));
    let schemes = [shop(pieces)];
    let (request, context) = signed("1789996700");
    let old = trace(&request, &context, &schemes, Some(&refused(RefusalReason::Stale)));
    assert!(old.verified && old.to_string().contains("60 min old"), "{old}");
    let (request, context) = signed("1790000299");
    let other = trace(&request, &context, &schemes, Some(&refused(RefusalReason::WrongAccount)));
    assert_eq!(codes(&other), ["not_the_signature"]);
    let answered =
        ReceiveStep::Answer(trunkline_model::Answer { response: Response::empty(200), events: Vec::new() });
    let taken = trace(&request, &context, &schemes, Some(&answered));
    assert_eq!((taken.checks[0].age_s, codes(&taken)), (Some(1), Vec::new()));
    assert!(taken.to_string().starts_with("taken (200): 0 events\n"), "{taken}");
}

#[test]
fn a_body_that_is_no_larger_than_allowed_is_traced_in_a_moment() {
    let body = format!("{{\"id\":\"{}\"}}", "m".repeat(27 << 20));
    let (request, context) = unknown(&[("x-shop", "0".repeat(64))], &body);
    let traced = trace(&request, &context, &[shop(vec![Piece::Body])], None);
    assert_eq!(codes(&traced), ["unknown"]);
}

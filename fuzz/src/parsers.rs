//! The SDK's parsers, each alone: no input makes them panic, and what they give is what it says.

use serde::Deserialize;
use serde_json::value::RawValue;
use trunkline_cases::Case;
use trunkline_model::{Context, EVENT_ID_BYTES_MAX, Event};
use trunkline_sdk::email::{self, Delivery, Headers, Mail};
use trunkline_sdk::form::{self, Form};
use trunkline_sdk::json::{self, Number, Text};
use trunkline_sdk::signature::{self, Hmac};
use trunkline_sdk::split::{self, Unit};
use trunkline_sdk::{keyword, multipart, phone, sms, twilio};

use crate::receive::keeps_what_it_holds;
use crate::seeds::{self, Seed};

/// One parser, or what belongs together.
pub struct Parser {
    /// The target's name.
    pub name: &'static str,
    /// Tries one input.
    pub check: fn(&[u8]) -> bool,
    /// What to start from.
    pub seeds: fn() -> Vec<Seed>,
}

/// All of them.
pub const PARSERS: [Parser; 8] = [
    Parser { name: "sdk-json", check: json, seeds: seeds::json_values },
    Parser { name: "sdk-form", check: form, seeds: seeds::forms },
    Parser { name: "sdk-multipart", check: multipart, seeds: seeds::multiparts },
    Parser { name: "sdk-mail", check: mail, seeds: seeds::mails },
    Parser { name: "sdk-mail-parts", check: mail_parts, seeds: seeds::mail_parts },
    Parser { name: "sdk-twilio", check: twilio, seeds: seeds::twilio },
    Parser { name: "sdk-signature", check: signature, seeds: seeds::signatures },
    Parser { name: "sdk-text", check: text, seeds: seeds::texts },
];

/// Members that may have any form.
#[derive(Deserialize)]
struct Lenient {
    #[serde(default, deserialize_with = "json::lenient")]
    id: Option<Text>,
    #[serde(default, deserialize_with = "json::lenient")]
    amount: Option<Number>,
    #[serde(default, deserialize_with = "json::lenient")]
    list: Option<Vec<Text>>,
}

fn json(input: &[u8]) -> bool {
    let Ok(raw) = serde_json::from_slice::<&RawValue>(input) else {
        // No JSON may be a time all the same.
        if let Ok(text) = std::str::from_utf8(input) {
            json::milliseconds(text);
        }
        return true;
    };
    let text = serde_json::from_str::<Text>(raw.get());
    if let Ok(text) = &text {
        json::milliseconds(text);
        let quoted = serde_json::to_string(&text.0).expect("texts serialize");
        assert_eq!(serde_json::from_str::<Text>(&quoted).ok().as_ref(), Some(text));
    }
    if let Ok(Number(number)) = serde_json::from_str(raw.get()) {
        assert!(number.is_finite());
    }
    let scalars = json::scalars(raw, &["id"]);
    assert!(scalars.iter().all(|(name, _)| name != "id"));
    if let Ok(Lenient { id, amount, list }) = serde_json::from_str(raw.get()) {
        assert!(amount.is_none_or(|Number(number)| number.is_finite()));
        std::hint::black_box((id, list));
    }
    true
}

fn form(input: &[u8]) -> bool {
    let Some(form) = Form::parse(input) else { return true };
    let fields = || form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let encoded = form::encode(fields());
    assert_eq!(
        Form::parse(encoded.as_bytes()).as_ref(),
        Some(&form),
        "a form is the same when it is read again"
    );
    for (name, value) in fields() {
        assert!(form.first(name).is_some() && form.last(name).is_some());
        if let Some(segment) = form::path_segment(value) {
            let stays = segment.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#\\".contains(&byte));
            assert!(stays, "`{segment}` leaves its place");
        }
    }
    true
}

/// A content type in the first line, the body behind it.
fn multipart(input: &[u8]) -> bool {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return false };
    let content_type = String::from_utf8_lossy(&input[..end]);
    let Ok(parts) = multipart::parse(&content_type, &input[end + 1..]) else { return true };
    let boundary = multipart::boundary_for("seed", &parts);
    let body = multipart::encode(&boundary, &parts);
    let again = multipart::parse(&format!("multipart/form-data; boundary={boundary}"), &body);
    let again = again.expect("what was written is read again");
    assert_eq!(again.len(), parts.len());
    assert!(again.iter().zip(&parts).all(|(again, part)| again.body == part.body), "a body is the same");
    true
}

fn mail(input: &[u8]) -> bool {
    are_kept(Mail::parse(input.into()), &Delivery::new("help@example.org"));
    true
}

/// What a provider that takes mails apart gives: a line for the envelope's sender, headers, text and HTML, an empty line
/// between.
fn mail_parts(input: &[u8]) -> bool {
    let whole = String::from_utf8_lossy(input);
    let mut sections = whole.splitn(3, "\n\n");
    let mut next = || sections.next().unwrap_or_default();
    let (head, text, html) = (next(), next(), next());
    let mut lines = head.lines();
    let sender = lines.next().map(str::to_owned);
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers = Headers::from_pairs(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    for (_, value) in headers.iter() {
        email::mailboxes(value);
        email::message_id(value);
        email::file_name(value);
        email::enhanced_code(value).map(email::smtp_reason);
        email::media_kind(Some(value));
        if let Some(address) = email::address(value) {
            assert_eq!(email::address(&address).as_ref(), Some(&address), "an address is one");
        }
    }
    email::text_of_html(html);
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mail = Mail::from_parts(headers, optional(text), optional(html));
    are_kept(mail, &Delivery { sender, ..Delivery::new("help@example.org") });
    true
}

fn are_kept(mail: Mail, delivery: &Delivery) {
    let events: Vec<Event> = email::events(mail, delivery);
    assert!(!events.is_empty(), "a mail is at least one event");
    for event in &events {
        assert!((1..=EVENT_ID_BYTES_MAX).contains(&event.id.len()), "an id of {} bytes", event.id.len());
        keeps_what_it_holds(event);
    }
}

/// As [`crate::receive`], for every product of Twilio.
fn twilio(input: &[u8]) -> bool {
    let Some(end) = input.windows(2).position(|pair| pair == b"\n\n") else { return false };
    let head = String::from_utf8_lossy(&input[..end]);
    let Ok(case) = Case::with_body(&head, input[end + 2..].to_vec()) else { return false };
    let Ok(content) = twilio::verify(&case.request, &case.context) else { return true };
    if let twilio::Content::Body(body) = content {
        assert_eq!(body, case.request.body);
    }
    let settings =
        case.context.settings.iter().map(|(name, value)| (name.clone(), format!("{value}-and-not-the-key")));
    let another = Context { settings: settings.collect(), ..case.context.clone() };
    assert!(
        twilio::verify(&case.request, &another).is_err(),
        "taken for genuine with secrets it was not signed with"
    );
    true
}

/// A line each: what is given as digest, a secret, two times, and a message.
fn signature(input: &[u8]) -> bool {
    let whole = String::from_utf8_lossy(input);
    let mut lines = whole.splitn(5, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (given, secret) = (next(), next());
    let mut time = || next().parse::<u64>().unwrap_or(u64::MAX);
    let (signed_at, now) = (time(), time());
    let message = lines.next().unwrap_or_default().as_bytes();
    for (hmac, bytes) in [(Hmac::Sha1, 20), (Hmac::Sha256, 32), (Hmac::Sha512, 64)] {
        if let Ok(digest) = signature::hex_digest(Some(given), bytes) {
            assert_eq!((digest.len(), signature::hex(&digest)), (bytes, given.to_ascii_lowercase()));
        }
        let digest = signature::base64_digest(Some(given), bytes);
        if let Ok(digest) = &digest {
            assert_eq!((digest.len(), signature::base64(digest).as_str()), (bytes, given));
        }
        let expected = hmac.digest(secret.as_bytes(), &[message]);
        assert!(signature::verify(hmac, [secret].into_iter(), &[message], &expected).is_ok());
        let genuine = signature::verify(hmac, [secret].into_iter(), &[message], &digest.unwrap_or_default());
        assert_eq!(genuine.is_ok(), given == signature::base64(&expected));
    }
    if signature::within(signed_at, now, 300_000).is_ok() {
        assert!(signed_at.abs_diff(now) <= 300_000);
    }
    assert_eq!(signature::equals_any([secret].into_iter(), given), secret == given);
    assert_eq!(signature::content_id("x", &[given, secret]).len(), 24);
    true
}

/// The most units of a piece in the first line, the text behind it.
fn text(input: &[u8]) -> bool {
    let whole = String::from_utf8_lossy(input);
    let (number, text) = whole.split_once('\n').unwrap_or(("10", &whole));
    let units_max = number.trim().parse::<usize>().unwrap_or(10).clamp(1, 5_000);
    for unit in [Unit::Utf16, Unit::Chars, Unit::Bytes] {
        let pieces = split::at_word_ends(text, units_max, unit);
        assert!(!pieces.is_empty());
        assert!(
            pieces.len() == 1 || pieces.iter().all(|piece| !piece.trim().is_empty()),
            "a piece says nothing"
        );
        assert!(pieces.iter().all(|piece| unit.length(piece) <= units_max.max(4)), "a piece is too long");
        let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
        assert_eq!(letters(&pieces.concat()), letters(text), "no letter is lost");
        if let Some(short) = split::shortened(text, units_max.max(4), unit) {
            assert!(unit.length(&short) <= units_max.max(4));
        }
    }
    assert!(sms::segments(text).count >= 1);
    if let Some(number) = phone::e164(text) {
        assert_eq!(phone::e164(&number).as_ref(), Some(&number), "a number is one");
    }
    keyword::keyword(text, &[]);
    true
}

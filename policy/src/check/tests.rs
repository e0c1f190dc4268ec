use trunkline_model::{FailureReason, IdentifierScheme, Request, SendFailure};

use super::*;
use crate::settings::Visibility;

const SECRET: &str = "se\"cret-1";

fn settings() -> Settings {
    Settings::new([("token".to_owned(), SECRET.to_owned(), Visibility::SecretForCalls)])
}

fn said(result: Result<(), CallError>) -> String {
    result.expect_err("refused").to_string()
}

fn receipt(message_id: &str) -> Receipt {
    Receipt { message_id: message_id.to_owned(), ..Receipt::default() }
}

#[test]
fn the_last_round_asks_for_no_call() {
    let step = SendStep::Call(Call::get("https://api.example.com/a"));
    assert!(send(&step, ROUNDS_SEND_MAX - 2, &settings()).is_ok());
    let error = send(&step, ROUNDS_SEND_MAX - 1, &settings()).expect_err("refused");
    assert_eq!(error.name(), "rounds");
    assert_eq!(error.to_string(), "connector asks for another call in round 32, which is the last");
    let done = SendStep::Sent(vec![receipt("1")]);
    assert!(send(&done, ROUNDS_SEND_MAX - 1, &settings()).is_ok());
    let call = || Call::get("https://api.example.com/a");
    assert!(receive(&mut ReceiveStep::Call(call()), 7, &settings()).is_err());
    assert!(locate(&MediaStep::Call(call()), 7, &settings()).is_err());
    assert!(locate(&MediaStep::Fetch(call()), 7, &settings()).is_ok(), "what is fetched is no round");
    assert!(look_up(&ProfileStep::Call(call()), 7, &settings()).is_err());
}

#[test]
fn a_call_has_a_method_and_an_absolute_https_url() {
    let check = |method: &str, url: &str| {
        let request = Request { method: method.to_owned(), url: url.to_owned(), ..Request::default() };
        check_call(&Call { request, ..Call::default() }, &settings())
    };
    assert!(check("GET", "https://api.example.com").is_ok());
    for (method, url) in [
        ("", "https://api.example.com/"),
        ("get", "https://api.example.com/"),
        ("GET", "http://api.example.com/"),
        ("GET", "//api.example.com/"),
        ("GET", "/path"),
        ("GET", "https://"),
        ("GET", "https:///path"),
        ("GET", "https://?a"),
        ("GET", ""),
    ] {
        assert_eq!(check(method, url).expect_err(url).name(), "contract", "{method} {url}");
    }
    let long = format!("https://api.example.com/{}", "a".repeat(URL_BYTES_MAX));
    assert!(check("GET", &long).is_err());
}

#[test]
fn no_call_carries_a_secret() {
    let post = |body: &str| Call::post("https://a.example", "application/json", body);
    let named = |credential| Call { credentials: vec![credential], ..post("{}") };
    for call in [
        Call::get(format!("https://a.example/{SECRET}")),
        Call::get("https://a.example/?t=se%22cret-1"),
        post("").header(SECRET, "x"),
        post("").header("x", SECRET),
        post(SECRET),
        post(r#"{"t":"se\"cret-1"}"#),
        post("t=se%22cret-1"),
        post("").basic(SECRET, "token"),
        named(Credential::Query((SECRET.to_owned(), "token".to_owned()))),
    ] {
        let error = said(send(&SendStep::Call(call.clone()), 0, &settings()));
        assert_eq!(error, "connector put the secret `token` into its answer", "{call:?}");
    }
    let honest = named(Credential::Bearer("token".to_owned()));
    assert!(send(&SendStep::Call(honest), 0, &settings()).is_ok());
}

#[test]
fn no_result_carries_a_secret() {
    let failure = |code: &str, message: &str| Failure {
        reason: FailureReason::Other,
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
    };
    let failed = |failure, receipts| SendStep::Failed(SendFailure { failure, receipts });
    let attributed = Receipt { attributes: vec![("a".to_owned(), SECRET.to_owned())], ..receipt("1") };
    let degraded = Receipt { degraded: vec![SECRET.to_owned()], ..receipt("1") };
    for step in [
        SendStep::Sent(vec![receipt("1"), receipt(SECRET)]),
        SendStep::Sent(vec![attributed]),
        failed(failure("1", "no"), vec![degraded]),
        failed(failure(SECRET, "no"), Vec::new()),
        failed(failure("1", &format!("token {SECRET} is no token")), Vec::new()),
    ] {
        assert!(said(send(&step, 0, &settings())).contains("`token`"), "{step:?}");
    }
    assert!(locate(&MediaStep::Failed(failure("1", SECRET)), 0, &settings()).is_err());
    let contact = Contact { name: Some(SECRET.to_owned()), ..Contact::new(IdentifierScheme::Id, "7") };
    assert!(look_up(&ProfileStep::Found(contact), 0, &settings()).is_err());
    let contact = Contact::new(IdentifierScheme::Id, SECRET);
    assert!(look_up(&ProfileStep::Found(contact), 0, &settings()).is_err());
    assert!(look_up(&ProfileStep::Found(Contact::new(IdentifierScheme::Id, "7")), 0, &settings()).is_ok());
}

#[test]
fn what_a_provider_is_answered_is_bounded() {
    let answer = |bytes| {
        let response = trunkline_model::Response::with_body(200, "text/plain", vec![b'x'; bytes]);
        receive(&mut ReceiveStep::Answer(Answer { response, events: Vec::new() }), 0, &settings())
    };
    assert!(answer(1 << 20).is_ok());
    assert!(said(answer((1 << 20) + 1)).ends_with("response of 1048577 bytes, at most 1048576"));
}

#[test]
fn receipts_are_bounded() {
    let step = |count, id: &str| SendStep::Sent(vec![receipt(id); count]);
    assert!(send(&step(RECEIPTS_MAX, "1"), 0, &settings()).is_ok());
    assert_eq!(
        said(send(&step(1_001, "1"), 0, &settings())),
        "connector answered against the contract: 1001 receipts, at most 1000"
    );
    assert!(send(&step(1, &"x".repeat(1_025)), 0, &settings()).is_err());
}

#[test]
fn a_page_is_answered_within_bounds_and_never_told_a_secret() {
    let answer = |status, body: &str| PageStep::Answer(Response::with_body(status, "text/plain", body));
    let headers = vec![("x-a".to_owned(), SECRET.to_owned())];
    let headed = PageStep::Answer(Response { headers, ..Response::empty(200) });
    assert!(open(&answer(401, "no"), 0, &settings()).is_ok(), "a page reads why");
    assert_eq!(
        said(open(&answer(101, ""), 0, &settings())),
        "connector answered against the contract: answer to a page with status 101"
    );
    assert!(open(&answer(200, &"a".repeat(RESPONSE_BYTES_MAX + 1)), 0, &settings()).is_err());
    let secret = "connector put the secret `token` into its answer";
    assert_eq!(said(open(&answer(200, SECRET), 0, &settings())), secret);
    assert_eq!(said(open(&headed, 0, &settings())), secret);
    assert!(open(&PageStep::Call(Call::get("https://api.example.com/a")), 7, &settings()).is_err());

    let contact = |value: &str| Some(Contact::new(IdentifierScheme::Id, value));
    let feed = Feed { account: "a".into(), contact: contact("v"), ..Feed::default() };
    assert!(open(&PageStep::Follow(feed.clone()), 0, &settings()).is_ok());
    let nobody = "connector answered against the contract: a page follows a conversation of nobody";
    for contact in [None, Some(Contact::default()), contact("")] {
        let feed = Feed { contact, ..feed.clone() };
        assert_eq!(said(open(&PageStep::Follow(feed), 0, &settings())), nobody);
    }
    let leaky = Feed { headers: vec![("x-a".into(), SECRET.into())], ..feed };
    assert_eq!(said(open(&PageStep::Follow(leaky), 0, &settings())), secret);

    assert!(show(None, &settings()).is_ok());
    assert!(show(Some("{}"), &settings()).is_ok());
    assert_eq!(said(show(Some(SECRET), &settings())), secret);
    assert!(show(Some(&"a".repeat(SHOWN_BYTES_MAX + 1)), &settings()).is_err());
}

use super::*;

const URL: &str = "https://hooks.example.org/in/plivo";
const NONCE: &str = "12345678901234567890";
const BODY: &str = "From=15005550123&To=15005550199&Digits=7";
const V2_SIGNATURE: &str = "tsvNLB3jKtq22TsFr4xhEFQ54TERVI37kpvTVSYV5Sg=";
const V3_SIGNATURE: &str = "tR2isi4tHYPMeBFdGXuI5xuEaYJK+KwRlOwsnW3Ch/4=";

fn context(settings: &[(&str, &str)]) -> Context {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Context { settings: settings.collect(), ..Context::default() }
}

fn ours() -> Context {
    context(&[(AUTH_TOKEN, "plivo_auth_token_x")])
}

fn request(method: &str, url: &str, headers: &[(&str, &str)]) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let body = if method == "GET" { Vec::new() } else { BODY.as_bytes().to_vec() };
    Request { method: method.to_owned(), url: url.to_owned(), headers, body }
}

fn reason(request: &Request, context: &Context) -> Option<RefusalReason> {
    verify(request, context).err().map(|refusal| refusal.reason)
}

fn v2(signature: &str) -> [(&str, &str); 2] {
    [(V2.headers[0], signature), (V2.nonce, NONCE)]
}

fn v3(signature: &str) -> [(&str, &str); 2] {
    [(V3.headers[0], signature), (V3.nonce, NONCE)]
}

/// Vectors that Plivo's own libraries made.
#[test]
fn known_answers() {
    for (method, url, headers) in [
        ("POST", URL, v2(V2_SIGNATURE)),
        ("POST", "https://hooks.example.org/in/plivo?b=2&a=1", v2(V2_SIGNATURE)),
        ("POST", URL, v3(V3_SIGNATURE)),
        (
            "POST",
            "https://hooks.example.org/in/plivo?b=2&a=1",
            v3("Q9VuURd4n39oduj8LHNPVCAln24KqQWO8LlDLB2jBvg="),
        ),
        (
            "GET",
            "https://hooks.example.org/in/plivo?b=2&a=1&Digits=7&From=15005550123&To=15005550199",
            v3("z9C6qfj41+12g2U7gBC/FSp5H82eUoIKslwkJcUEUe4="),
        ),
    ] {
        assert_eq!(reason(&request(method, url, &headers), &ours()), None, "{method} {url}");
    }
}

#[test]
fn v2_covers_address_and_nonce_and_v3_the_rest() {
    let mismatch = Some(RefusalReason::Mismatch);
    let mut genuine = request("POST", URL, &v2(V2_SIGNATURE));
    genuine.body = b"Text=other".to_vec();
    assert_eq!(reason(&genuine, &ours()), None, "the body is not covered");
    genuine.url = "https://hooks.example.org/in/plivo2".to_owned();
    assert_eq!(reason(&genuine, &ours()), mismatch);
    let other_nonce = [(V2.headers[0], V2_SIGNATURE), (V2.nonce, "1")];
    assert_eq!(reason(&request("POST", URL, &other_nonce), &ours()), mismatch);
    let mut genuine = request("POST", URL, &v3(V3_SIGNATURE));
    genuine.body[5] = b'2';
    assert_eq!(reason(&genuine, &ours()), mismatch);
    assert_eq!(reason(&request("POST", &format!("{URL}?a=1"), &v3(V3_SIGNATURE)), &ours()), mismatch);
}

/// Both accounts sign where the number belongs to a subaccount, and a connection has the token of one.
#[test]
fn any_token_and_any_signature_fits() {
    let other = signature::base64(&[7; 32]);
    for names in [V2.headers, [V2.headers[1], V2.headers[0]]] {
        let headers = [(names[0], V2_SIGNATURE), (names[1], other.as_str()), (V2.nonce, NONCE)];
        assert_eq!(reason(&request("POST", URL, &headers), &ours()), None);
    }
    let list = format!("{other},{V3_SIGNATURE}");
    assert_eq!(reason(&request("POST", URL, &v3(&list)), &ours()), None);
    let rotated = context(&[(AUTH_TOKEN, "new"), (AUTH_TOKEN, "plivo_auth_token_x")]);
    assert_eq!(reason(&request("POST", URL, &v2(V2_SIGNATURE)), &rotated), None);
}

#[test]
fn v3_counts_where_it_is_there() {
    let both = |v3_signature| [v2(V2_SIGNATURE), v3(v3_signature)].concat();
    assert_eq!(reason(&request("POST", URL, &both(V3_SIGNATURE)), &ours()), None);
    let mismatch = Some(RefusalReason::Mismatch);
    assert_eq!(reason(&request("POST", URL, &both(V2_SIGNATURE)), &ours()), mismatch);
    let strict = context(&[(AUTH_TOKEN, "plivo_auth_token_x"), (REQUIRE_V3, "true")]);
    assert_eq!(reason(&request("POST", URL, &v3(V3_SIGNATURE)), &strict), None);
    let missing = Some(RefusalReason::MissingSignature);
    assert_eq!(reason(&request("POST", URL, &v2(V2_SIGNATURE)), &strict), missing);
}

#[test]
fn what_is_no_signature_is_refused() {
    let missing = Some(RefusalReason::MissingSignature);
    assert_eq!(reason(&request("POST", URL, &[]), &ours()), missing);
    assert_eq!(reason(&request("POST", URL, &v2("")), &ours()), missing);
    assert_eq!(reason(&request("POST", URL, &v2(V2_SIGNATURE)[..1]), &ours()), missing, "no nonce");
    let odd = Some(RefusalReason::BadEncoding);
    assert_eq!(reason(&request("POST", URL, &v2("short")), &ours()), odd);
    assert_eq!(
        reason(&request("POST", URL, &v2(V2_SIGNATURE)), &Context::default()),
        Some(RefusalReason::Misconfigured)
    );
    let mut many = request("POST", URL, &v3(V3_SIGNATURE));
    many.body = "a=1&".repeat(form::FIELDS_MAX + 1).into_bytes();
    assert_eq!(reason(&many, &ours()), Some(RefusalReason::Malformed));
}

#[test]
fn what_is_signed_here_is_genuine() {
    let fields = [("Text".to_owned(), "€ +".to_owned())];
    let request = signed_form(&format!("{URL}?x=1"), &fields, &ours()).expect("a token");
    assert_eq!(reason(&request, &ours()), None);
    assert_eq!(signed_form(URL, &fields, &Context::default()), None);
}

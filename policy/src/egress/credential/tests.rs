use super::*;
use crate::egress::prepare;
use crate::egress::samples::Sample;

fn prepared(call: Call) -> Result<Prepared, Uncalled> {
    prepare(&Sample::default().caller(), &call)
}

fn with(call: Call, credentials: &[Credential]) -> Result<Prepared, Uncalled> {
    prepared(Call { credentials: credentials.to_vec(), ..call })
}

fn get(path: &str) -> Call {
    Call::get(format!("https://api.example.com{path}"))
}

fn form_post(body: &str) -> Call {
    Call::post("https://api.example.com/", "application/x-www-form-urlencoded; charset=utf-8", body)
}

fn pair(name: &str, setting: &str) -> (String, String) {
    (name.to_owned(), setting.to_owned())
}

fn refused(result: Result<Prepared, Uncalled>) -> Uncalled {
    result.err().expect("refused")
}

#[test]
fn headers_carry_the_newest_value() {
    for (credential, name, expected) in [
        (Credential::Bearer("token".into()), "authorization", "Bearer to/ken:1 &2"),
        (Credential::Basic(pair("api", "token")), "authorization", "Basic YXBpOnRvL2tlbjoxICYy"),
        (Credential::Header(pair("X-Api-Key", "key")), "x-api-key", "verify-key-1"),
        (Credential::Header(pair("Authorization", "key")), "authorization", "verify-key-1"),
    ] {
        let prepared = with(get("/"), std::slice::from_ref(&credential)).expect("allowed");
        let value = prepared.headers.get(name).expect(name);
        assert_eq!(value.to_str().expect("text"), expected, "{credential:?}");
        assert!(value.is_sensitive(), "never printed");
    }
}

#[test]
fn queries_forms_and_paths_are_encoded() {
    let query = with(get("/a?b=%20c"), &[Credential::Query(pair("k&y", "token"))]).expect("allowed");
    assert_eq!(query.url.as_str(), "https://api.example.com/a?b=%20c&k%26y=to%2Fken%3A1+%262");
    let form = with(form_post("a=b"), &[Credential::Form(pair("secret", "token"))]).expect("allowed");
    assert_eq!(form.body, b"a=b&secret=to%2Fken%3A1+%262");
    let form = with(form_post(""), &[Credential::Form(pair("secret", "key"))]).expect("allowed");
    assert_eq!(form.body, b"secret=verify-key-1");
    let path = with(get("/bot{token}/send?x=1"), &[Credential::Path("token".into())]).expect("allowed");
    assert_eq!(path.url.as_str(), "https://api.example.com/botto%2Fken:1%20%262/send?x=1");
}

#[test]
fn several_stand_together() {
    let credentials = [
        Credential::Path("token".into()),
        Credential::Path("key".into()),
        Credential::Query(pair("a", "key")),
        Credential::Bearer("key".into()),
    ];
    let prepared = with(get("/{key}/{token}"), &credentials).expect("allowed");
    assert_eq!(
        prepared.url.as_str(),
        "https://api.example.com/verify-key-1/to%2Fken:1%20%262?a=verify-key-1"
    );
}

#[test]
fn a_placeholder_stands_once_and_in_the_path() {
    for url in [
        "/send",
        "/{token}/{token}",
        "/{token}?text={token}",
        "/send?t={token}",
        "/send#{token}",
        // What a contact wrote is encoded, and means nothing.
        "/%7Btoken%7D",
    ] {
        let uncalled = refused(with(get(url), &[Credential::Path("token".into())]));
        let expected = "`{token}` must stand once in the URL, in its path";
        assert_eq!(uncalled, Uncalled::Forbidden(expected.to_owned()), "{url}");
    }
    let elsewhere = Call::get("https://{token}.files.example.com/");
    assert!(matches!(refused(with(elsewhere, &[Credential::Path("token".into())])), Uncalled::Forbidden(_)));
    // Without a credential it is text like any other.
    assert_eq!(prepared(get("/{token}")).expect("allowed").url.path(), "/%7Btoken%7D");
}

#[test]
fn only_declared_secrets_are_added() {
    for (credential, expected) in [
        (Credential::Bearer("sender".into()), "`sender` is no secret of connector `post`"),
        (Credential::Bearer("nothing".into()), "`nothing` is no secret of connector `post`"),
        (Credential::Other(pair("hawk", "token")), "this host knows no credential `hawk`"),
        (Credential::Basic(pair("a:b", "token")), "user of a `basic` credential with a colon"),
        (Credential::Header(pair("Host", "token")), "header `host` is the host's"),
        (
            Credential::Header(pair("proxy-authorization", "token")),
            "header `proxy-authorization` is the host's",
        ),
        (Credential::Form(pair("a", "token")), "`form` credential for a body that is no form"),
    ] {
        assert_eq!(refused(with(get("/"), &[credential])), Uncalled::Forbidden(expected.to_owned()));
    }
    for (setting, expected) in [
        ("unset", "connection `support` has no `unset`; set it"),
        ("odd", "the value of `odd` cannot stand in a header"),
    ] {
        let uncalled = refused(with(get("/"), &[Credential::Bearer(setting.into())]));
        assert_eq!(uncalled, Uncalled::NoSecret(expected.to_owned()), "nothing was sent");
    }
}

#[test]
fn nothing_is_set_twice() {
    let twice = [Credential::Bearer("token".into()), Credential::Basic(pair("a", "key"))];
    for result in [
        with(get("/"), &twice),
        with(get("/?key=mine"), &[Credential::Query(pair("key", "token"))]),
        with(get("/").header("x-key", "mine"), &[Credential::Header(pair("X-Key", "token"))]),
        with(form_post("a=b&secret=mine"), &[Credential::Form(pair("secret", "token"))]),
    ] {
        let uncalled = refused(result).to_string();
        assert!(uncalled.ends_with("is set, and a credential as well"), "{uncalled}");
    }
}

#[test]
fn no_secret_goes_to_a_host_that_is_not_declared() {
    let call = Call::get("https://other.net/{token}").bearer("token");
    let uncalled = refused(with(call, &[Credential::Path("token".into())]));
    assert_eq!(
        uncalled,
        Uncalled::Forbidden("`other.net` is not among `hosts` of connector `post`".to_owned())
    );
}

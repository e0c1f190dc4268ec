use super::*;
use crate::egress::samples::Sample;

fn refused(sample: &Sample, url: &str) -> String {
    match sample.caller().target(url) {
        Err(Uncalled::Forbidden(what)) => what,
        other => panic!("{url}: {other:?}"),
    }
}

#[test]
fn declared_hosts_may_be_called() {
    let sample = Sample::default();
    for (url, host) in [
        ("https://api.example.com", "api.example.com"),
        ("https://API.Example.com:443/v1?a=b#c", "api.example.com"),
        ("https://a.b.files.example.com/x%20y", "a.b.files.example.com"),
        ("https://api.example.com/{token}/a@b", "api.example.com"),
        // Not a user: it stands behind the path.
        ("https://api.example.com?next=me@other.net", "api.example.com"),
    ] {
        assert_eq!(sample.caller().target(url).expect(url).domain(), Some(host));
    }
}

#[test]
fn everything_else_is_refused_with_what_was_asked() {
    let sample = Sample::default();
    let undeclared = |host: &str| format!("`{host}` is not among `hosts` of connector `post`");
    for (url, expected) in [
        ("https://other.net/secret?q=1", undeclared("other.net")),
        ("https://files.example.com/", undeclared("files.example.com")),
        ("https://evilapi.example.com/", undeclared("evilapi.example.com")),
        ("https://api.example.com.evil.net/", undeclared("api.example.com.evil.net")),
        ("https://api.example.com./", undeclared("api.example.com.")),
        ("https://localhost/", undeclared("localhost")),
        ("https://b%C3%BCcher.example/", undeclared("xn--bcher-kva.example")),
    ] {
        assert_eq!(refused(&sample, url), expected, "{url}");
    }
    let address = "connector `post` calls an address; name the host";
    let relative = "connector `post` calls what is no absolute `https` URL";
    let encoding = "URL of connector `post` is not percent-encoded";
    let user = "URL of connector `post` holds a user; name a credential";
    let port = "`api.example.com` on another port than that of `https`";
    for (url, expected) in [
        ("https://127.0.0.1/", address),
        ("https://2130706433/", address),
        ("https://0x7f.1/", address),
        ("https://[::1]/", address),
        ("https://%31%32%37.0.0.1/", address),
        ("http://api.example.com/", relative),
        ("HTTPS://api.example.com/", relative),
        ("https:api.example.com/", relative),
        ("https:///api.example.com/", relative),
        ("//api.example.com/", relative),
        ("file:///etc/passwd", relative),
        ("", relative),
        ("https://api.example.com/a b", encoding),
        ("https://api.example.com/a\r\nhost:b", encoding),
        ("https://api.example.com/\u{fc}", encoding),
        ("https://other.net\\@api.example.com/", encoding),
        ("https://api.example.com:99999/", encoding),
        ("https://me:pass@api.example.com/", user),
        ("https://@api.example.com/", user),
        ("https://api.example.com:8443/", port),
        ("https://api.example.com:80/", port),
    ] {
        assert_eq!(refused(&sample, url), expected, "{url}");
    }
}

#[test]
fn an_operator_narrows() {
    let sample = Sample::narrowed(&["api.example.com", "*.eu.files.example.com"]);
    assert!(sample.caller().target("https://api.example.com/").is_ok());
    assert!(sample.caller().target("https://a.eu.files.example.com/").is_ok());
    assert_eq!(
        refused(&sample, "https://a.files.example.com/"),
        "`a.files.example.com` is not among `hosts` of connection `support`; add it there to allow it"
    );
    assert!(refused(&Sample::narrowed(&[]), "https://api.example.com/").contains("`support`"));
    assert!(refused(&Sample::narrowed(&["other.net"]), "https://other.net/").contains("connector `post`"));
}

#[test]
fn headers_of_the_host_are_its_own() {
    let of = |name: &str, value: &str| headers(&vec![(name.to_owned(), value.to_owned())]);
    for (name, value) in [("Content-Type", "application/json"), ("x-retry-key", "1"), ("user-agent", "me/1")]
    {
        assert_eq!(of(name, value).expect(name).get(name).map(HeaderValue::as_bytes), Some(value.as_bytes()));
    }
    for name in [
        "Host",
        "Cookie",
        "Content-Length",
        "transfer-encoding",
        "Connection",
        "Proxy-Authorization",
        "proxy-x",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "Keep-Alive",
    ] {
        let expected = format!("header `{}` is the host's", name.to_ascii_lowercase());
        assert_eq!(of(name, "x"), Err(Uncalled::Forbidden(expected)));
    }
    for (name, value, part) in [
        ("Authorization", "Basic x", "name a credential"),
        ("x", "a\r\nhost: b", "header `x` has a value"),
        ("x", "a\nb", "header `x` has a value"),
        ("x", "a\0b", "header `x` has a value"),
        ("x\r\ny", "a", "has a name"),
        ("x y", "a", "has a name"),
        (":path", "a", "has a name"),
        ("", "a", "has a name"),
    ] {
        let error = of(name, value).expect_err(name).to_string();
        assert!(error.contains(part), "{name}: {error}");
    }
    let header = |number: usize| (format!("x-{number}"), "y".to_owned());
    assert!(headers(&(0..64).map(header).collect()).is_ok());
    assert!(headers(&(0..65).map(header).collect()).is_err());
    assert!(of("x", &"y".repeat(HEADERS_BYTES_MAX)).is_err());
}

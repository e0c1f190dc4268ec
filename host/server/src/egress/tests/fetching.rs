//! Media: streamed, bounded, and what redirects may do.

use futures_util::StreamExt as _;

use super::server::{Reply, Server, Taken, answer, redirect};
use super::*;
use crate::egress::fetch::FetchBounds;

const BOUNDS: FetchBounds = FetchBounds { bytes_max: 100_000, time_max: Duration::from_secs(5) };

/// Status, and the whole body or why it did not come.
type Outcome = Result<(u16, Result<Vec<u8>, Uncalled>), Uncalled>;

fn fetch(
    reply: impl Fn(&Taken) -> Reply + Send + Sync + 'static,
    call: &Call,
    bounds: FetchBounds,
) -> (Outcome, Vec<Taken>) {
    let server = Server::start(reply);
    let egress = egress_to(server.address);
    let sample = Sample::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let result = runtime.block_on(async {
        let mut fetched = egress.fetch_as(&sample.caller(), call, bounds).await?;
        assert!(fetched.headers.iter().any(|(name, _)| name == "content-length" || name == "x-length"));
        let mut body = Vec::new();
        while let Some(chunk) = fetched.body.next().await {
            match chunk {
                Ok(chunk) => body.extend_from_slice(&chunk),
                Err(uncalled) => return Ok((fetched.status, Err(uncalled))),
            }
        }
        Ok((fetched.status, Ok(body)))
    });
    (result, server.taken())
}

fn media() -> Call {
    Call::get("https://api.example.com/media?id=7")
        .bearer("key")
        .header("x-app", "1")
        .header("accept", "image/*")
}

#[test]
fn a_file_is_streamed_beyond_the_bound_of_answers() {
    let (result, _) = fetch(|_| answer(200, "", &"x".repeat(50_000)), &media(), BOUNDS);
    assert_eq!(result, Ok((200, Ok(vec![b'x'; 50_000]))));
    let (result, _) = fetch(|_| answer(404, "", "gone"), &media(), BOUNDS);
    assert_eq!(result, Ok((404, Ok(b"gone".to_vec()))));
}

#[test]
fn size_and_time_are_bounded() {
    let bounds = FetchBounds { bytes_max: 1_000, ..BOUNDS };
    let too_large = Uncalled::TooLarge { host: "api.example.com".to_owned(), bytes_max: 1_000 };
    let (result, _) = fetch(|_| answer(200, "", &"x".repeat(1_001)), &media(), bounds);
    assert_eq!(result, Err(too_large.clone()), "announced: nothing is read");
    let unannounced =
        |_: &Taken| Reply::Bytes(format!("HTTP/1.1 200 X\r\nx-length: ?\r\n\r\n{}", "x".repeat(1_001)));
    let (result, _) = fetch(unannounced, &media(), bounds);
    assert_eq!(result, Ok((200, Err(too_large))));
    let slow = |_: &Taken| Reply::Stall("HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nhalf".to_owned());
    let (result, _) = fetch(slow, &media(), FetchBounds { time_max: Duration::from_millis(300), ..BOUNDS });
    let told = "no whole answer of `api.example.com` in time".to_owned();
    assert_eq!(result, Ok((200, Err(Uncalled::Unknown(told)))));
}

/// Leads from `/media` to a place, which has the file.
fn lead(status: u16, location: &'static str) -> impl Fn(&Taken) -> Reply + Send + Sync + 'static {
    move |taken| match taken.line.split_once(' ') {
        Some((_, "/media?id=7")) => redirect(status, location),
        _ => answer(200, "", "file"),
    }
}

#[test]
fn credentials_stay_with_the_host_that_they_are_for() {
    for (status, location) in [
        (301, "/file"),
        (302, "https://api.example.com/file"),
        (307, "file"),
        (308, "//api.example.com/file"),
    ] {
        let (result, taken) = fetch(lead(status, location), &media(), BOUNDS);
        assert_eq!(result, Ok((200, Ok(b"file".to_vec()))), "{location}");
        assert_eq!((taken.len(), taken[1].line.as_str()), (2, "GET /file"));
        assert_eq!(
            taken[1].header("authorization"),
            Some("Bearer verify-key-1"),
            "the same host: {location}"
        );
        assert_eq!(taken[1].header("referer"), None);
    }
    let (result, taken) = fetch(lead(302, "https://a.files.example.com/file"), &media(), BOUNDS);
    assert_eq!(result, Ok((200, Ok(b"file".to_vec()))));
    assert_eq!(taken[1].header("host"), Some("a.files.example.com"));
    for name in ["authorization", "x-app"] {
        assert_eq!((taken[0].header(name).is_some(), taken[1].header(name)), (true, None), "{name}");
    }
    assert_eq!(taken[1].header("accept"), Some("image/*"));
}

#[test]
fn what_was_dropped_stays_dropped_on_the_way_back() {
    let reply = |taken: &Taken| match taken.line.as_str() {
        "GET /media?id=7" => redirect(302, "https://login.example.net/there"),
        "GET /there" => redirect(302, "https://api.example.com/back"),
        _ => answer(200, "", "file"),
    };
    let (_, taken) = fetch(reply, &media(), BOUNDS);
    assert_eq!((taken.len(), taken[2].line.as_str()), (3, "GET /back"));
    assert_eq!(taken[2].header("authorization"), None);
}

#[test]
fn a_query_credential_is_not_written_into_where_it_leads() {
    let asked = Call {
        credentials: vec![Credential::Query(("key".to_owned(), "key".to_owned()))],
        ..Call::get("https://api.example.com/")
    };
    let reply = |taken: &Taken| match taken.line.as_str() {
        "GET /?key=verify-key-1" => redirect(302, "/file"),
        _ => answer(200, "", "file"),
    };
    let (_, taken) = fetch(reply, &asked, BOUNDS);
    assert_eq!(taken[1].line, "GET /file");
}

#[test]
fn every_hop_is_checked() {
    for (location, expected) in [
        ("https://other.net/file?signature=s", "`other.net` is not among `hosts` of connector `post`"),
        ("http://api.example.com/file", "connector `post` calls what is no absolute `https` URL"),
        ("https://api.example.com:8443/", "`api.example.com` on another port than that of `https`"),
        ("https://169.254.169.254/latest", "connector `post` calls an address; name the host"),
        ("https://me@api.example.com/", "URL of connector `post` holds a user; name a credential"),
        ("file:///etc/passwd", "connector `post` calls what is no absolute `https` URL"),
    ] {
        let (result, taken) = fetch(lead(302, location), &media(), BOUNDS);
        let expected = Uncalled::Forbidden(format!("`api.example.com` redirects: {expected}"));
        assert_eq!((result, taken.len()), (Err(expected), 1), "{location}");
    }
}

#[test]
fn redirects_end() {
    let (result, taken) = fetch(|_| redirect(302, "/media?id=7"), &media(), BOUNDS);
    let expected = Uncalled::Forbidden("`api.example.com` redirects more than 5 times".to_owned());
    assert_eq!((result, taken.len()), (Err(expected), 6));
    let posted = Call::post("https://api.example.com/media?id=7", "text/plain", "x");
    let (result, taken) = fetch(lead(307, "/file"), &posted, BOUNDS);
    assert_eq!((result, taken.len()), (Ok((307, Ok(Vec::new()))), 1), "a body is not sent elsewhere");
}

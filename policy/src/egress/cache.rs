//! Answers that are the same for everybody, kept as long as HTTP's own rules allow: certificates, key sets.
//!
//! Fresh or gone: nothing is revalidated, and no freshness is guessed where the server says nothing.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use trunkline_model::{Call, Headers, Response};

const ENTRIES_MAX: usize = 256;
const BYTES_MAX: usize = 8 << 20;
/// A key that was withdrawn is trusted no longer than this, whatever the server says.
const AGE_S_MAX: u64 = 24 * 60 * 60;

/// What decides the answer: the URL, and the headers that the connector set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    url: String,
    headers: Headers,
}

/// The key of a call whose answer may be kept: none where a secret had a part in it.
pub fn key(call: &Call) -> Option<Key> {
    let request = &call.request;
    let same_for_all = request.method == "GET" && request.body.is_empty() && call.credentials.is_empty();
    same_for_all.then(|| Key { url: request.url.clone(), headers: request.headers.clone() })
}

struct Entry {
    response: Response,
    bytes: usize,
    until: Instant,
}

/// Bounded in number and bytes.
#[derive(Default)]
pub struct Cache {
    entries: HashMap<Key, Entry>,
    bytes: usize,
}

impl Cache {
    /// An answer that is still fresh.
    pub fn get(&self, key: &Key, now: Instant) -> Option<Response> {
        self.entries.get(key).filter(|entry| now < entry.until).map(|entry| entry.response.clone())
    }

    /// Keeps an answer, where the server allows it.
    pub fn put(&mut self, key: Key, response: &Response, now: Instant) {
        let Some(fresh) = freshness(response) else { return };
        let bytes = size(&key, response);
        if bytes > BYTES_MAX / 8 {
            return;
        }
        self.remove(&key);
        self.make_room(bytes, now);
        self.bytes += bytes;
        self.entries.insert(key, Entry { response: response.clone(), bytes, until: now + fresh });
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= entry.bytes;
        }
    }

    /// Drops what is stale, then what would be stale next.
    fn make_room(&mut self, bytes: usize, now: Instant) {
        let full = |cache: &Self| cache.entries.len() >= ENTRIES_MAX || cache.bytes + bytes > BYTES_MAX;
        if !full(self) {
            return;
        }
        self.entries.retain(|_, entry| now < entry.until);
        self.bytes = self.entries.values().map(|entry| entry.bytes).sum();
        while full(self) {
            let next = self.entries.iter().min_by_key(|(_, entry)| entry.until).map(|(key, _)| key.clone());
            let Some(next) = next else { return };
            self.remove(&next);
        }
    }
}

fn size(key: &Key, response: &Response) -> usize {
    let headers = key.headers.iter().chain(&response.headers);
    let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
    key.url.len() + headers + response.body.len()
}

/// How long an answer stays fresh from now on. None: it may not be kept.
fn freshness(response: &Response) -> Option<Duration> {
    let varies = response.headers.iter().any(|(name, value)| name == "vary" && value.contains('*'));
    if response.status != 200 || varies {
        return None;
    }
    let (mut max_age, mut shared_max_age) = (None, None);
    let controls = response.headers.iter().filter(|(name, _)| name == "cache-control");
    for directive in controls.flat_map(|(_, value)| value.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let seconds = || value.trim().trim_matches('"').parse::<u64>().ok();
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" | "private" => return None,
            "max-age" => max_age = Some(seconds()?),
            "s-maxage" => shared_max_age = Some(seconds()?),
            _ => {}
        }
    }
    let age = response.header("age").map_or(Some(0), |value| value.trim().parse::<u64>().ok())?;
    let lifetime = shared_max_age.or(max_age).or_else(|| expires(response))?;
    let left = lifetime.saturating_sub(age).min(AGE_S_MAX);
    (left > 0).then(|| Duration::from_secs(left))
}

/// `Expires`, reckoned from the server's own clock.
fn expires(response: &Response) -> Option<u64> {
    let date = |name| httpdate::parse_http_date(response.header(name)?.trim()).ok();
    Some(date("expires")?.duration_since(date("date")?).ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Response { status: 200, headers: headers.collect(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn freshness_is_what_the_server_says() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        for (headers, expected) in [
            (&[("cache-control", "max-age=60")][..], Some(60)),
            (&[("cache-control", "public, Max-Age=\"60\", must-revalidate")], Some(60)),
            (&[("cache-control", "max-age=60, s-maxage=120")], Some(120)),
            (&[("cache-control", "public"), ("cache-control", "max-age=60")], Some(60)),
            (&[("cache-control", "max-age=60"), ("age", "45")], Some(15)),
            (&[("cache-control", "max-age=60"), ("age", "61")], None),
            (&[("cache-control", "max-age=60"), ("age", "young")], None),
            (&[("cache-control", "max-age=99999999")], Some(AGE_S_MAX)),
            (&[("cache-control", "max-age=60, no-store")], None),
            (&[("cache-control", "private, max-age=60")], None),
            (&[("cache-control", "no-cache")], None),
            (&[("cache-control", "max-age=-1")], None),
            (&[("cache-control", "max-age=60"), ("vary", "*")], None),
            (&[date, ("expires", "Sun, 06 Nov 1994 08:50:37 GMT")], Some(60)),
            (&[date, ("expires", "Sun, 06 Nov 1994 08:48:37 GMT")], None),
            (&[date, ("expires", "0")], None),
            (&[], None),
        ] {
            let found = freshness(&answer(headers, ""));
            assert_eq!(found, expected.map(Duration::from_secs), "{headers:?}");
        }
        assert_eq!(
            freshness(&Response { status: 404, ..answer(&[("cache-control", "max-age=60")], "") }),
            None
        );
    }

    #[test]
    fn what_a_secret_had_a_part_in_is_not_kept() {
        assert!(key(&Call::get("https://a.example/keys")).is_some());
        assert!(key(&Call::get("https://a.example/keys").bearer("token")).is_none());
        assert!(key(&Call::post("https://a.example/keys", "text/plain", "")).is_none());
        let plain = key(&Call::get("https://a.example/keys"));
        assert_ne!(plain, key(&Call::get("https://a.example/keys").header("accept", "text/plain")));
    }

    #[test]
    fn entries_end_and_are_bounded() {
        let mut cache = Cache::default();
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let key = |number: usize| key(&Call::get(format!("https://a.example/{number}"))).expect("a key");
        let kept = answer(&[("cache-control", "max-age=60")], "body");
        cache.put(key(0), &kept, now);
        assert_eq!(cache.get(&key(0), at(59)), Some(kept.clone()));
        assert_eq!(cache.get(&key(0), at(60)), None);
        for number in 1..=ENTRIES_MAX {
            cache.put(key(number), &kept, at(1));
        }
        assert_eq!(cache.entries.len(), ENTRIES_MAX);
        assert_eq!(cache.get(&key(0), at(1)), None, "the one that would end first made room");
        let large = answer(&[("cache-control", "max-age=60")], &"x".repeat(BYTES_MAX / 8 - 1_000));
        for number in 0..20 {
            cache.put(key(number), &large, at(2));
        }
        assert!(cache.bytes <= BYTES_MAX);
        assert_eq!(cache.bytes, cache.entries.values().map(|entry| entry.bytes).sum::<usize>());
        cache.put(key(0), &answer(&[("cache-control", "max-age=60")], &"x".repeat(BYTES_MAX / 8)), at(2));
        assert!(cache.bytes <= BYTES_MAX);
    }
}

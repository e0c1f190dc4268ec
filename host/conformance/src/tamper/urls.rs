//! The parts of a URL, each changed by itself.

use trunkline_model::Request;

use super::bytes::signed_form;
use super::{Tampered, one_letter_changed};
use crate::form;

/// Every part of the URL changed; and of a form that is signed with it, a field more and a field less.
pub fn urls(request: &Request) -> Vec<Tampered> {
    let separator = if request.url.contains('?') { '&' } else { '?' };
    let with = |url: String| Request { url, ..request.clone() };
    let mut all = vec![Tampered::new("a parameter more", with(format!("{}{separator}x=1", request.url)))];
    let mut add = |what: &str, url: Option<String>| {
        let differs = url.filter(|url| *url != request.url);
        all.extend(differs.map(|url| Tampered::new(what, with(url))));
    };
    if let Some((scheme, rest)) = request.url.split_once("://") {
        let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let joined = |authority: &str, path: &str, query: Option<&str>| {
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            Some(format!("{scheme}://{authority}{path}{query}"))
        };
        add("another host", joined(&one_letter_changed(authority), path, query));
        add("another path", joined(authority, &one_letter_changed(path), query));
        add("a path in upper case", joined(authority, &path.to_ascii_uppercase(), query));
        add("a path that ends in `/`", joined(authority, &format!("{path}/"), query));
        add("a path cut by a letter", joined(authority, &path[..path.len().saturating_sub(1)], query));
        if let Some(query) = query {
            add("no query", joined(authority, path, None));
            add("another value in the query", joined(authority, path, Some(&one_letter_changed(query))));
            add(
                "a query cut by a letter",
                joined(authority, path, Some(&query[..query.len().saturating_sub(1)])),
            );
            if let Some((first, rest)) = query.split_once('&') {
                add("another order in the query", joined(authority, path, Some(&format!("{rest}&{first}"))));
            }
        }
    }
    if form::is_encoded(request) {
        let fields = form::fields(&request.body);
        let mut add = |what: &str, fields: Vec<(String, String)>| {
            let body = form::encode(&fields);
            // One that stands twice may count once.
            if signed_form(&body) != signed_form(&request.body) {
                all.push(Tampered::new(what, Request { body, ..request.clone() }));
            }
        };
        add("a field more", fields.iter().cloned().chain([("Extra".to_owned(), "1".to_owned())]).collect());
        add("a field less", fields.into_iter().skip(1).collect());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_changed_by_itself() {
        let url = "https://hooks.example.org/hooks/x?a=1&b=2".to_owned();
        let request = Request { url: url.clone(), ..Request::default() };
        let all = urls(&request);
        assert_eq!(all.len(), 10, "{all:?}");
        assert!(all.iter().all(|tampered| tampered.request.url != url));
        let order = all.iter().find(|tampered| tampered.what.contains("order")).expect("two parameters");
        assert_eq!(order.request.url, "https://hooks.example.org/hooks/x?b=2&a=1");
        let bare = Request { url: "https://hooks.example.org".to_owned(), ..Request::default() };
        assert!(urls(&bare).len() >= 3);
    }
}

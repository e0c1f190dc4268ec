//! Fields of a body or a query that carry their own signature.

use trunkline_model::Request;

use super::{Tampered, one_letter_changed};
use crate::form;
use crate::subject::Subject;

/// The fields that hold a signature and what it is made over, where the manifest names none.
const SIGNED_FIELDS: [&str; 3] = ["signature", "timestamp", "token"];

/// What the manifest says: `signed_fields` in `[capabilities]`. A name that begins with `?` is one of the query.
pub fn signed_fields(subject: &Subject) -> Vec<String> {
    let named = subject.manifest().capabilities.get("signed_fields");
    match named.and_then(|value| value.0.as_array()) {
        Some(names) => names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        None => SIGNED_FIELDS.map(str::to_owned).into(),
    }
}

/// Every signed field: gone, empty, changed, longer, shorter.
pub fn fields(request: &Request, names: &[String]) -> Vec<Tampered> {
    let mut all = Vec::new();
    for name in names {
        let mut add = |what: &str, change: &dyn Fn(&str) -> Option<String>| {
            let changed = match name.strip_prefix('?') {
                Some(name) => with_parameter(request, name, change),
                None => {
                    form::with_field(request, name, change).map(|body| Request { body, ..request.clone() })
                }
            };
            all.extend(changed.map(|request| Tampered::new(format!("field `{name}` {what}"), request)));
        };
        add("removed", &|_| None);
        add("empty", &|_| Some(String::new()));
        add("changed", &|value| Some(one_letter_changed(value)));
        add("longer", &|value| Some(format!("{value}0")));
        add("shorter", &|value| Some(value.chars().skip(1).collect()));
    }
    all
}

/// The request with another parameter in its query. None where it has no such parameter.
fn with_parameter(request: &Request, name: &str, change: impl Fn(&str) -> Option<String>) -> Option<Request> {
    let (path, query) = request.url.split_once('?')?;
    let mut parameters = form::fields(query.as_bytes());
    let index = parameters.iter().position(|(key, _)| key == name)?;
    match change(&parameters[index].1) {
        Some(value) => parameters[index].1 = value,
        None => drop(parameters.remove(index)),
    }
    let query = String::from_utf8(form::encode(&parameters)).ok()?;
    Some(Request { url: format!("{path}?{query}"), ..request.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_query_and_of_the_body_are_changed() {
        let request = Request {
            url: "https://h/x?a=12&b=%26".to_owned(),
            body: br#"{"Type":"t"}"#.to_vec(),
            ..Request::default()
        };
        let tampered = fields(&request, &["?b".to_owned(), "Type".to_owned(), "?c".to_owned()]);
        assert_eq!(tampered.len(), 10);
        let urls: Vec<&str> = tampered[..5].iter().map(|one| one.request.url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "https://h/x?a=12",
                "https://h/x?a=12&b=",
                "https://h/x?a=12&b=a",
                "https://h/x?a=12&b=%260",
                "https://h/x?a=12&b="
            ]
        );
        assert_eq!(tampered[6].request.body, br#"{"Type":""}"#);
    }
}

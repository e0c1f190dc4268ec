//! What is in a body: the fields of JSON, of forms and of multipart forms, by name, and where they stand.

use std::ops::Range;

use serde_json::Value;
use trunkline_model::Request;

/// Fields that are looked at. A body with more is none that anybody signs by field.
const FIELDS_MAX: usize = 4_000;

/// What form a body has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// No bytes.
    Empty,
    /// JSON, whatever the header says.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data`.
    Multipart,
    /// Anything else.
    Other,
}

impl BodyKind {
    /// The form of a request's body.
    pub fn of(request: &Request) -> Self {
        let media_type = media_type(request);
        let starts = request.body.trim_ascii_start().first();
        match media_type.as_str() {
            _ if request.body.is_empty() => Self::Empty,
            "application/x-www-form-urlencoded" => Self::Form,
            "multipart/form-data" => Self::Multipart,
            _ if matches!(starts, Some(b'{' | b'[')) && is_json(&request.body) => Self::Json,
            _ => Self::Other,
        }
    }
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

/// `content-type` without parameters, in lower case.
fn media_type(request: &Request) -> String {
    let value = request.header("content-type").unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Every field with its value as text: a JSON pointer, or the name in a form.
pub fn fields(request: &Request) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    match BodyKind::of(request) {
        BodyKind::Json => {
            let value = serde_json::from_slice(&request.body).unwrap_or_default();
            leaves(&value, &mut String::new(), &mut fields);
        }
        BodyKind::Form => {
            let pairs = form_urlencoded::parse(&request.body).take(FIELDS_MAX);
            fields.extend(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())));
        }
        BodyKind::Multipart => {
            let content_type = request.header("content-type").unwrap_or_default();
            fields.extend(parts(content_type, &request.body).into_iter().take(FIELDS_MAX).map(|part| {
                let value = String::from_utf8_lossy(&request.body[part.body]).into_owned();
                (part.name, value)
            }));
        }
        BodyKind::Empty | BodyKind::Other => {}
    }
    fields
}

fn leaves(value: &Value, pointer: &mut String, fields: &mut Vec<(String, String)>) {
    let length = pointer.len();
    if fields.len() >= FIELDS_MAX {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                leaves(value, pointer, fields);
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                leaves(value, pointer, fields);
                pointer.truncate(length);
            }
        }
        Value::String(text) => fields.push((pointer.clone(), text.clone())),
        Value::Null => {}
        other => fields.push((pointer.clone(), other.to_string())),
    }
}

/// The decoded parameters of the URL's query.
pub fn query(request: &Request) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(request.query().as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// One part of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// `name` of its `Content-Disposition`.
    pub name: String,
    /// Its headers, without the empty line behind them.
    pub head: Range<usize>,
    /// Its bytes.
    pub body: Range<usize>,
}

/// A parameter of a header's value: `boundary`, `name`, `charset`.
pub(crate) fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

/// The parts of a multipart body, in order. Line ends may be CR LF or LF.
pub(crate) fn parts(content_type: &str, body: &[u8]) -> Vec<Part> {
    let Some(boundary) = parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty()) else {
        return Vec::new();
    };
    let delimiter = format!("--{boundary}");
    // Where a line is the delimiter: where it starts, the line end before it included, and where the next one starts.
    let mut marks = Vec::new();
    let mut start = 0;
    for line in body.split_inclusive(|&byte| byte == b'\n') {
        if line.starts_with(delimiter.as_bytes()) {
            let before = &body[..start];
            let ends = if before.ends_with(b"\r\n") { 2 } else { usize::from(before.ends_with(b"\n")) };
            marks.push((start - ends, start + line.len()));
        }
        start += line.len();
    }
    marks.windows(2).filter_map(|pair| part(body, pair[0].1..pair[1].0.max(pair[0].1))).collect()
}

fn part(body: &[u8], range: Range<usize>) -> Option<Part> {
    let text = &body[range.clone()];
    let (head, gap) = head_end(text)?;
    let head = range.start..range.start + head;
    let headers = String::from_utf8_lossy(&body[head.clone()]);
    let disposition =
        headers.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"));
    let name = disposition.and_then(|line| parameter(line, "name")).unwrap_or_default().to_owned();
    Some(Part { name, body: head.end + gap..range.end, head })
}

/// Where the headers end, and how many bytes stand between them and what follows.
pub(crate) fn head_end(text: &[u8]) -> Option<(usize, usize)> {
    let find = |pattern: &[u8]| text.windows(pattern.len()).position(|window| window == pattern);
    match (find(b"\r\n\r\n"), find(b"\n\n")) {
        (Some(crlf), lf) if lf.is_none_or(|lf| crlf < lf) => Some((crlf, 4)),
        (_, Some(lf)) => Some((lf, 2)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(content_type: &str, body: &str) -> Request {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Request { headers, body: body.as_bytes().to_vec(), ..Request::default() }
    }

    fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn fields_of_every_form_are_found_by_name() {
        let json = request("text/plain", r#"{"a":{"b/c":[1.50,"x"]},"d":null}"#);
        assert_eq!(BodyKind::of(&json), BodyKind::Json);
        assert_eq!(fields(&json), pairs(&[("/a/b~1c/0", "1.5"), ("/a/b~1c/1", "x")]));
        let form = request("application/x-www-form-urlencoded; charset=utf-8", "a=1+2&b=%0A");
        assert_eq!(fields(&form), pairs(&[("a", "1 2"), ("b", "\n")]));
        for end in ["\r\n", "\n"] {
            let body = "--x1\nContent-Disposition: form-data; name=\"a\"\n\none\n\nmore\n--x1\n\
                        content-disposition: form-data; name=b\n\n\n--x1--\n";
            let multipart = request("multipart/form-data; boundary=\"x1\"", &body.replace('\n', end));
            let expected = pairs(&[("a", &format!("one{end}{end}more")), ("b", "")]);
            assert_eq!(fields(&multipart), expected, "{end:?}");
        }
        assert_eq!(fields(&request("multipart/form-data", "--\n\n\n--")), pairs(&[]));
        assert_eq!(BodyKind::of(&request("application/json", "{")), BodyKind::Other);
    }
}

//! A request that the fake provider was asked, and what can be read in it.

use std::cell::OnceCell;

use serde_json::Value;
use trunkline_model::Headers;

/// A request, read to its end.
#[derive(Debug, Default)]
pub struct Asked {
    /// As it was sent.
    pub method: String,
    /// The `Host` header in lower case, without the port.
    pub host: String,
    /// As it was sent: still percent-encoded.
    pub path: String,
    /// What follows the `?`.
    pub query: Option<String>,
    /// Names in lower case, in order of arrival.
    pub headers: Headers,
    /// Without the framing of chunks.
    pub body: Vec<u8>,
    /// Parsed when it is first asked for.
    pub(super) json: OnceCell<Option<Value>>,
    /// Parsed when it is first asked for.
    pub(super) form: OnceCell<Vec<(String, String)>>,
}

impl Asked {
    /// The values of a header.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// The value of the first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        trunkline_model::header(&self.headers, name)
    }

    /// Where the pointer leads in a JSON body. Neither null nor a body that is no JSON has anything.
    pub fn json(&self, pointer: &str) -> Option<&Value> {
        let body = self.json.get_or_init(|| serde_json::from_slice(&self.body).ok());
        body.as_ref()?.pointer(pointer).filter(|value| !value.is_null())
    }

    /// The values of a field of a form, decoded. A body of several parts is a form as well: senders of files
    /// choose that.
    pub fn form<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.form.get_or_init(|| {
            let media_type = self.header("content-type").unwrap_or_default();
            match boundary(media_type) {
                Some(boundary) => parts(&self.body, boundary),
                None if media_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") => {
                    pairs(&self.body)
                }
                None => Vec::new(),
            }
        });
        fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The values of a parameter in the query, decoded.
    pub fn query(&self, name: &str) -> Vec<String> {
        let query = self.query.as_deref().unwrap_or_default();
        pairs(query.as_bytes()).into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
    }
}

/// A JSON value as text: scalars without quotes, anything else as JSON.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The boundary of `multipart/form-data`.
fn boundary(media_type: &str) -> Option<&str> {
    let (kind, parameters) = media_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty())
}

/// `name=value` or `name="value"` among parameters with `;` between them.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = parameters.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value.trim_matches('"'))
}

/// The parts that have a name. Bytes that are no text are replaced: nothing compares files.
fn parts(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let delimiter = format!("--{boundary}");
    let mut fields = Vec::new();
    // What stands before the first delimiter belongs to no part.
    for part in split(body, delimiter.as_bytes()).into_iter().skip(1) {
        let Some(end) = find(part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&part[..end]);
        let disposition = head.lines().filter_map(|line| line.split_once(':'));
        let mut disposition =
            disposition.filter(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"));
        let Some(name) = disposition.next().and_then(|(_, value)| parameter(value, "name")) else { continue };
        let value = &part[end + 4..];
        let value = value.strip_suffix(b"\r\n").unwrap_or(value);
        fields.push((name.to_owned(), String::from_utf8_lossy(value).into_owned()));
    }
    fields
}

fn split<'a>(mut text: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while let Some(start) = find(text, delimiter) {
        pieces.push(&text[..start]);
        text = &text[start + delimiter.len()..];
    }
    pieces.push(text);
    pieces
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(content_type: &str, body: &str) -> Asked {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Asked { headers, body: body.as_bytes().to_vec(), ..Asked::default() }
    }

    #[test]
    fn fields_are_read_in_both_kinds_of_forms() {
        let plain = asked("application/x-www-form-urlencoded; charset=utf-8", "To=%2B15&To=a+b&Body=");
        assert_eq!(plain.form("To").collect::<Vec<_>>(), ["+15", "a b"]);
        assert_eq!(plain.form("Body").collect::<Vec<_>>(), [""]);
        let body = "--x y\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\na@b\r\n\r\n--x y\r\n\
                    content-type: text/plain\r\ncontent-disposition: form-data; filename=\"f\"; name=file\r\n\r\n\
                    bytes\r\n--x y--\r\n";
        let parts = asked("multipart/form-data; boundary=\"x y\"", body);
        assert_eq!(parts.form("to").collect::<Vec<_>>(), ["a@b\r\n"]);
        assert_eq!(parts.form("file").collect::<Vec<_>>(), ["bytes"]);
        assert_eq!(parts.form("f").next(), None);
        assert_eq!(asked("application/json", "To=1").form("To").next(), None);
    }

    #[test]
    fn json_is_read_by_pointer() {
        let asked = asked("application/json", r#"{"to":"U1","n":[7,null]}"#);
        assert_eq!(asked.json("/to").map(text).as_deref(), Some("U1"));
        assert_eq!(asked.json("/n/0").map(text).as_deref(), Some("7"));
        assert_eq!(asked.json("/n").map(text).as_deref(), Some("[7,null]"));
        assert_eq!(asked.json("/n/1"), None);
        assert_eq!(self::asked("application/json", "<html>").json(""), None);
    }
}

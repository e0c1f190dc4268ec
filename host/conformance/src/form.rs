//! Fields of a body that is a form, as text: URL-encoded or multipart.

use trunkline_model::Request;

/// Whether the body is an encoded form.
pub fn is_encoded(request: &Request) -> bool {
    content_type(request).starts_with("application/x-www-form-urlencoded")
}

/// Whether the body is a multipart form.
pub fn is_multipart(request: &Request) -> bool {
    content_type(request).starts_with("multipart/form-data")
}

fn content_type(request: &Request) -> String {
    request.header("content-type").unwrap_or_default().to_ascii_lowercase()
}

/// The decoded fields of an encoded form.
pub fn fields(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// An encoded form.
pub fn encode(fields: &[(String, String)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

/// The body with the value of a field replaced, or None where it has no such field. The new value is None
/// where the field is to be left out.
pub fn with_field(request: &Request, name: &str, change: impl Fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    if is_encoded(request) {
        let mut fields = fields(&request.body);
        let index = fields.iter().position(|(key, _)| key == name)?;
        match change(&fields[index].1) {
            Some(value) => fields[index].1 = value,
            None => drop(fields.remove(index)),
        }
        return Some(encode(&fields));
    }
    if is_multipart(request) {
        return with_part(&request.body, name, change);
    }
    crate::json::with_member(&request.body, name, change)
}

/// Multipart: the value stands between the empty line after its name and the next boundary.
fn with_part(body: &[u8], name: &str, change: impl Fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    let find = |from: usize, text: &[u8]| {
        body[from..].windows(text.len()).position(|window| window == text).map(|index| from + index)
    };
    let head = find(0, format!("name=\"{name}\"").as_bytes())?;
    let start = find(head, b"\r\n\r\n")? + 4;
    let end = find(start, b"\r\n--")?;
    let value = std::str::from_utf8(&body[start..end]).ok()?;
    // A field that is left out of a form is one that is empty: taking a whole part out would have to find its
    // boundaries, and is no other thing to verify.
    let value = change(value).unwrap_or_default();
    Some([&body[..start], value.as_bytes(), &body[end..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_replaced_in_every_kind_of_form() {
        let request = |content_type: &str, body: &str| Request {
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.as_bytes().to_vec(),
            ..Request::default()
        };
        let star = |_: &str| Some("*".to_owned());
        let form = request("application/x-www-form-urlencoded", "a=1&b=2");
        assert_eq!(with_field(&form, "b", star).as_deref(), Some(b"a=1&b=*".as_slice()));
        assert_eq!(with_field(&form, "b", |_| None).as_deref(), Some(b"a=1".as_slice()));
        assert_eq!(with_field(&form, "c", star), None);
        let parts = request(
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n2\r\n--x--\r\n",
        );
        let expected = "--x\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n*\r\n--x--\r\n";
        assert_eq!(with_field(&parts, "b", star).as_deref(), Some(expected.as_bytes()));
        let json = request("application/json", "{\"s\":{\"b\":\"2\"}}");
        assert_eq!(with_field(&json, "b", star).as_deref(), Some(b"{\"s\":{\"b\":\"*\"}}".as_slice()));
    }
}

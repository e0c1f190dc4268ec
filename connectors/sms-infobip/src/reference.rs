//! What a message is given along as `callbackData`, and its reports bring back: our id of it, and who sent it. A report does
//! not name the sender otherwise.

/// A UUID's.
const ID_LENGTH: usize = 36;

/// `01990000-0000-7000-8000-000000000001 +447700900002`
pub fn given_along(id: &str, account: &str) -> String {
    format!("{id} {account}")
}

/// The id and the sender. What others gave along is one text.
pub fn taken_apart(text: &str) -> (&str, Option<&str>) {
    let ours =
        |id: &str| id.len() == ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    match text.split_once(' ') {
        Some((id, account)) if ours(id) && !account.is_empty() => (id, Some(account)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_along_comes_back() {
        let id = "01990000-0000-7000-8000-000000000001";
        for account in ["+447700900002", "72345", "ACME Ltd"] {
            assert_eq!(taken_apart(&given_along(id, account)), (id, Some(account)));
        }
        for text in [
            "",
            id,
            "order 7",
            "01990000-0000-7000-8000-000000000001 ",
            "zzzzzzzz-0000-7000-8000-000000000001 x",
        ] {
            assert_eq!(taken_apart(text), (text, None), "{text}");
        }
    }
}

//! `Authorization: Basic` (RFC 7617) of a webhook, compared as a whole: `user:password`.

use trunkline_sdk::prelude::*;

const SCHEME: &str = "Basic";

/// Refuses unless the header holds one of the credentials.
pub fn verify<'a>(request: &Request, credentials: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    let mut usable = credentials.filter(|credential| is_credential(credential)).peekable();
    if usable.peek().is_none() {
        return Err(signature::misconfigured("`credentials` is not `user:password`"));
    }
    let given = request.header("authorization").filter(|header| !header.is_empty());
    let given = given.ok_or_else(|| signature::missing("`Authorization`"))?;
    let odd = || Refusal::new(RefusalReason::BadEncoding, 401, "`Authorization` is not `Basic` and Base64");
    let (scheme, encoded) = given.split_once(' ').ok_or_else(odd)?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(odd());
    }
    let decoded = signature::base64_decode(encoded.trim_start_matches(' ')).ok_or_else(odd)?;
    let decoded = String::from_utf8(decoded).map_err(|_| odd())?;
    if signature::equals_any(usable, &decoded) {
        return Ok(());
    }
    Err(Refusal::new(RefusalReason::Mismatch, 401, "`Authorization` fits none of the credentials"))
}

/// The header's value, for the simulator.
pub fn header<'a>(mut credentials: impl Iterator<Item = &'a str>) -> Option<String> {
    let credential = credentials.find(|credential| is_credential(credential))?;
    Some(format!("{SCHEME} {}", signature::base64(credential.as_bytes())))
}

/// A user has no colon; a password may. An empty password is none.
fn is_credential(text: &str) -> bool {
    text.split_once(':').is_some_and(|(_, password)| !password.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(header: Option<&str>, credentials: &[&str]) -> Option<(RefusalReason, u16)> {
        let headers = header.map(|header| ("Authorization".to_owned(), header.to_owned()));
        let request = Request { headers: headers.into_iter().collect(), ..Request::default() };
        verify(&request, credentials.iter().copied()).err().map(|refusal| (refusal.reason, refusal.status))
    }

    /// The example of RFC 7617, and that of its section on UTF-8.
    #[test]
    fn known_answers() {
        let aladdin = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
        assert_eq!(header(["Aladdin:open sesame"].into_iter()).as_deref(), Some(aladdin));
        assert_eq!(outcome(Some(aladdin), &["Aladdin:open sesame"]), None);
        assert_eq!(outcome(Some("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), &["Aladdin:open sesame"]), None);
        assert_eq!(outcome(Some("Basic dGVzdDoxMjPCow=="), &["new:one", "test:123£"]), None);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (given, reason) in [
            (None, RefusalReason::MissingSignature),
            (Some(""), RefusalReason::MissingSignature),
            (Some("Basic"), RefusalReason::BadEncoding),
            (Some("Bearer dXNlcjpwYXNzd29yZA=="), RefusalReason::BadEncoding),
            (Some("Basic user:password"), RefusalReason::BadEncoding),
            (Some("Basic dXNlcjpwYXNzd29yZA"), RefusalReason::BadEncoding),
            (Some("Basic /w=="), RefusalReason::BadEncoding),
            (Some("Basic "), RefusalReason::Mismatch),
            (Some("Basic dXNlcjpwYXNzd29yZDE="), RefusalReason::Mismatch),
        ] {
            assert_eq!(outcome(given, &["user:password"]), Some((reason, 401)), "{given:?}");
        }
        for odd in [&[][..], &[""], &[":"], &["user"], &["user:"]] {
            let ours = Some((RefusalReason::Misconfigured, 503));
            assert_eq!(outcome(Some("Basic dXNlcjo="), odd), ours, "{odd:?}");
        }
    }
}

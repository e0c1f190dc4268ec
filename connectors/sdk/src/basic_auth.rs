//! Webhooks that carry a user name and a password: `Authorization: Basic`, RFC 7617.
//!
//! Such a provider signs nothing: whoever knows the password may say anything. In the manifest that is
//! `signature_covers = "token"`.

use trunkline_model::{Refusal, RefusalReason, Request};

use crate::signature::{self, SECRETS_MAX};

const SCHEME: &str = "Basic";

/// Verifies the `Authorization` of a webhook: it must be one of the credentials, each `USER:PASSWORD`, several of them
/// during rotation.
///
/// Refuses with 503 and `misconfigured` where there is no credential, and where none fits and one of them is not of that
/// form: an empty password is none.
pub fn verify<'a>(request: &Request, credentials: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    let credentials: Vec<&str> = credentials.take(SECRETS_MAX).collect();
    if credentials.is_empty() {
        return Err(signature::misconfigured("no user name and password are configured"));
    }
    let (usable, odd): (Vec<&str>, Vec<&str>) =
        credentials.into_iter().partition(|credential| is_credential(credential));
    let fits = given(request).map(|given| {
        usable.iter().fold(false, |found, one| found | signature::equal(one.as_bytes(), &given))
    });
    match fits {
        Ok(true) => Ok(()),
        _ if !odd.is_empty() => Err(signature::misconfigured("a credential is not `USER:PASSWORD`")),
        Ok(false) => {
            let detail = format!("`Authorization` fits none of {} credentials", usable.len());
            Err(Refusal::new(RefusalReason::Mismatch, 401, detail))
        }
        Err(refusal) => Err(refusal),
    }
}

/// The value of the header, as a provider sends it.
pub fn header(credential: &str) -> String {
    format!("{SCHEME} {}", signature::base64(credential.as_bytes()))
}

/// A user name may be empty, and cannot hold a colon; a password may.
fn is_credential(text: &str) -> bool {
    text.split_once(':').is_some_and(|(_, password)| !password.is_empty())
}

fn given(request: &Request) -> Result<Vec<u8>, Refusal> {
    let header = request.header("authorization").filter(|header| !header.is_empty());
    let header = header.ok_or_else(|| signature::missing("`Authorization`"))?;
    let odd = || Refusal::new(RefusalReason::BadEncoding, 401, "`Authorization` is not `Basic` and Base64");
    let (scheme, encoded) = header.split_once(' ').ok_or_else(odd)?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(odd());
    }
    signature::base64_decode(encoded.trim_start_matches(' ')).ok_or_else(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(header: Option<&str>, credentials: &[&str]) -> Option<(RefusalReason, u16)> {
        let headers = header.map(|header| ("Authorization".to_owned(), header.to_owned()));
        let request = Request { headers: headers.into_iter().collect(), ..Request::default() };
        let refusal = verify(&request, credentials.iter().copied()).err()?;
        let told = |secret: &&str| secret.len() > 2 && refusal.detail.contains(*secret);
        assert!(!credentials.iter().any(told), "{}", refusal.detail);
        Some((refusal.reason, refusal.status))
    }

    /// The example of RFC 7617, and that of its section on UTF-8.
    #[test]
    fn known_answers() {
        assert_eq!(header("Aladdin:open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(outcome(Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), &["Aladdin:open sesame"]), None);
        assert_eq!(outcome(Some("Basic dGVzdDoxMjPCow=="), &["test:123£"]), None);
    }

    #[test]
    fn any_credential_in_rotation_fits() {
        let old = header("user:old:with:colons");
        assert_eq!(outcome(Some(&old), &["user:new", "user:old:with:colons"]), None);
        assert_eq!(outcome(Some(&old.replace("Basic ", "bAsIc  ")), &["user:old:with:colons"]), None);
        assert_eq!(outcome(Some(&old), &["user:new"]), Some((RefusalReason::Mismatch, 401)));
        assert_eq!(outcome(Some(&header(":only")), &[":only"]), None);
    }

    #[test]
    fn what_is_no_credential_is_refused() {
        let right = header("user:password");
        for (given, reason) in [
            (None, RefusalReason::MissingSignature),
            (Some(""), RefusalReason::MissingSignature),
            (Some("Basic"), RefusalReason::BadEncoding),
            (Some("Basic user:password"), RefusalReason::BadEncoding),
            (Some(right.trim_end_matches('=')), RefusalReason::BadEncoding),
            (Some(&*format!("{right} ")), RefusalReason::BadEncoding),
            (Some(&*right.replace("Basic", "Bearer")), RefusalReason::BadEncoding),
            (Some("Basic "), RefusalReason::Mismatch),
            (Some(&*header("user:passwor")), RefusalReason::Mismatch),
            (Some(&*header("user:password1")), RefusalReason::Mismatch),
            (Some(&*header("User:password")), RefusalReason::Mismatch),
        ] {
            assert_eq!(outcome(given, &["user:password"]), Some((reason, 401)), "{given:?}");
        }
    }

    #[test]
    fn an_empty_password_is_our_fault() {
        let ours = Some((RefusalReason::Misconfigured, 503));
        assert_eq!(outcome(Some(&header("user:password")), &[]), ours);
        assert_eq!(outcome(None, &[]), ours);
        for odd in [":", "user:", "user"] {
            assert_eq!(outcome(Some(&header(odd)), &[odd]), ours, "{odd}");
            assert_eq!(outcome(Some(&header("user:password")), &[odd, "user:password"]), None, "{odd}");
            assert_eq!(outcome(Some(&header("user:other")), &[odd, "user:password"]), ours, "{odd}");
        }
    }
}

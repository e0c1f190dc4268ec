//! Adds secrets to a request that may be made. The connector named the setting; it never sees the value.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use trunkline_model::{Call, Credential};

use super::Prepared;
use super::caller::{Caller, header_name};
use super::uncalled::Uncalled;

/// What a secret in a path is written in: nothing that could end its segment.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

/// The URL with every `path` credential in its place.
pub fn fill_path<'a>(caller: &Caller<'_>, call: &'a Call) -> Result<Cow<'a, str>, Uncalled> {
    let mut url = Cow::Borrowed(call.request.url.as_str());
    for credential in &call.credentials {
        let Credential::Path(setting) = credential else { continue };
        let placeholder = format!("{{{setting}}}");
        let path = path_of(&call.request.url);
        let (all, in_path) = (call.request.url.matches(&placeholder), path.matches(&placeholder));
        // A second one could stem from what a contact wrote.
        if (all.count(), in_path.count()) != (1, 1) {
            return Err(Uncalled::Forbidden(format!(
                "`{placeholder}` must stand once in the URL, in its path"
            )));
        }
        let value = utf8_percent_encode(secret(caller, setting)?, PATH).to_string();
        url = Cow::Owned(url.replacen(&placeholder, &value, 1));
    }
    Ok(url)
}

/// From the first slash after the host to the query.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let before_query = rest.split(['?', '#']).next().unwrap_or_default();
    before_query.find('/').map_or("", |start| &before_query[start..])
}

/// Adds every other credential. `prepared` was checked before: what is added here needs no check.
pub fn fill(
    caller: &Caller<'_>,
    credentials: &[Credential],
    prepared: &mut Prepared,
) -> Result<(), Uncalled> {
    for credential in credentials {
        match credential {
            Credential::Bearer(setting) => {
                let value = format!("Bearer {}", secret(caller, setting)?);
                header(&mut prepared.headers, AUTHORIZATION, &value, setting)?;
            }
            Credential::Basic((user, setting)) => {
                if user.contains(':') {
                    return Err(Uncalled::Forbidden("user of a `basic` credential with a colon".to_owned()));
                }
                let pair = STANDARD.encode(format!("{user}:{}", secret(caller, setting)?));
                header(&mut prepared.headers, AUTHORIZATION, &format!("Basic {pair}"), setting)?;
            }
            Credential::Header((name, setting)) => {
                header(&mut prepared.headers, header_name(name)?, secret(caller, setting)?, setting)?;
            }
            Credential::Query((name, setting)) => {
                let value = secret(caller, setting)?;
                unique("parameter", name, prepared.url.query_pairs().any(|(known, _)| known == *name))?;
                prepared.url.query_pairs_mut().append_pair(name, value);
            }
            Credential::Form((name, setting)) => form(prepared, name, secret(caller, setting)?)?,
            // It is in the URL already.
            Credential::Path(_) => {}
            Credential::Other((scheme, _)) => {
                return Err(Uncalled::Forbidden(format!("this host knows no credential `{scheme}`")));
            }
        }
    }
    Ok(())
}

/// The value of a setting that the manifest declares as a secret.
fn secret<'a>(caller: &Caller<'a>, setting: &str) -> Result<&'a str, Uncalled> {
    let declared = caller.manifest.settings.get(setting).is_some_and(|setting| setting.secret.is_some());
    if !declared {
        let connector = &caller.manifest.id;
        return Err(Uncalled::Forbidden(format!("`{setting}` is no secret of connector `{connector}`")));
    }
    let unset =
        || Uncalled::NoSecret(format!("connection `{}` has no `{setting}`; set it", caller.connection));
    caller.settings.secret(setting).ok_or_else(unset)
}

fn header(headers: &mut HeaderMap, name: HeaderName, value: &str, setting: &str) -> Result<(), Uncalled> {
    unique("header", name.as_str(), headers.contains_key(&name))?;
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Uncalled::NoSecret(format!("the value of `{setting}` cannot stand in a header")))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

fn form(prepared: &mut Prepared, name: &str, value: &str) -> Result<(), Uncalled> {
    let media_type = prepared.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Uncalled::Forbidden("`form` credential for a body that is no form".to_owned()));
    }
    unique("field", name, form_urlencoded::parse(&prepared.body).any(|(known, _)| known == name))?;
    if !prepared.body.is_empty() {
        prepared.body.push(b'&');
    }
    let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    prepared.body.extend_from_slice(pair.as_bytes());
    Ok(())
}

/// Which of two would count is the server's choice, so there is one.
fn unique(what: &str, name: &str, taken: bool) -> Result<(), Uncalled> {
    if taken {
        Err(Uncalled::Forbidden(format!("{what} `{name}` is set, and a credential as well")))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

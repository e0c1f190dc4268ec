//! What an error of the HTTP client says about a call: whether it may be made again.

use std::error::Error;

use trunkline_policy::egress::Uncalled;

use super::resolver::NotPublic;

/// Sorts an error of the HTTP client. What is not known to have happened before the first byte of the request
/// was written counts as unknown.
pub fn sort(host: &str, error: &reqwest::Error) -> Uncalled {
    if let Some(refused) = cause::<NotPublic>(error) {
        return Uncalled::Forbidden(refused.to_string());
    }
    let innermost = innermost(error);
    // Name resolution, TCP and TLS; a request is written after them.
    if error.is_connect() {
        return Uncalled::NotSent(match error.is_timeout() {
            true => format!("no connection to `{host}` in time"),
            false => format!("no connection to `{host}`: {innermost}"),
        });
    }
    if error.is_builder() {
        return Uncalled::NotSent(format!("request to `{host}` cannot be written: {innermost}"));
    }
    Uncalled::Unknown(match error.is_timeout() {
        true => format!("no whole answer of `{host}` in time"),
        false => format!("no whole answer of `{host}`: {innermost}"),
    })
}

/// The causes below the client's own error, which holds the URL.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

fn cause<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|error| error.downcast_ref())
}

fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "the client says no more".to_owned(), ToString::to_string)
}

//! What the settings say, and which pages may ask: the origins, and the headers that let a browser read the answer.

use trunkline_sdk::prelude::*;

const SESSION_SECRET: &str = "session_secret";
const IDENTITY_SECRET: &str = "identity_secret";
const DAYS_MAX: u64 = 180;
const DAY_SECONDS: u64 = 86_400;

/// A connection, with settings that can be worked with.
pub struct Site<'a> {
    context: &'a Context,
    origins: Vec<&'a str>,
    /// Our side.
    pub account: &'a str,
    /// How long a session lasts.
    pub session_seconds: u64,
    /// Whether visitors must be proven to be somebody.
    pub is_identity_required: bool,
    /// Whether a hash of the user's id is proof, too.
    pub is_hash_proof: bool,
    /// Milliseconds since the Unix epoch.
    pub now: u64,
}

impl<'a> Site<'a> {
    /// Refuses with 503 where a setting is missing or is none: what is open to doubt is closed.
    pub fn of(context: &'a Context) -> Result<Self, Refusal> {
        let wrong = |what: &str| Err(signature::misconfigured(what));
        let origins: Vec<_> = context.setting_values("origins").map(str::trim).collect();
        if origins.is_empty() || !origins.iter().all(|origin| is_origin(origin)) {
            return wrong("`origins` has to name the sites, each as `https://shop.example.org`");
        }
        if context.setting(SESSION_SECRET).is_none() {
            return wrong("`session_secret` is empty");
        }
        let is_identity_required = match context.setting("identity") {
            None | Some("optional") => false,
            Some("required") => true,
            Some(_) => return wrong("`identity` is neither `optional` nor `required`"),
        };
        if is_identity_required && context.setting(IDENTITY_SECRET).is_none() {
            return wrong("`identity` is required, and `identity_secret` is empty");
        }
        let days = context.setting("session_days").unwrap_or("30").parse();
        let Some(days) = days.ok().filter(|days| (1..=DAYS_MAX).contains(days)) else {
            return wrong("`session_days` is not 1 to 180");
        };
        Ok(Self {
            context,
            origins,
            account: context.setting("account").unwrap_or("webchat"),
            session_seconds: days * DAY_SECONDS,
            is_identity_required,
            is_hash_proof: context.setting("identity_hmac") == Some("true"),
            now: context.now,
        })
    }

    /// The page that asks. Refuses with 403 any that is not of this site.
    pub fn origin(&self, request: &Request) -> Result<&'a str, Refusal> {
        let Some(given) = request.header("origin").filter(|origin| !origin.is_empty()) else {
            return Err(Refusal::new(RefusalReason::MissingSignature, 403, "`origin` is missing"));
        };
        let found = self.origins.iter().find(|origin| **origin == given);
        found.copied().ok_or_else(|| {
            let reason = RefusalReason::Other("origin".to_owned());
            Refusal::new(reason, 403, "the page's origin is none of `origins`")
        })
    }

    /// Whether a page of this origin may ask.
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.contains(&origin)
    }

    /// The first one, which a simulator says to come from.
    pub fn first_origin(&self) -> &'a str {
        self.origins.first().copied().unwrap_or_default()
    }

    /// What sessions are signed with, the newest first.
    pub fn session_secrets(&self) -> impl Iterator<Item = &'a str> {
        self.context.setting_values(SESSION_SECRET)
    }

    /// What the customer's server signs with.
    pub fn identity_secrets(&self) -> impl Iterator<Item = &'a str> {
        self.context.setting_values(IDENTITY_SECRET)
    }

    /// What the widget is to look like. Empty where it is not set.
    pub fn look(&self, name: &str) -> &'a str {
        self.context.setting(name).unwrap_or_default()
    }
}

/// Headers without which a browser does not let the page read the answer.
pub fn cross_origin(origin: &str) -> Headers {
    let headers = [("access-control-allow-origin", origin), ("vary", "origin")];
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// The answer to a browser that asks whether it may ask. The widget asks nothing that needs it.
pub fn preflight(origin: &str) -> Response {
    let mut response = Response::empty(204);
    response.headers = cross_origin(origin);
    for (name, value) in [
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "content-type"),
        ("access-control-max-age", "600"),
    ] {
        response.headers.push((name.to_owned(), value.to_owned()));
    }
    response
}

/// JSON that no cache keeps.
pub fn json(status: u16, body: &serde_json::Value) -> Response {
    let mut response = Response::with_body(status, "application/json", body.to_string());
    response.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
    response
}

/// Scheme, host and port as a browser writes them, and nothing behind it.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let letter = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'.' | b'-' | b':' | b'[' | b']' | b'_')
    };
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(letter))
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn an_origin_is_exact() {
        for text in ["https://shop.example.org", "http://localhost:8080", "http://[::1]:3000"] {
            assert!(is_origin(text), "{text}");
        }
        for text in [
            "*",
            "null",
            "",
            "https://",
            "https://*.example.org",
            "https://shop.example.org/",
            "shop.example.org",
        ] {
            assert!(!is_origin(text), "{text}");
        }
    }
}

//! `[edges]`: who hands webhooks in, and whose outbox is to be emptied.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use trunkline_policy::signature::SigningSecret;
use url::{Host, Url};

use super::Resolver;
use crate::file::{Edge, File};

/// Seconds between two questions. Less would be a load of its own, more than a day no question.
const POLL_SECONDS: RangeInclusive<u64> = 5..=86_400;
const POLL_SECONDS_DEFAULT: u64 = 60;
/// What the edges are counted as that are none.
const NOBODY: &str = "unknown";

/// An edge: takes webhooks in elsewhere, verifies and reads them, and hands them in here.
pub struct EdgeConfig {
    /// What it calls itself; for logs and metrics.
    pub name: String,
    /// What it signs with, the newest first.
    pub secrets: Vec<SigningSecret>,
    /// Which connections it may hand in. None: all.
    pub connections: Option<BTreeSet<String>>,
    /// Where it keeps what it could not hand in. None: it is not asked.
    pub outbox: Option<OutboxConfig>,
}

/// The outbox of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    /// The address of the edge, without a slash at the end.
    pub url: String,
    /// Between two questions.
    pub poll_every: Duration,
}

impl Resolver<'_> {
    /// In alphabetical order.
    pub(super) fn edges(&mut self, file: &File) -> Vec<EdgeConfig> {
        file.edges.iter().map(|(name, edge)| self.edge(name, edge, file)).collect()
    }

    fn edge(&mut self, name: &str, edge: &Edge, file: &File) -> EdgeConfig {
        let table = ["edges", name];
        self.name("edges", name);
        if name == NOBODY {
            let message = format!("an edge cannot be called `{NOBODY}`");
            self.problem(&table, message, Some("metrics count those under it that are none of `edges`"));
        }
        let secrets = self.signing_secrets(table, edge.secret.as_ref(), "so nobody could tell who hands in");
        let known: Vec<&str> = file.connections.keys().map(String::as_str).collect();
        let named = edge.connections.as_deref().unwrap_or_default();
        self.known_names(
            &["edges", name, "connections"],
            &format!("edge `{name}`"),
            named,
            "connections",
            &known,
        );
        if edge.connections.as_ref().is_some_and(Vec::is_empty) {
            let message = format!("`edges.{name}.connections` is empty, so it may hand in nothing");
            let hint = "name connections, or leave it out: then it may hand in all";
            self.problem(&["edges", name, "connections"], message, Some(hint));
        }
        EdgeConfig {
            name: name.to_owned(),
            secrets,
            connections: edge.connections.as_ref().map(|names| names.iter().cloned().collect()),
            outbox: self.outbox(name, edge),
        }
    }

    fn outbox(&mut self, name: &str, edge: &Edge) -> Option<OutboxConfig> {
        let path = ["edges", name, "outbox_poll_seconds"];
        let seconds = edge.outbox_poll_seconds.unwrap_or(POLL_SECONDS_DEFAULT);
        if !POLL_SECONDS.contains(&seconds) {
            let (least, most) = (POLL_SECONDS.start(), POLL_SECONDS.end());
            let message = format!("`{}` is {seconds}, expected {least} to {most}", path.join("."));
            self.problem(&path, message, None);
        }
        let Some(url) = &edge.url else {
            if edge.outbox_poll_seconds.is_some() {
                let message = format!("`edges.{name}` has `outbox_poll_seconds` without `url`");
                self.problem(&path, message, Some("set `url` to the address of the edge, up to the path"));
            }
            return None;
        };
        let path = ["edges", name, "url"];
        let url = self.secret(&path, url)?;
        if !is_address(&url) {
            // Without the value, which may hold what only the edge is to know.
            let message = format!(
                "`{}` is neither `https://` with a host nor `http://` with an address of this machine",
                path.join(".")
            );
            let hint = "for example `https://edge.example.com` or `http://127.0.0.1:3000`, up to the path";
            self.problem(&path, message, Some(hint));
        }
        let url = url.trim_end_matches('/').to_owned();
        Some(OutboxConfig { url, poll_every: Duration::from_secs(seconds) })
    }
}

/// In the clear only to this machine, by number: a name could mean another one.
fn is_address(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let plain = url.query().is_none() && url.fragment().is_none() && url.password().is_none();
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    plain
        && url.username().is_empty()
        && url.has_host()
        && (url.scheme() == "https" || url.scheme() == "http" && here)
}

#[cfg(test)]
mod tests {
    use super::super::super::Source;
    use super::*;

    const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    fn edges(text: &str) -> Result<Vec<EdgeConfig>, Vec<String>> {
        let text = format!(
            "config_version = 1\n[connections.support]\nconnector = \"post\"\n[connections.sales]\nconnector = \"post\"\n{text}"
        );
        let resolved = Source::new("t.toml", text).resolve();
        let shown = |problem: &crate::Problem| {
            format!(
                "{}: {} ({})",
                problem.line.unwrap_or(0),
                problem.message,
                problem.hint.as_deref().unwrap_or("")
            )
        };
        resolved.map(|config| config.edges).map_err(|problems| problems.iter().map(shown).collect())
    }

    #[test]
    fn an_edge_needs_a_secret_and_nothing_else() {
        let found = edges(&format!("[edges.fra-1]\nsecret = \"{SECRET}\"\n"))
            .unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!((found.len(), found[0].name.as_str(), found[0].secrets.len()), (1, "fra-1", 1));
        assert_eq!((&found[0].connections, &found[0].outbox), (&None, &None));
        let all = format!(
            "[edges.fra-1]\nsecret = [\"{SECRET}\", \"whsec_AQECAwQFBgcICQoLDA0ODxAREhMUFRYX\"]\nconnections = [\"support\"]\n\
             url = \"https://edge.example.com/trunkline/\"\noutbox_poll_seconds = 5\n"
        );
        let found = edges(&all).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(found[0].secrets.len(), 2);
        assert_eq!(found[0].connections, Some(BTreeSet::from(["support".to_owned()])));
        let url = "https://edge.example.com/trunkline".to_owned();
        assert_eq!(found[0].outbox, Some(OutboxConfig { url, poll_every: Duration::from_secs(5) }));
    }

    #[test]
    fn what_is_wrong_has_its_line_and_its_cure() {
        let cure = "make one with: echo \"whsec_$(openssl rand -base64 32)\"";
        let secret = format!("secret = \"{SECRET}\"");
        let no_secret = format!("6: `edges.fra` has no `secret`, so nobody could tell who hands in ({cure})");
        for (text, expected) in [
            ("[edges.fra]\n".to_owned(), no_secret.clone()),
            ("[edges.fra]\nsecret = []\n".to_owned(), no_secret),
            (
                "[edges.fra]\nsecret = \"whsec_AAAA\"\n".to_owned(),
                format!("7: `edges.fra.secret`: signing secret has 3 bytes, expected 24 to 64 ({cure})"),
            ),
            (
                format!("[edges.fra]\n{secret}\nconnections = [\"suport\"]\n"),
                "8: edge `fra` names `suport`, which is none of `connections` (did you mean `support`?)".to_owned(),
            ),
            (
                format!("[edges.fra]\n{secret}\nconnections = [\"x\"]\n"),
                "8: edge `fra` names `x`, which is none of `connections` (known: sales, support)".to_owned(),
            ),
            (
                format!("[edges.fra]\n{secret}\nconnections = []\n"),
                "8: `edges.fra.connections` is empty, so it may hand in nothing \
                 (name connections, or leave it out: then it may hand in all)"
                    .to_owned(),
            ),
            (
                format!("[edges.fra]\n{secret}\noutbox_poll_seconds = 60\n"),
                "8: `edges.fra` has `outbox_poll_seconds` without `url` \
                 (set `url` to the address of the edge, up to the path)"
                    .to_owned(),
            ),
            (
                format!("[edges.fra]\n{secret}\nurl = \"https://e.example.com\"\noutbox_poll_seconds = 4\n"),
                "9: `edges.fra.outbox_poll_seconds` is 4, expected 5 to 86400 ()".to_owned(),
            ),
            (
                format!("[edges.unknown]\n{secret}\n"),
                "6: an edge cannot be called `unknown` (metrics count those under it that are none of `edges`)"
                    .to_owned(),
            ),
            (
                format!("[edges.Fra]\n{secret}\n"),
                "6: `Fra` is no name for one of `edges` (lower-case letters, digits and hyphens, at most 40)"
                    .to_owned(),
            ),
            (
                format!("[edges.fra]\n{secret}\nconection = [\"support\"]\n"),
                "8: unknown key `conection` in `edges.fra` (did you mean `connections`?)".to_owned(),
            ),
        ] {
            assert_eq!(edges(&text).err(), Some(vec![expected]), "{text}");
        }
    }

    #[test]
    fn an_address_is_https_or_this_machine() {
        for (url, expected) in [
            ("https://edge.example.com", true),
            ("https://edge.example.com:8443/path", true),
            ("https://10.0.0.7", true),
            ("http://127.0.0.1:3000", true),
            ("http://[::1]:3000/", true),
            ("http://localhost:3000", false),
            ("http://edge.example.com", false),
            ("http://10.0.0.7", false),
            ("https://", false),
            ("https://me:pass@edge.example.com", false),
            ("https://edge.example.com/?a=b", false),
            ("https://edge.example.com/#a", false),
            ("ftp://127.0.0.1", false),
            ("edge.example.com", false),
        ] {
            assert_eq!(is_address(url), expected, "{url}");
        }
    }
}

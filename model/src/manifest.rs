//! `connector.toml`: what a connector says about itself. Its JSON Schema is `schema/connector.schema.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The manifest of a connector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format. Always 1.
    pub manifest_version: u32,
    /// `^[a-z][a-z0-9-]*$`, at most 40 characters. The folder, the file and the metric label have this name.
    pub id: String,
    /// The channel's name for people.
    pub title: String,
    /// Semantic version of the connector.
    pub version: String,
    /// One sentence: what it receives.
    pub summary: String,
    /// The provider's page about its webhooks.
    pub documentation: String,
    /// The methods with which the provider calls the webhook, in upper case. Others get 405.
    pub methods: Vec<String>,
    /// Hosts that it may ask the host to call: exact names, or `*.example.com` for any name below. Nothing
    /// else is ever called.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// What a call may use.
    #[serde(default)]
    pub limits: Limits,
    /// What the provider does with its webhooks.
    #[serde(default)]
    pub webhooks: Webhooks,
    /// By name: `^[a-z][a-z0-9_]*$`.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// What sending needs to know before the connector is asked. Only for connectors that can send.
    #[serde(default)]
    pub outbound: Outbound,
    /// What `trunkline simulate` fills in where it is not told.
    pub sample: Option<Sample>,
    /// What the channel can carry, for people and for the send API. Free form.
    #[serde(default)]
    pub capabilities: BTreeMap<String, toml_value::Value>,
}

/// Upper bounds of one call. The host may set lower ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Milliseconds of computing, in steps of 10. Default 250, at most 5000.
    pub time_ms_max: u64,
    /// Bytes of memory. Default 16 MiB, at most 64 MiB.
    pub memory_bytes_max: u64,
    /// Bytes of a webhook's body. Default 1 MiB, at most 32 MiB.
    pub body_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time_ms_max: 250, memory_bytes_max: 16 << 20, body_bytes_max: 1 << 20 }
    }
}

/// What the provider does with its webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// What becomes of a webhook that is answered 503. A host that is behind refuses first what costs least. Default
    /// `drops`: where nothing is known it is taken for lost.
    pub on_failure: OnFailure,
}

/// What a provider does with a webhook that is answered 503.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Sends it again for a day or longer.
    RetriesDays,
    /// Sends it again for hours.
    RetriesHours,
    /// Sends it again for minutes, or a few times in a row.
    RetriesMinutes,
    /// Does not send it again, or only where that was switched on: it is lost.
    #[default]
    Drops,
    /// Stops sending altogether when that goes on, until somebody switches it on again.
    Suspends,
}

impl OnFailure {
    /// As it stands in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::RetriesDays => "retries-days",
            Self::RetriesHours => "retries-hours",
            Self::RetriesMinutes => "retries-minutes",
            Self::Drops => "drops",
            Self::Suspends => "suspends",
        }
    }
}

/// What sending needs to know before the connector is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Outbound {
    /// The scheme of a contact that is named by a bare text: `id`, `phone`, `email`. Default `id`.
    pub scheme: String,
    /// The setting that holds our side (number, page, mailbox) where a message does not say it.
    pub account_setting: Option<String>,
    /// How an uploaded file is handed to the connector: as a `url` that the provider can fetch for a while, or
    /// as `bytes`. Default `url`.
    pub media: MediaForm,
    /// Calls per second that the provider allows for one account, 0.1 to 10,000. The host spaces calls out
    /// evenly; a connection can set a lower rate. Default 10.
    pub rate_per_second: f64,
}

impl Default for Outbound {
    fn default() -> Self {
        Self { scheme: id_scheme(), account_setting: None, media: MediaForm::Url, rate_per_second: 10.0 }
    }
}

/// How an uploaded file is handed to a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum MediaForm {
    /// A link to this host that works for a while.
    Url,
    /// The bytes themselves.
    Bytes,
}

/// What a connection of this connector is configured with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Where to find it at the provider, one or two sentences.
    pub help: String,
    /// Whether it is a secret, and what for.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// A connection without it is refused. Default: yes.
    #[serde(default = "yes")]
    pub required: bool,
    /// Several values are allowed, for rotation. Default: no.
    #[serde(default)]
    pub multiple: bool,
    /// Used where the connection does not set it.
    #[serde(default)]
    pub default: Option<String>,
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Secret {
    /// Handed to the connector, which verifies with it.
    Verify,
    /// Never handed to the connector: the host adds it to calls (`credential` in `wit/http.wit`).
    Call,
}

/// An invented account and contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Our side, in the provider's form.
    pub account: String,
    /// The contact's id, in the provider's form.
    pub contact: String,
    /// The scheme of the contact's id: `id`, `phone`, `email`.
    #[serde(default = "id_scheme")]
    pub scheme: String,
}

fn yes() -> bool {
    true
}

fn id_scheme() -> String {
    "id".to_owned()
}

/// A free-form value.
pub mod toml_value {
    /// Any TOML value that JSON has as well.
    pub use toml::Value as Inner;

    /// Any value.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(transparent)]
    pub struct Value(pub Inner);

    #[cfg(feature = "schema")]
    impl schemars::JsonSchema for Value {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Value".into()
        }
        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            schemars::json_schema!(true)
        }
    }
}

/// Why a manifest is not one.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, or not of this form.
    #[error("{0}")]
    Parse(#[from] toml::de::Error),
    /// Of this form, but against a rule.
    #[error("{field} is {found}, expected {expected}")]
    Rule {
        /// The key.
        field: String,
        /// Its value.
        found: String,
        /// The rule.
        expected: &'static str,
    },
}

impl Manifest {
    /// Parses and checks the text of a `connector.toml`.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text)?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let rule = |holds: bool, field: &str, found: String, expected: &'static str| {
            if holds {
                return Ok(());
            }
            Err(ManifestError::Rule { field: format!("`{field}`"), found: format!("`{found}`"), expected })
        };
        rule(self.manifest_version == 1, "manifest_version", self.manifest_version.to_string(), "`1`")?;
        rule(is_id(&self.id), "id", self.id.clone(), "lower-case letters, digits and hyphens, at most 40")?;
        rule(!self.methods.is_empty(), "methods", "[]".to_owned(), "at least one method")?;
        for method in &self.methods {
            let upper = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
            rule(upper, "methods", method.clone(), "a method in upper case")?;
        }
        for host in &self.hosts {
            rule(is_host(host), "hosts", host.clone(), "a host name, or `*.` and a host name")?;
        }
        let limits = &self.limits;
        let bounds = [
            ("limits.time_ms_max", limits.time_ms_max, 5_000, "10 to 5000"),
            ("limits.memory_bytes_max", limits.memory_bytes_max, 64 << 20, "at most 64 MiB"),
            ("limits.body_bytes_max", limits.body_bytes_max, 32 << 20, "at most 32 MiB"),
        ];
        for (field, found, most, expected) in bounds {
            rule((10..=most).contains(&found), field, found.to_string(), expected)?;
        }
        let rate = self.outbound.rate_per_second;
        let expected = "0.1 to 10000";
        rule((0.1..=10_000.0).contains(&rate), "outbound.rate_per_second", rate.to_string(), expected)?;
        if let Some(setting) = &self.outbound.account_setting {
            let known = self.settings.contains_key(setting);
            rule(known, "outbound.account_setting", setting.clone(), "one of `settings`")?;
        }
        for name in self.settings.keys() {
            let snake = name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            rule(snake, "settings", name.clone(), "names in snake_case")?;
        }
        Ok(())
    }
}

/// Whether a text can be the id of a connector or the name of a connection.
pub fn is_id(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_host(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    name.contains('.')
        && name.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"
        manifest_version = 1
        id = "post"
        title = "Post"
        version = "0.1.0"
        summary = "Letters."
        documentation = "https://example.com"
        methods = ["POST"]
    "#;

    #[test]
    fn the_least_is_enough() {
        let manifest = Manifest::parse(LEAST).expect("valid");
        assert_eq!(manifest.limits, Limits::default());
        assert_eq!(manifest.webhooks.on_failure, OnFailure::Drops);
    }

    #[test]
    fn what_becomes_of_a_failed_webhook_is_one_of_a_closed_set() {
        for value in ["retries-days", "retries-hours", "retries-minutes", "drops", "suspends"] {
            let text = format!("{LEAST}\n[webhooks]\non_failure = \"{value}\"");
            assert_eq!(Manifest::parse(&text).expect(value).webhooks.on_failure.name(), value);
        }
        let error =
            Manifest::parse(&format!("{LEAST}\n[webhooks]\non_failure = \"explodes\"")).expect_err("unknown");
        assert!(error.to_string().contains("`suspends`"), "{error}");
    }

    #[test]
    fn each_rule_names_field_value_and_expectation() {
        for (from, to, expected) in [
            (
                "\"post\"",
                "\"Post\"",
                "`id` is `Post`, expected lower-case letters, digits and hyphens, at most 40",
            ),
            ("= 1", "= 2", "`manifest_version` is `2`, expected `1`"),
            ("[\"POST\"]", "[]", "`methods` is `[]`, expected at least one method"),
            (
                "methods",
                "hosts = [\"*\"]\nmethods",
                "`hosts` is `*`, expected a host name, or `*.` and a host name",
            ),
        ] {
            let error = Manifest::parse(&LEAST.replacen(from, to, 1)).expect_err(to);
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let error = Manifest::parse(&format!("{LEAST}\nhost = []")).expect_err("unknown");
        assert!(error.to_string().contains("unknown field `host`"), "{error}");
    }
}

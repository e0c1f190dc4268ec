//! `trunkline.toml`: read, checked as a whole, and resolved into what the host is put together from.
//!
//! `default.toml` is the reference; the types here are its form. Problems carry the line where they
//! are and what to do about them. A crate of its own, so that all of it is tried in a second: it knows neither the wasm
//! engine nor HTTP.

mod file;
mod problem;
mod resolve;
mod secret;
mod unknown;

use std::path::{Path, PathBuf};

pub use file::{ComponentLimits, Format, Limits, Scope, Start, Store, Unsigned};
pub use problem::{Problem, nearest};
pub use resolve::{
    ComponentsConfig, Config, ConnectionConfig, DestinationConfig, EdgeConfig, EgressOptions, MediaConfig,
    OutboundConfig, OutboxConfig, Outline, OutlinedConnection, RetentionConfig, Target, TokenConfig, Written,
    connection_settings,
};

/// The commented default file, which is the reference.
pub const DEFAULT: &str = include_str!("default.toml");

/// A file that was read but not yet checked against the connectors.
pub struct Source {
    /// Where it was read.
    pub path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// A text that stands in no file, as if it had been read there.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let problem = Problem::new(path, None, format!("cannot be read: {error}"));
            match error.kind() {
                std::io::ErrorKind::NotFound => problem.hint(
                    "write the commented default with `trunkline check --default > trunkline.toml`, \
                     or name a file with --config",
                ),
                _ => problem,
            }
        })?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// Checks everything that can be checked without the connectors, and resolves it.
    pub fn resolve(&self) -> Result<Config, Vec<Problem>> {
        resolve::resolve(self)
    }

    /// Checks the form, and gives what can be said without looking up a secret.
    pub fn outline(&self) -> Result<Outline, Vec<Problem>> {
        resolve::outline(self)
    }

    /// The folder that relative paths start from.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<Config, Vec<String>> {
        let source = Source::new("trunkline.toml", text);
        source.resolve().map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_default_file_says_the_defaults() {
        let default = resolve(DEFAULT).expect("valid");
        let empty = resolve("config_version = 1").expect("valid");
        assert_eq!(format!("{:?}", default.limits), format!("{:?}", empty.limits));
        assert_eq!(
            (default.listen, default.dedupe_days, default.components, default.store),
            (empty.listen, empty.dedupe_days, empty.components, empty.store)
        );
        assert_eq!(default.egress, empty.egress);
        assert_eq!((default.outbound, default.media), (empty.outbound, empty.media));
        assert_eq!(default.profiles_enabled, empty.profiles_enabled);
    }

    #[test]
    fn names_can_be_left_alone() {
        let text = |value: &str| format!("config_version = 1\n[profiles]\n{value}\n");
        assert!(!resolve(&text("enabled = false")).expect("valid").profiles_enabled);
        let problems = resolve(&text("enabled = \"no\"")).err().expect("no boolean");
        assert!(problems[0].starts_with("trunkline.toml:3: "), "{problems:?}");
        let problems = resolve(&text("enable = false")).err().expect("an unknown key");
        assert!(
            problems[0].starts_with("trunkline.toml:3: ") && problems[0].contains("enable"),
            "{problems:?}"
        );
    }

    #[test]
    fn tokens_say_who_asks_and_for_what() {
        let text = |lines: &str| format!("config_version = 1\n{lines}\n");
        let one = "[tokens.ana]\nscope = \"agent\"\ntoken = \"an-invented-token-1\"\n";
        let config = resolve(&text(&format!("[desk]\npath = \"d\"\n{one}"))).expect("valid");
        assert_eq!(config.desk, Some(PathBuf::from("d")));
        let [token] = &config.tokens[..] else { panic!("one token") };
        assert_eq!((token.agent.as_str(), token.scope), ("ana", Scope::Agent));
        for (lines, problem) in [
            ("[tokens.b]\nscope = \"agent\"", "trunkline.toml:2: `tokens.b` has no `token`"),
            ("[tokens.b]\nscope = \"boss\"", "trunkline.toml:3: unknown variant `boss`"),
            (
                "[tokens.b]\nscope = \"supervisor\"\nagent = \"b\"\ntoken = \"an-invented-token-2\"",
                "trunkline.toml:4: `tokens.b` has an `agent`, but its scope is not `agent`",
            ),
            (
                &format!("{one}[tokens.b]\nscope = \"integration\"\ntoken = \"an-invented-token-1\""),
                "trunkline.toml:7: `tokens.b` is the same as `tokens.ana`",
            ),
        ] {
            let problems = resolve(&text(lines)).err().expect(problem);
            assert!(problems[0].starts_with(problem), "{problems:?}");
        }
    }

    #[test]
    fn who_may_sign_is_found_from_the_file() {
        let text = |lines: &str| format!("config_version = 1\n[connectors]\n{lines}\n");
        let source = Source::new(
            "folder/trunkline.toml",
            text("keys = [\"cosign.pub\", \"/k/a.pub\"]\nunsigned = \"refuse\""),
        );
        let config = source.resolve().map_err(|problems| problems[0].to_string()).expect("valid");
        assert_eq!(config.components.keys, [PathBuf::from("folder/cosign.pub"), PathBuf::from("/k/a.pub")]);
        assert_eq!(config.components.unsigned, Unsigned::Refuse);
        let outline = source.outline().map_err(|problems| problems[0].to_string()).expect("valid");
        assert_eq!(
            (outline.connector_keys, outline.unsigned),
            (config.components.keys, config.components.unsigned)
        );

        let problems = resolve(&text("unsigned = \"refuse\"")).err().expect("nobody may sign");
        assert_eq!(
            problems,
            [
                "trunkline.toml:3: `connectors.unsigned` is `refuse`, but `connectors.keys` is empty: nothing could be loaded"
            ]
        );
        let problems = resolve(&text("unsigned = \"yes\"")).err().expect("another word");
        assert!(problems[0].contains("`local`, `allow`, `refuse`"), "{problems:?}");
    }

    /// Every key that the default file shows in a comment is one that exists.
    #[test]
    fn the_examples_in_the_default_file_are_valid() {
        let shown: String = DEFAULT
            .lines()
            .filter_map(|line| match line.strip_prefix("# ") {
                None => Some(line),
                // An example is a section, or a key with its value; sentences are not.
                Some(text) if text.starts_with('[') => Some(text),
                Some(text) => {
                    let key = text.split(" = ").next().filter(|_| text.contains(" = "))?;
                    (!key.contains(' ')).then_some(text)
                }
            })
            .collect::<Vec<_>>()
            .join("\n");
        let shown = shown.replace("${env:CRM_WEBHOOK_SECRET}", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
        let shown = shown.replace("${env:EDGE_SECRET}", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
        let shown = shown.replace("${env:", "an-invented-secret-").replace("}\"", "\"");
        let config = resolve(&shown).map_err(|problems| problems.join("\n")).expect("valid");
        assert_eq!((config.connections.len(), config.destinations.len(), config.routes.len()), (1, 3, 1));
        assert_eq!((config.edges.len(), config.edges[0].outbox.is_some()), (1, true));
    }

    #[test]
    fn egress_problems_have_their_line() {
        let text = "config_version = 1\n[egress]\ntimeout_ms_max = 5\nresponse_bytes_max = 99\n\
                    [egress.dangerous_loopback]\n\"api.example.com\" = \"http://10.0.0.1:80\"\nlocal = \"http://127.0.0.1:1\"\n\
                    [connections.support]\nconnector = \"post\"\nhosts = [\"10.0.0.1\"]\n";
        let expected = [
            "trunkline.toml:3: `egress.timeout_ms_max` is 5, expected 100 to 120000",
            "trunkline.toml:4: `egress.response_bytes_max` is 99, expected 1024 to 33554432",
            "trunkline.toml:6: `egress.dangerous_loopback.api.example.com` is `http://10.0.0.1:80`, \
             expected a URL of this machine",
            "trunkline.toml:7: `local` is no name of a host",
            "trunkline.toml:10: `10.0.0.1` in `connections.support.hosts` is no name of a host",
        ];
        assert_eq!(resolve(text).err().expect("problems"), expected);
    }

    /// `BLESS=1` writes it.
    #[test]
    fn the_published_schema_is_fresh() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/trunkline.schema.json");
        let mut schema = serde_json::to_string_pretty(&schemars::schema_for!(file::File)).expect("JSON");
        schema.push('\n');
        if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
            std::fs::write(&file, &schema).expect("a file");
        }
        let published = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            published == schema,
            "schema/trunkline.schema.json is stale: BLESS=1 cargo test -p trunkline-config"
        );
    }
}

//! Reading `provider.toml`. The format is described in `connectors/README.md`.

use std::path::Path;

use super::asked::Asked;
use super::rule::Rule;

/// How a provider's API answers: the first rule that fits a request does.
#[derive(Debug, Clone)]
pub struct Rules(Vec<Rule>);

/// Why a file is no `provider.toml`.
#[derive(Debug)]
pub struct RulesError(String);

impl std::fmt::Display for RulesError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for RulesError {}

impl Rules {
    /// Reads a `provider.toml`.
    pub fn read(file: &Path) -> Result<Self, RulesError> {
        let in_file = |error: &dyn std::fmt::Display| RulesError(format!("{}: {error}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| in_file(&error))?;
        Self::parse(&text).map_err(|error| in_file(&error))
    }

    /// Parses the text of one. Whatever is unknown is an error, which names the rule and the key.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let table: toml::Table = text.parse().map_err(|error| RulesError(format!("no TOML: {error}")))?;
        if let Some(key) = table.keys().find(|key| *key != "rule") {
            return Err(RulesError(format!("unknown key `{key}`, expected `[[rule]]`")));
        }
        let rules = table.get("rule").and_then(toml::Value::as_array);
        let Some(rules) = rules.filter(|rules| !rules.is_empty()) else {
            return Err(RulesError("no rule, expected `[[rule]]`".to_owned()));
        };
        let parse = |(index, value): (usize, &toml::Value)| {
            let name = value.get("name").and_then(toml::Value::as_str).unwrap_or("without a name");
            Rule::parse(value).map_err(|error| RulesError(format!("rule {} `{name}`: {error}", index + 1)))
        };
        rules.iter().enumerate().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// The hosts that they answer for, each once, in order.
    pub fn hosts(&self) -> Vec<&str> {
        let mut hosts = Vec::new();
        for rule in &self.0 {
            if !hosts.contains(&rule.host.as_str()) {
                hosts.push(rule.host.as_str());
            }
        }
        hosts
    }

    /// The index of the first rule that fits.
    pub(super) fn find(&self, asked: &Asked) -> Option<usize> {
        self.0.iter().position(|rule| rule.fits(asked))
    }

    /// The rule of that index.
    pub(super) fn rule(&self, index: usize) -> &Rule {
        &self.0[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUSH: &str = r#"
        # How it answers.
        [[rule]]
        name = "no token"
        host = "api.example.com"
        path = "/v2/**"
        status = 401
        [rule.when]
        not_header = { authorization = "Bearer fake-token" }

        [[rule]]
        name = "a push"
        host = "api.example.com"
        method = "POST"
        path = "/v2/*/push"
        status = 200
        headers = { content-type = "application/json" }
        body = '{"id":"{{digits 18}}"}'
        retry_key = "x-retry-key"
        [rule.again]
        status = 409
        body = '{"id":"{{first}}"}'

        [[rule]]
        name = "a picture"
        host = "media.example.com"
        status = 200
    "#;

    #[test]
    fn the_first_rule_that_fits_answers() {
        let rules = Rules::parse(PUSH).expect("rules");
        assert_eq!(rules.hosts(), ["api.example.com", "media.example.com"]);
        let find = |method: &str, host: &str, path: &str, token: &str| {
            let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
            let (method, host, path) = (method.to_owned(), host.to_owned(), path.to_owned());
            let asked = Asked { method, host, path, headers, ..Asked::default() };
            rules.find(&asked).map(|index| rules.rule(index).name.as_str())
        };
        assert_eq!(find("POST", "api.example.com", "/v2/bot/push", "wrong"), Some("no token"));
        assert_eq!(find("POST", "api.example.com", "/v2/bot/push", "fake-token"), Some("a push"));
        assert_eq!(find("GET", "api.example.com", "/v2/bot/push", "fake-token"), None);
        assert_eq!(find("POST", "api.example.com", "/v3/bot/push", "fake-token"), None);
        assert_eq!(find("PUT", "media.example.com", "/any/where", "wrong"), Some("a picture"));
        assert_eq!(find("PUT", "example.com", "/any/where", "fake-token"), None);
    }

    #[test]
    fn an_error_names_the_rule_and_the_key() {
        for (from, to, error) in [
            ("path = \"/v2/*/push\"", "pth = \"\"", "rule 2 `a push`: unknown field `pth`"),
            ("path = \"/v2/*/push\"", "path = \"/v2/**/push\"", "rule 2 `a push`: key `path`: `**` in"),
            ("not_header", "no_header", "rule 1 `no token`: unknown field `no_header`"),
            ("\"POST\"", "\"post\"", "rule 2 `a push`: key `method`: found `post`"),
            ("\"media.example.com\"", "\"https://a\"", "rule 3 `a picture`: key `host`: found `https://a`"),
            ("name = \"a picture\"", "", "rule 3 `without a name`: missing field `name`"),
            ("status = 401", "status = \"401\"", "in `status`"),
            ("status = 401", "status = 1", "rule 1 `no token`: key `status`: found 1"),
            ("status = 409", "stat = 409", "rule 2 `a push`: in `again`: unknown field `stat`"),
            ("{{first}}", "{{frist}}", "rule 2 `a push`: in `again`: key `body`: unknown placeholder"),
            ("{{digits 18}}", "1", "rule 2 `a push`: in `again`: `{{first}}` has nothing to repeat"),
            ("{{digits 18}}", "{{first}}", "rule 2 `a push`: `{{first}}` stands outside of `again`"),
            ("retry_key = \"x-retry-key\"", "", "rule 2 `a push`: key `again` needs `retry_key`"),
            ("# How it answers.", "rules = 1", "unknown key `rules`, expected `[[rule]]`"),
            ("[[rule]]", "[[rule]", "no TOML: "),
        ] {
            let text = PUSH.replacen(from, to, 1);
            assert_ne!(text, PUSH, "{from}");
            let found = Rules::parse(&text).expect_err(to).to_string();
            assert!(found.contains(error), "{found}");
        }
        assert_eq!(Rules::parse("# Nothing.").expect_err("none").to_string(), "no rule, expected `[[rule]]`");
    }

    #[test]
    fn the_example_in_the_documentation_is_one() {
        let page = include_str!("../../../connectors/README.md");
        let example = page.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```"));
        let rules = Rules::parse(example.expect("an example").0).expect("rules");
        assert_eq!(rules.hosts(), ["api.example.com"]);
    }

    /// A connector's file is read here too: its own tests do not start a provider.
    #[test]
    fn every_connector_has_a_readable_file() {
        // As it is when the test runs: the repository may have moved since this was compiled.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
        let connectors = Path::new(&package).join("../connectors");
        let entries = std::fs::read_dir(&connectors).expect("the connectors");
        let files = entries.map(|entry| entry.expect("readable").path().join("testdata/provider.toml"));
        let (mut count, mut errors) = (0, Vec::new());
        for file in files.filter(|file| file.exists()) {
            count += 1;
            errors.extend(Rules::read(&file).err().map(|error| error.to_string()));
        }
        println!("{count} files");
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}

//! What a connector says about itself.

use trunkline_model::manifest::{Manifest, Secret};

use crate::finding::{Finding, Findings};
use crate::subject::{Subject, name_of};

/// `manifest/same`
pub fn same(subject: &Subject, findings: &mut Findings) {
    let parsed = subject
        .manifest_text()
        .and_then(|text| Manifest::parse(&text).map_err(|error| format!("no manifest: {error}")));
    let manifest = match parsed {
        Ok(manifest) => manifest,
        Err(error) => return findings.check(false, || Finding::new("`connector.toml`", error)),
    };
    findings.check(&manifest == subject.manifest(), || {
        let json = |manifest: &Manifest| serde_json::to_string_pretty(manifest).unwrap_or_default() + "\n";
        Finding::new("`connector.toml`", "the component says otherwise")
            .difference(&json(&manifest), &json(subject.manifest()))
    });
    let folder = subject.folder.canonicalize().unwrap_or_else(|_| subject.folder.clone());
    let folder = name_of(&folder);
    findings.check(folder == manifest.id, || {
        Finding::new("`id`", format!("is `{}`, but the folder is `{folder}`", manifest.id))
            .hint("folder, file and id have one name: rename the folder, or mend `id` in `connector.toml`")
    });
}

/// `manifest/complete`
pub fn complete(subject: &Subject, findings: &mut Findings) {
    let manifest = subject.manifest();
    let text = match subject.manifest_text() {
        Ok(text) => text,
        Err(error) => return findings.check(false, || Finding::new("`connector.toml`", error)),
    };
    let mut demand = |holds: bool, key: &str, found: &str| {
        findings.check(holds, || Finding::new(format!("`{key}`"), found));
    };
    demand(!manifest.title.trim().is_empty(), "title", "is empty: say the channel's name for people");
    demand(!manifest.summary.trim().is_empty(), "summary", "is empty: say in one sentence what it receives");
    demand(
        manifest.documentation.starts_with("https://") && manifest.documentation.len() > "https://".len(),
        "documentation",
        "is no `https` URL: name the provider's page about its webhooks",
    );
    demand(is_version(&manifest.version), "version", "is no version such as `0.1.0`");
    // The default is the worst case: whoever writes a connector has to have looked.
    demand(
        sets(&text, "webhooks", "on_failure"),
        "webhooks.on_failure",
        "is not set: say what the provider does with a webhook that is answered 503, and where that is known from",
    );
    for (name, setting) in &manifest.settings {
        let key = format!("settings.{name}.help");
        demand(!setting.help.trim().is_empty(), &key, "is empty: say where to find it at the provider");
    }
    if subject.connector.has("simulator") {
        demand(
            manifest.sample.is_some(),
            "sample",
            "is missing, but the connector simulates: invent an account and a contact",
        );
    }
    let calls = ["outbound", "media", "profiles"].into_iter().any(|ability| subject.connector.has(ability));
    if calls && !subject.calls_nobody() {
        demand(!manifest.hosts.is_empty(), "hosts", "is empty, but the connector makes calls");
        let secret = manifest.settings.values().any(|setting| setting.secret == Some(Secret::Call));
        // One secret may serve both.
        let any = secret || manifest.settings.values().any(|setting| setting.secret.is_some());
        demand(any, "settings", "has no secret, but the connector makes calls");
    }
    findings.check(subject.folder.join("README.md").is_file(), || {
        Finding::new(
            "`README.md`",
            "is missing: one page on what to click at the provider, and what is supported",
        )
    });
}

/// `MAJOR.MINOR.PATCH`, with something behind it or not.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    core.split('.').count() == 3
        && core
            .split('.')
            .all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the text sets a key of a table by itself.
fn sets(text: &str, table: &str, key: &str) -> bool {
    let mut inside = false;
    text.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            inside = line.trim_matches(['[', ']']).trim() == table;
            return false;
        }
        let name = line.split('=').next().unwrap_or_default().trim();
        (inside && name == key) || (!inside && name == format!("{table}.{key}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_only_in_its_table() {
        assert!(sets("a = 1\n[webhooks]\n# why\non_failure = \"drops\"\n", "webhooks", "on_failure"));
        assert!(sets("webhooks.on_failure = \"drops\"\n[x]\n", "webhooks", "on_failure"));
        assert!(!sets("[other]\non_failure = 1\n", "webhooks", "on_failure"));
        assert!(!sets("[webhooks]\n# on_failure = 1\n", "webhooks", "on_failure"));
    }

    #[test]
    fn versions_have_three_numbers() {
        for (text, expected) in
            [("0.1.0", true), ("1.2.3-rc.1", true), ("1.2", false), ("", false), ("a.b.c", false)]
        {
            assert_eq!(is_version(text), expected, "{text}");
        }
    }
}

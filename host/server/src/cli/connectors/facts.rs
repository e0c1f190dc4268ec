//! What is said about a connector.

use serde_json::{Value, json};
use trunkline_runtime::Connector;
use trunkline_sources::{Entry, Signer};

/// Where a component comes from, as far as it is known.
pub fn origin(entry: Option<&Entry>) -> Value {
    entry.map_or(Value::Null, |entry| {
        json!({
            "source": entry.source,
            "resolved": entry.resolved,
            "size": entry.size,
            "signed_by": entry.signer.as_ref().map(signer),
            "added_at": entry.added_at,
        })
    })
}

/// Who signed it.
pub fn signer(signer: &Signer) -> Value {
    json!({ "key": signer.key, "fingerprint": signer.fingerprint })
}

/// A connector for programs.
pub fn described(connector: &Connector, entry: Option<&Entry>) -> Value {
    json!({
        "manifest": connector.manifest(),
        "abilities": connector.abilities(),
        "imports": connector.imports(),
        "sha256": connector.digest(),
        "origin": origin(entry),
    })
}

/// What a connector can do and may call, for people.
pub fn abilities(connector: &Connector) -> Vec<(&'static str, String)> {
    let hosts = &connector.manifest().hosts;
    let imports = match connector.imports() {
        [] => "nothing".to_owned(),
        some if connector.imports_wasi() => format!("{} (WASI, which denies everything)", some.join(" ")),
        some => format!("{} (types only)", some.join(" ")),
    };
    vec![
        ("abilities", connector.abilities()[1..].join(" ")),
        ("imports", imports),
        ("hosts", if hosts.is_empty() { "none: it calls nobody".to_owned() } else { hosts.join(" ") }),
    ]
}

/// The name and version of a connector, and what it is for.
pub fn print_title(connector: &Connector) {
    let manifest = connector.manifest();
    let bold = anstyle::Style::new().bold();
    anstream::println!("{bold}{}{bold:#} {} ({})", manifest.title, manifest.version, manifest.id);
    anstream::println!("{}", manifest.summary);
}

/// Lines of a name and what it is.
pub fn print(facts: &[(&str, String)]) {
    for (name, fact) in facts {
        anstream::println!("{name:<12} {fact}");
    }
}

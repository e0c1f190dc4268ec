//! Connectors and connections that do not exist, for tests.

use std::collections::BTreeMap;
use std::path::Path;

use trunkline_model::manifest::Manifest;

use crate::edge::Connection;

/// A manifest with these settings.
pub fn manifest(id: &str, more: &str) -> Manifest {
    let text = format!(
        "manifest_version = 1\nid = \"{id}\"\ntitle = \"Sample {id}\"\nversion = \"0.1.0\"\nsummary = \"Letters.\"\n\
         documentation = \"https://example.com\"\nmethods = [\"POST\"]\n{more}"
    );
    Manifest::parse(&text).expect("valid")
}

/// Two connectors, three connections.
pub fn connections() -> BTreeMap<String, Connection> {
    let post = manifest(
        "post",
        r#"hosts = ["api.post.example", "*.files.post.example"]
[settings.signing_key]
help = "What the post signs with."
secret = "verify"
multiple = true
[settings.token]
help = "What the post is called with."
secret = "call"
required = false
[settings.office]
help = "The number of the post office."
[settings.api_version]
help = "Of the \"API\"."
required = false
default = "v2"
"#,
    );
    let pigeon =
        manifest("pigeon", "[settings.ring]\nhelp = \"What is on its ring.\"\nsecret = \"verify\"\n");
    let connection = |manifest: &Manifest| Connection { manifest: manifest.clone(), hosts: None };
    BTreeMap::from([
        ("support".to_owned(), connection(&post)),
        ("sales-eu".to_owned(), connection(&post)),
        ("loft".to_owned(), connection(&pigeon)),
    ])
}

/// Compares a text with a file of `testdata`, and writes the file where `BLESS=1`.
pub fn golden(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file);
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, found).expect("a file");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found, "testdata/{file} is another text: BLESS=1 writes this one\n\n{found}");
}

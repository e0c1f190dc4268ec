//! `trunkline.toml`: any text is resolved, or there are problems with it that can be shown.

use trunkline_config::{Source, connection_settings};

use crate::subject::subjects;

/// What must hold for every text.
pub fn check(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    // A secret in a file is read: what files there are must not decide what comes out.
    if text.contains("file:") {
        return false;
    }
    let lines = text.lines().count().max(1) + 1;
    let source = Source::new("trunkline.toml", text);
    let config = match source.resolve() {
        Ok(config) => config,
        Err(problems) => {
            assert!(!problems.is_empty(), "not resolved, and nothing wrong");
            for problem in problems {
                assert!(!problem.message.is_empty(), "a problem without words");
                assert!(
                    problem.line.is_none_or(|line| (1..=lines).contains(&line)),
                    "{problem}: no such line"
                );
            }
            return true;
        }
    };
    for connection in &config.connections {
        let Some(subject) = subjects().iter().find(|subject| subject.id == connection.connector) else {
            continue;
        };
        if let Err(problems) = connection_settings(&source.path, connection, &subject.manifest) {
            assert!(!problems.is_empty(), "not settled, and nothing wrong");
        }
    }
    true
}

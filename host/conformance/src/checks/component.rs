//! What a component is: its imports, its exports.

use trunkline_model::interface_name;
use trunkline_runtime::ABILITIES;

use crate::finding::{Finding, Findings};
use crate::subject::Subject;

/// What the runtime answers with a denial, for components of languages that cannot do without.
const DENIED: &str = "wasi:";

/// `component/imports`
pub fn imports(subject: &Subject, findings: &mut Findings) {
    let imports = subject.connector.imports();
    let types = ["http", "events"].map(interface_name);
    for import in imports {
        // That nothing in them can be called, or that it is denied, was checked when the component was loaded.
        let known = types.contains(import) || import.starts_with(DENIED);
        findings.check(known, || Finding::new(format!("`{import}`"), "is imported"));
    }
    let of_types = imports.iter().filter(|import| !import.starts_with(DENIED)).count();
    findings.check(of_types <= types.len(), || Finding::new("imports", format!("{} imports", imports.len())));
    findings.note(match imports {
        [] => "imports nothing".to_owned(),
        some => format!("imports {}", some.join(", ")),
    });
}

/// `component/exports`
pub fn exports(subject: &Subject, findings: &mut Findings) {
    let abilities = subject.connector.abilities();
    findings.note(format!("exports {}", abilities.join(", ")));
    findings.check(abilities.starts_with(&["about", "inbound"]), || {
        Finding::new(
            "exports",
            format!("{}, expected `about`, `inbound` and abilities", abilities.join(", ")),
        )
    });
    // `trunkline_sdk::connector!(Type: inbound, simulator);` is the list of what the author meant to export. Where there is
    // none, the build finds the abilities in the source, and there is nothing to compare.
    let source = std::fs::read_to_string(subject.folder.join("src/lib.rs")).unwrap_or_default();
    let Some(list) = source.split("connector!(").nth(1).and_then(|rest| rest.split(')').next()) else {
        return;
    };
    for ability in ABILITIES.iter().filter(|ability| **ability != "about") {
        let meant = list.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == *ability);
        findings.check(abilities.contains(ability) == meant, || {
            let found = if meant { "not exported, but listed" } else { "exported, but not listed" };
            Finding::new(format!("`{ability}`"), format!("{found} in `connector!` in src/lib.rs"))
        });
    }
}

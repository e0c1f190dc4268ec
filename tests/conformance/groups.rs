//! A test a group of checks, so that they run side by side.

use std::collections::BTreeSet;

use trunkline_conformance::CHECKS;
use trunkline_model::interface_name;

use crate::suite::{folders, hold, suite};

/// A test for each group, and the list of them.
macro_rules! groups {
    ($($group:ident),*) => {
        const GROUPS: &[&str] = &[$(stringify!($group)),*];
        $(
            #[test]
            fn $group() {
                hold(stringify!($group));
            }
        )*
    };
}

groups!(component, manifest, cases, signatures, garbage, isolation, reuse, secrets, limits, simulator, calls);

#[test]
fn every_group_has_a_test() {
    let groups: BTreeSet<&str> = CHECKS.iter().map(|check| check.group()).collect();
    assert_eq!(groups, GROUPS.iter().copied().collect());
}

#[test]
fn every_folder_has_a_component_that_loads() {
    let suite = suite();
    assert_eq!(suite.failures, Vec::<String>::new());
    assert_eq!(suite.subjects.len() + suite.skipped, folders().len());
}

#[test]
fn connectors_of_the_repository_import_types_only() {
    let types = ["http", "events"].map(interface_name);
    for subject in &suite().subjects {
        let imports = subject.connector.imports();
        assert!(imports.iter().all(|import| types.contains(import)), "{}: {imports:?}", subject.id);
    }
}

//! Case files.

use crate::StandardWebhooks;

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<StandardWebhooks>);
}

//! Case files.

use crate::SmsTelnyx;

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<SmsTelnyx>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<SmsTelnyx>);
}

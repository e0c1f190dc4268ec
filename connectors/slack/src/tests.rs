//! The case files, natively.

use super::Slack;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn case_files() {
    trunkline_cases::run_cases(FOLDER, trunkline_sdk::receive::<Slack>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(FOLDER, trunkline_sdk::send::<Slack>);
}

#[test]
fn media_case_files() {
    trunkline_cases::run_media_cases(FOLDER, trunkline_sdk::locate::<Slack>);
}

#[test]
fn profile_case_files() {
    trunkline_cases::run_profile_cases(FOLDER, trunkline_sdk::look_up::<Slack>);
}

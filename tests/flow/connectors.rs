//! Components that are added, pinned, changed behind the host's back, and removed.

use std::path::Path;
use std::process::Command;

use crate::cli::Said;
use crate::host::{binary, components};

fn connectors(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder).env_remove("TRUNKLINE_CONFIG");
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn a_file_is_pinned_and_another_in_its_place_is_refused() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    let config = "config_version = 1\n[connections.support]\nconnector = \"line\"\n\
                  [connections.support.settings]\nchannel_secret = \"x\"\n";
    std::fs::write(folder.join("trunkline.toml"), config).expect("a file");
    let component = components().join("line.wasm").display().to_string();
    let said = |arguments: &[&str]| connectors(folder, arguments);

    let wrong = said(&["connectors", "add", &component, "--as", "lime"]);
    assert!(
        wrong.code == Some(1) && wrong.err.contains("is connector `line`, expected `lime`"),
        "{}",
        wrong.err
    );
    let wrong = said(&["connectors", "add", &component, "--sha256", "00"]);
    assert!(wrong.code == Some(1) && wrong.err.contains("expected `00`"), "{}", wrong.err);
    assert!(!folder.join("connectors").exists(), "nothing was put in place");

    let added = said(&["connectors", "add", &component]);
    assert!(added.code == Some(0) && added.out.contains("added connectors"), "{}{}", added.out, added.err);
    assert_eq!(said(&["check"]).code, Some(0));
    let verified = said(&["connectors", "verify"]);
    assert!(verified.code == Some(0) && verified.out.contains("pinned, unsigned"), "{}", verified.out);

    std::fs::write(folder.join("connectors/line.wasm"), b"another").expect("a file");
    for command in [["connectors", "verify"].as_slice(), &["connectors", "show", "line"], &["check"]] {
        let refused = said(command);
        assert!(refused.code != Some(0) && refused.err.contains("`connectors.lock` pins"), "{}", refused.err);
        assert!(refused.err.contains("hint: if you put it there, pin it"), "{}", refused.err);
    }

    let used = said(&["connectors", "remove", "line"]);
    assert!(used.code == Some(1) && used.err.contains("is used by `support`"), "{}", used.err);
    assert_eq!(said(&["connectors", "remove", "line", "--force"]).code, Some(0));
    assert!(!folder.join("connectors/line.wasm").exists());
}

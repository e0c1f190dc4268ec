//! The head of a workspace that holds some packages of ours and nothing else.
//!
//! Used by the build script, which has no parser at hand: our `Cargo.toml` has one key a line.

/// A `Cargo.toml` from which these packages inherit what they inherit from `root`. A member is its folder and its manifest.
pub fn workspace(root: &str, members: &[(&str, &str)]) -> String {
    let folders: Vec<String> = members.iter().map(|(folder, _)| format!("\"{folder}\"")).collect();
    let mut text = format!(
        "# What a connector is written with in Rust, copied from Trunkline.\n\
         [workspace]\nresolver = \"3\"\nmembers = [{}]\n",
        folders.join(", ")
    );
    let mut section = "";
    for line in root.lines().map(str::trim_end) {
        if line.starts_with('[') {
            section = line;
            if section.starts_with("[workspace.") {
                text += &format!("\n{section}\n");
            }
            continue;
        }
        let key = line.split([' ', '=', '.']).next().unwrap_or_default();
        let kept = match section {
            "[workspace.dependencies]" => members.iter().any(|(_, manifest)| inherits(manifest, key)),
            _ => section.starts_with("[workspace.") && !line.starts_with('#'),
        };
        if kept && !key.is_empty() {
            text += &format!("{line}\n");
        }
    }
    text
}

/// Whether there is a line `key.workspace = true` or `key = { workspace = true, … }`.
fn inherits(manifest: &str, key: &str) -> bool {
    let rests = manifest.lines().filter_map(|line| line.strip_prefix(key));
    rests
        .map(|rest| rest.replace(' ', ""))
        .any(|rest| rest.starts_with(".workspace=true") || rest.starts_with("={workspace=true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_inherited_is_kept() {
        let root = "[workspace]\nmembers = [\"*\"]\n\n[workspace.package]\nedition = \"2024\"\n\n[workspace.dependencies]\n\
                    # Ours.\nserde = \"1\"\nserde_json = { version = \"1\" }\nsha = \"2\"\n\n[workspace.lints.rust]\n\
                    unsafe_code = \"deny\"\n\n[profile.dev]\ndebug = 1\n";
        let member =
            "[dependencies]\nserde_json = { workspace = true, features = [\"x\"] }\nsha.workspace = true\n";
        let text = workspace(root, &[("a/b", member)]);
        let expected = "members = [\"a/b\"]\n\n[workspace.package]\nedition = \"2024\"\n\n[workspace.dependencies]\n\
                        serde_json = { version = \"1\" }\nsha = \"2\"\n\n[workspace.lints.rust]\nunsafe_code = \"deny\"\n";
        assert!(text.ends_with(expected), "{text}");
    }
}

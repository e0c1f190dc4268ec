//! The licences of everything that we depend on, against the list in `deny.toml`.
//!
//! `cargo deny` does the same and more where it is installed; this needs nothing but cargo.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::workspace;

/// Fails where a package has a licence that is not allowed, or none.
pub fn check() -> Result<()> {
    let allowed = allowed()?;
    let output = workspace::cargo(["metadata", "--format-version", "1", "--locked"])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run `cargo metadata`")?;
    if !output.status.success() {
        bail!("`cargo metadata` ended with {}", output.status);
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut refused = Vec::new();
    for package in packages {
        let license = package["license"].as_str().unwrap_or_default();
        if !is_allowed(license, &allowed)? {
            refused.push(format!("{} {}: `{license}`", package["name"], package["version"]));
        }
    }
    if !refused.is_empty() {
        bail!("licences that `deny.toml` does not allow:\n{}", refused.join("\n"));
    }
    println!("{} packages, all under licences that `deny.toml` allows", packages.len());
    Ok(())
}

fn allowed() -> Result<Vec<String>> {
    let text = std::fs::read_to_string(workspace::root().join("deny.toml"))?;
    let file: toml::Value = toml::from_str(&text)?;
    let list = file.get("licenses").and_then(|section| section.get("allow")).and_then(toml::Value::as_array);
    let list = list.context("`deny.toml` has no `licenses.allow`")?;
    Ok(list.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect())
}

fn is_allowed(license: &str, allowed: &[String]) -> Result<bool> {
    if license.is_empty() {
        return Ok(false);
    }
    let expression = Expression::parse_mode(license, ParseMode::LAX)
        .map_err(|error| anyhow::anyhow!("`{license}` is no licence expression: {error}"))?;
    Ok(expression.evaluate(|requirement| allowed.iter().any(|allowed| *allowed == requirement.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_the_alternatives_is_enough_and_all_of_a_conjunction_are_needed() {
        let allowed = ["MIT".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
        for (license, expected) in [
            ("MIT OR GPL-3.0-only", true),
            ("MIT/Apache-2.0", true),
            ("MIT AND GPL-3.0-only", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(license, &allowed).expect("parses"), expected, "{license}");
        }
    }
}

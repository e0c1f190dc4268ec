//! A part of `Cargo.lock`.
//!
//! Used by the build script, which has no parser at hand; cargo writes the file in one form only.

use std::collections::BTreeSet;

/// The packages that these need, directly or not, as a lock file of their own: a new folder is first built with the versions
/// that the SDK was tested with.
pub fn closure(lock: &str, roots: &[&str]) -> String {
    let mut blocks = lock.split("\n[[package]]\n");
    let head = blocks.next().unwrap_or_default();
    let blocks: Vec<&str> = blocks.map(str::trim_end).collect();
    let mut wanted: Vec<(&str, Option<&str>)> = roots.iter().map(|root| (*root, None)).collect();
    let mut kept = BTreeSet::new();
    while let Some((name, version)) = wanted.pop() {
        for (index, block) in blocks.iter().enumerate() {
            let is_it = value(block, "name") == Some(name)
                && version.is_none_or(|version| value(block, "version") == Some(version));
            if is_it && kept.insert(index) {
                wanted.extend(needs(block));
            }
        }
    }
    let kept = kept.into_iter().map(|index| format!("\n[[package]]\n{}\n", blocks[index]));
    format!("{}\n{}", head.trim_end(), kept.collect::<String>())
}

/// `name = "value"`
fn value<'a>(block: &'a str, name: &str) -> Option<&'a str> {
    let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))?;
    line.strip_suffix('"')
}

/// ` "name",` or ` "name version",`: the version where there are several.
fn needs(block: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let list = block.split_once("dependencies = [\n").map_or("", |(_, list)| list);
    let lines = list.lines().map_while(|line| line.trim().strip_prefix('"')?.strip_suffix("\","));
    lines.map(|line| {
        let mut words = line.split(' ');
        (words.next().unwrap_or_default(), words.next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_kept_and_nothing_else() {
        let package = |name: &str, version: &str, needs: &[&str]| {
            let needs: String = needs.iter().map(|need| format!(" \"{need}\",\n")).collect();
            format!("\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = [\n{needs}]\n")
        };
        let head = "# By hand.\nversion = 4\n";
        let (a, b1, c) = (
            package("a", "0.1.0", &["b 1.0.0", "c"]),
            package("b", "1.0.0", &[]),
            package("c", "3.0.0", &["a"]),
        );
        let lock = format!("{head}{a}{b1}{}{c}{}", package("b", "2.0.0", &[]), package("d", "1.0.0", &["a"]));
        assert_eq!(closure(&lock, &["a"]), format!("{head}{a}{b1}{c}"));
        assert_eq!(closure(&lock, &["nowhere"]), head);
    }
}

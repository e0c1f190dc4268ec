//! Rules for one file: its size, and what must not stand in it.

use super::{Finding, mask};

/// A file fits in a head.
const FILE_LINES_MAX: usize = 600;
/// Half a screen wide. A line with a link may be longer.
const LINE_CHARS_MAX: usize = 140;

/// What is nowhere in the code.
const BANNED: [(&str, &str); 4] = [
    ("todo!(", "unfinished: finish it, or name the issue in a comment"),
    ("unimplemented!(", "unfinished: finish it, or name the issue in a comment"),
    ("dbg!(", "left over"),
    ("#[ignore", "a test that is not run is none: mend or remove it"),
];

/// Rules for Rust source. `test`: the whole file is test code.
pub fn rust(path: &str, text: &str, test: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |line: Option<usize>, text: String| {
        findings.push(Finding { path: path.to_owned(), line, text });
    };
    let count = text.lines().count();
    if count > FILE_LINES_MAX {
        add(None, format!("{count} lines, at most {FILE_LINES_MAX}: split it by subject"));
    }
    let code = mask::code(text);
    let tests_from = if test { 0 } else { tests_from(&code) };
    for (index, (line, code)) in text.lines().zip(code.lines()).enumerate() {
        let number = Some(index + 1);
        let width = line.chars().count();
        if width > LINE_CHARS_MAX && !line.contains("://") {
            add(number, format!("{width} characters, at most {LINE_CHARS_MAX}"));
        }
        for (banned, why) in BANNED {
            if code.contains(banned) {
                add(number, format!("`{banned}`: {why}"));
            }
        }
        let in_tests = index >= tests_from;
        if !in_tests && code.contains(".unwrap()") {
            add(number, "`.unwrap()`: return an error, or say with `expect` why it cannot happen".to_owned());
        }
        if in_tests && code.contains("thread::sleep") {
            add(
                number,
                "`thread::sleep` in a test: wait for what is waited for, or advance the clock".to_owned(),
            );
        }
    }
    findings
}

/// The index of the line with which test code starts; beyond the end where there is none.
fn tests_from(code: &str) -> usize {
    let lines: Vec<_> = code.lines().map(str::trim).collect();
    let start = lines.windows(2).position(|pair| {
        pair[0].starts_with("#[cfg(test)]") && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    start.unwrap_or(usize::MAX)
}

/// The names in `#[cfg(test)] mod name;`.
pub fn test_module_names(text: &str) -> Vec<String> {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
    pairs.filter_map(|pair| pair[1].split("mod ").nth(1)?.strip_suffix(';')).map(str::to_owned).collect()
}

/// Rules for every text: no path of somebody's machine.
pub fn paths(path: &str, text: &str) -> Vec<Finding> {
    let folders = ["home", "root", "work", "Users"].map(|name| format!("/{name}/"));
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let starts_a_path = |folder: &String| {
            line.match_indices(folder.as_str()).any(|(at, _)| {
                line[..at].chars().next_back().is_none_or(|before| " \"'`(=:".contains(before))
            })
        };
        if let Some(folder) = folders.iter().find(|folder| starts_a_path(folder)) {
            let text = format!("a path below `{folder}`: it is on one machine only");
            findings.push(Finding { path: path.to_owned(), line: Some(index + 1), text });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        let findings = rust("a.rs", text, false);
        findings.into_iter().map(|finding| (finding.line.unwrap_or(0), finding.text)).collect()
    }

    #[test]
    fn code_is_searched_and_text_is_not() {
        let text = "fn a() {\n    todo!();\n    let a = \"todo!()\"; // dbg!(a)\n    b.unwrap();\n}\n";
        let found = found(text);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4]);
        assert!(found[0].1.starts_with("`todo!(`"), "{}", found[0].1);
    }

    #[test]
    fn tests_may_unwrap_but_not_sleep() {
        let text = "#[cfg(test)]\nmod tests {\n    a.unwrap();\n    std::thread::sleep(b);\n}\n";
        assert_eq!(found(text).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4]);
        assert_eq!(found("std::thread::sleep(b);\n"), []);
    }

    #[test]
    fn long_files_and_lines_are_found() {
        assert_eq!(found(&"\n".repeat(601)), [(0, "601 lines, at most 600: split it by subject".to_owned())]);
        assert_eq!(found(&"a".repeat(141)), [(1, "141 characters, at most 140".to_owned())]);
        assert_eq!(found(&format!("// https://example.com/{}", "a".repeat(140))), []);
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        let line = |folder: &str| format!("see `/{folder}/me/a`, https://example.com/{folder}/a\n");
        for folder in ["home", "Users"] {
            assert_eq!(paths("a.md", &line(folder)).len(), 1, "{folder}");
        }
        assert_eq!(paths("a.md", &line("var")), []);
    }
}

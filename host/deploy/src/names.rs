//! Names as Spin has them: words of lower-case letters and digits with one separator between two, each beginning with a
//! letter. Components have hyphens, variables underscores.

/// Why Spin does not take a name. None: it does.
pub fn misfit(name: &str, separator: char) -> Option<String> {
    for word in name.split(separator) {
        match word.chars().next() {
            None => return Some(format!("`{separator}` must stand between two words")),
            Some(first) if !first.is_ascii_lowercase() => {
                return Some(format!("`{word}` must begin with a letter"));
            }
            Some(_) => {}
        }
        let odd = word.chars().find(|char| !char.is_ascii_lowercase() && !char.is_ascii_digit());
        if let Some(odd) = odd {
            return Some(format!("`{odd}` is no lower-case letter and no digit"));
        }
    }
    None
}

/// A name like this one that Spin takes: `line2` for `line-2`. None: it takes this one, or there is nothing like it.
pub fn near(name: &str) -> Option<String> {
    let mut near = String::new();
    for word in name.split('-').filter(|word| !word.is_empty()) {
        if !near.is_empty() && word.starts_with(|first: char| first.is_ascii_lowercase()) {
            near.push('-');
        }
        near.push_str(word);
    }
    (near != name && misfit(&near, '-').is_none()).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_with_a_letter_and_have_one_separator_between_them() {
        for name in ["a", "post", "post-office", "post2", "a-b3-c"] {
            assert_eq!(misfit(name, '-'), None, "{name}");
        }
        assert_eq!(misfit("post_office_key", '_'), None);
        for (name, why) in [
            ("post-2", "`2` must begin with a letter"),
            ("post--office", "`-` must stand between two words"),
            ("post-", "`-` must stand between two words"),
            ("-post", "`-` must stand between two words"),
            ("", "`-` must stand between two words"),
            ("Post", "`Post` must begin with a letter"),
            ("poSt", "`S` is no lower-case letter and no digit"),
            ("post_office", "`_` is no lower-case letter and no digit"),
        ] {
            assert_eq!(misfit(name, '-').as_deref(), Some(why), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_taken_is_near() {
        for (name, expected) in [
            ("post-2", Some("post2")),
            ("post--office-", Some("post-office")),
            ("post-2-office", Some("post2-office")),
            ("post", None),
            ("", None),
        ] {
            assert_eq!(near(name).as_deref(), expected, "{name}");
        }
    }
}

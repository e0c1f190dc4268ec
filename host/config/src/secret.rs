//! `${env:NAME}` and `${file:path}`: secrets by reference.

use std::io::Read as _;
use std::path::Path;

/// A file with a secret is no larger than this.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Why a reference cannot be resolved: what, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// What is wrong. Never holds a value.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Replaces every reference in a text. File paths start from `folder`.
pub fn resolve(text: &str, folder: &Path) -> Result<String, Unresolved> {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        resolved.push_str(before);
        let (reference, after) = after.split_once('}').ok_or_else(|| Unresolved {
            message: "`${` without `}`".to_owned(),
            hint: "write `${env:NAME}` or `${file:path}`".to_owned(),
        })?;
        resolved.push_str(&value(reference, folder)?);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

fn value(reference: &str, folder: &Path) -> Result<String, Unresolved> {
    if let Some(name) = reference.strip_prefix("env:") {
        return std::env::var(name).map_err(|error| Unresolved {
            message: match error {
                std::env::VarError::NotPresent => format!("environment variable `{name}` is not set"),
                std::env::VarError::NotUnicode(_) => format!("environment variable `{name}` is not UTF-8"),
            },
            hint: format!("set it where the host is started: {name}=..."),
        });
    }
    if let Some(path) = reference.strip_prefix("file:") {
        let path = folder.join(path);
        let unreadable = |error: std::io::Error| Unresolved {
            message: format!("`{}` cannot be read: {error}", path.display()),
            hint: "the path starts from the configuration's folder; the host's user must be able to read it"
                .to_owned(),
        };
        // Bounded as it is read: what is no ordinary file says that it has no bytes, and may have no end.
        let file = std::fs::File::open(&path).map_err(unreadable)?;
        let mut content = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut content).map_err(unreadable)?;
        if content.len() as u64 > FILE_BYTES_MAX {
            return Err(Unresolved {
                message: format!(
                    "`{}` has more than {FILE_BYTES_MAX} bytes, which a secret has at most",
                    path.display()
                ),
                hint: "name the file that holds the secret and nothing else".to_owned(),
            });
        }
        let content = String::from_utf8(content)
            .map_err(|error| unreadable(std::io::Error::other(error.utf8_error())))?;
        let content = content.strip_suffix('\n').unwrap_or(&content);
        return Ok(content.strip_suffix('\r').unwrap_or(content).to_owned());
    }
    Err(Unresolved {
        message: format!("unknown reference `${{{reference}}}`"),
        hint: "write `${env:NAME}` or `${file:path}`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lose_their_last_line_end_only() {
        let folder = std::env::temp_dir().join(format!("trunkline-secret-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        std::fs::write(folder.join("s"), "a\nb\r\n").expect("file");
        assert_eq!(resolve("<${file:s}>", &folder), Ok("<a\nb>".to_owned()));
        std::fs::write(folder.join("large"), vec![b'x'; 64 << 10]).expect("file");
        assert_eq!(resolve("${file:large}", &folder).expect("just fits").len(), 64 << 10);
        std::fs::write(folder.join("large"), vec![b'x'; (64 << 10) + 1]).expect("file");
        assert!(
            resolve("${file:large}", &folder)
                .expect_err("too large")
                .message
                .contains("more than 65536 bytes")
        );
        std::fs::remove_dir_all(&folder).expect("gone");
    }

    #[test]
    fn what_cannot_be_resolved_is_named_with_its_cure() {
        let error = resolve("${env:TRUNKLINE_NOT_SET_ANYWHERE}", Path::new("")).expect_err("not set");
        assert_eq!(error.message, "environment variable `TRUNKLINE_NOT_SET_ANYWHERE` is not set");
        assert_eq!(
            resolve("${vault:x}", Path::new("")).expect_err("unknown").message,
            "unknown reference `${vault:x}`"
        );
        assert_eq!(resolve("${env:X", Path::new("")).expect_err("open").message, "`${` without `}`");
        assert!(resolve("${file:nowhere}", Path::new("/nonexistent")).is_err());
        assert_eq!(resolve("plain $ text", Path::new("")), Ok("plain $ text".to_owned()));
    }
}

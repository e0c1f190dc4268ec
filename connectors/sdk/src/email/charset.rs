//! Text whose charset is not declared, or declared wrongly.

use mail_parser::decoders::charsets::map::charset_decoder;

/// Whether a declared charset is known and is none of those that are declared without being meant.
pub fn is_reliable(charset: &str) -> bool {
    let charset = charset.to_ascii_lowercase();
    let careless = matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii");
    !careless && charset_decoder(charset.as_bytes()).is_some()
}

/// Text in the charset that its sender or a provider declares. Where that is none that is known, or is declared without being
/// meant, the bytes decide.
pub fn decoded(bytes: &[u8], charset: &str) -> String {
    let charset = charset.trim().to_ascii_lowercase();
    // Who writes the one means the other, which has letters where the one has control characters.
    let charset = if charset == "iso-8859-1" { "windows-1252" } else { &charset };
    match charset_decoder(charset.as_bytes()).filter(|_| is_reliable(charset)) {
        Some(decode) => decode(bytes),
        None => guessed(bytes, false),
    }
}

/// UTF-8, else what an HTML page declares of itself where it may, else windows-1252, which is what bytes above 127
/// mostly are.
pub fn guessed(bytes: &[u8], page: bool) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let declared = page.then(|| meta_charset(bytes)).flatten();
    match declared.and_then(|charset| charset_decoder(charset.as_bytes())) {
        Some(decode) => decode(bytes),
        None => windows_1252(bytes),
    }
}

/// Decodes windows-1252, which has a character for every byte.
pub fn windows_1252(bytes: &[u8]) -> String {
    charset_decoder(b"windows-1252")
        .map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |decode| decode(bytes))
}

/// The charset that an HTML page declares of itself.
fn meta_charset(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let (_, rest) = head.split_once("charset=")?;
    let name: String = rest
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))
        .collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn the_declared_charset_counts_where_it_can_be_meant() {
        for (bytes, charset, expected) in [
            (&b"Gr\xfc\xdfe"[..], "iso-8859-1", "Grüße"),
            (b"\x80 5", "iso-8859-1", "€ 5"),
            (b"\xb4\xd0", " ISO-8859-5 ", "Да"),
            (b"\x80 5", "windows-1252", "€ 5"),
            ("Grüße".as_bytes(), "UTF-8", "Grüße"),
            (b"Gr\xfc\xdfe", "utf-8", "Grüße"),
            (b"Gr\xfc\xdfe", "x-unknown", "Grüße"),
            ("Grüße".as_bytes(), "", "Grüße"),
        ] {
            assert_eq!(decoded(bytes, charset), expected, "{charset}");
        }
    }
}

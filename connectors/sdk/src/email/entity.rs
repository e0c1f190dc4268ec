//! HTML's character references. The MIME parser has a table of all names, but its hashes differ between machines
//! of 32 and 64 bits, so that a component finds nothing in it. Here are the names of HTML 4.

/// A reference is no longer than this, `&` and `;` included.
const REFERENCE_SIZE_MAX: usize = 33;
/// U+00A0 to U+00FF in order.
const LATIN_1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo",
    "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
    "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",
    "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute",
    "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash",
    "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde",
    "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc",
    "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave",
    "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];
/// The others that mails have.
const OTHERS: [(&str, char); 55] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("AMP", '&'),
    ("LT", '<'),
    ("GT", '>'),
    ("QUOT", '"'),
    ("euro", '€'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("hellip", '…'),
    ("bull", '•'),
    ("trade", '™'),
    ("minus", '−'),
    ("larr", '←'),
    ("uarr", '↑'),
    ("rarr", '→'),
    ("darr", '↓'),
    ("harr", '↔'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("tilde", '˜'),
    ("circ", 'ˆ'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Yuml", 'Ÿ'),
    ("dagger", '†'),
    ("Dagger", '‡'),
    ("permil", '‰'),
    ("prime", '′'),
    ("Prime", '″'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("infin", '∞'),
    ("ne", '≠'),
    ("le", '≤'),
    ("ge", '≥'),
    ("radic", '√'),
    ("hearts", '♥'),
    ("check", '✓'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
];

/// A text with its references replaced. What is none stays as it is; no-break blanks become blanks.
pub fn decoded(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        let window = &rest.as_bytes()[..rest.len().min(REFERENCE_SIZE_MAX)];
        let end = memchr::memchr(b';', window);
        // A `;` is a byte of its own in UTF-8, so that both ends are between characters.
        let letter = end.and_then(|end| Some((character(rest.get(1..end)?)?, end)));
        match letter {
            Some((letter, end)) => {
                result.push(letter);
                rest = &rest[end + 1..];
            }
            None => {
                result.push('&');
                rest = &rest[1..];
            }
        }
    }
    result.push_str(rest);
    let kept = result.chars().map(|letter| if letter == '\u{a0}' { ' ' } else { letter });
    kept.filter(|letter| !letter.is_control() || matches!(letter, '\t' | '\n')).collect()
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some(
            char::from_u32(code).filter(|letter| *letter != '\0').unwrap_or(char::REPLACEMENT_CHARACTER),
        );
    }
    let other = OTHERS.iter().find(|(other, _)| *other == name).map(|(_, letter)| *letter);
    other.or_else(|| {
        let position = LATIN_1.iter().position(|latin| *latin == name)?;
        char::from_u32(0xa0 + u32::try_from(position).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn names_numbers_and_what_is_none() {
        for (text, expected) in [
            ("a&nbsp;&lt;b&gt;&amp;&apos;", "a <b>&'"),
            ("&uuml;&yuml;&iexcl;&euro;&hellip;", "üÿ¡€…"),
            ("&#32;&#x20AC;&#X20ac;&#0;&#xFFFFFFF;&#99999999999;", " €€\u{fffd}\u{fffd}&#99999999999;"),
            ("&bogus; & &; &amp", "&bogus; & &; &amp"),
            ("&é;", "&é;"),
            ("", ""),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }
}

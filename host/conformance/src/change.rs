//! What was changed in a request, for people: the lines that differ, cut down to where they do.

use trunkline_model::Request;

/// Characters of a line that are shown around the first one that differs.
const SHOWN_CHARS: usize = 100;
/// Of these, those before it.
const BEFORE_CHARS: usize = 30;

/// The lines that differ, as a diff: request line, headers, body. Empty where both are the same.
pub fn request(original: &Request, sent: &Request) -> String {
    let mut text = String::new();
    let start = |request: &Request| format!("{} {}", request.method, request.url);
    pair(&mut text, &start(original), &start(sent));
    headers(&mut text, &original.headers, &sent.headers);
    if original.body != sent.body {
        body(&mut text, &original.body, &sent.body);
    }
    text
}

fn pair(text: &mut String, before: &str, after: &str) {
    if before == after {
        return;
    }
    let (before, after) = windows(before, after);
    text.push_str(&format!("-{before}\n+{after}\n"));
}

/// Headers keep their order: those at the beginning and at the end that are the same are left out.
fn headers(text: &mut String, before: &[(String, String)], after: &[(String, String)]) {
    let same_start = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let (before, after) = (&before[same_start..], &after[same_start..]);
    let same_end =
        before.iter().rev().zip(after.iter().rev()).take_while(|(one, other)| one == other).count();
    let (before, after) = (&before[..before.len() - same_end], &after[..after.len() - same_end]);
    let line = |(name, value): &(String, String)| printable(&format!("{name}: {value}"));
    if let ([one], [other]) = (before, after) {
        return pair(text, &line(one), &line(other));
    }
    for (sign, headers) in [('-', before), ('+', after)] {
        for header in headers {
            text.push_str(&format!("{sign}{}\n", cut(&line(header), 0)));
        }
    }
}

fn body(text: &mut String, before: &[u8], after: &[u8]) {
    let shown = |body: &[u8]| match body {
        [] => "(no body)".to_owned(),
        body => std::str::from_utf8(body).map_or_else(|_| body.escape_ascii().to_string(), printable),
    };
    let (before, after) = windows(&shown(before), &shown(after));
    text.push_str(&format!("-{before}\n+{after}\n"));
}

/// Both lines, cut to the same window around the first difference.
fn windows(before: &str, after: &str) -> (String, String) {
    let same = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let from = same.saturating_sub(BEFORE_CHARS);
    (cut(before, from), cut(after, from))
}

/// A line from that character on, with `…` where something is left out.
fn cut(line: &str, from: usize) -> String {
    let mut shown: String = if from > 0 { "…".to_owned() } else { String::new() };
    shown.extend(line.chars().skip(from).take(SHOWN_CHARS));
    if line.chars().count() > from + SHOWN_CHARS {
        shown.push('…');
    }
    shown
}

/// On one line, with what cannot be seen written as Rust writes it.
fn printable(text: &str) -> String {
    let letter = |letter: char| match letter {
        '"' | '\'' | '\\' => letter.to_string(),
        other => other.escape_debug().to_string(),
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Request {
        let headers = [("content-type", "text/plain"), ("x-signature", "00ff"), ("user-agent", "a")];
        Request {
            method: "POST".to_owned(),
            url: "https://a.example/x".to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: format!("{}b{}", "a".repeat(200), "c".repeat(200)).into_bytes(),
        }
    }

    #[test]
    fn only_what_differs_is_shown() {
        let original = sample();
        assert_eq!(request(&original, &original), "");
        let mut sent = original.clone();
        sent.headers[1].1 = "00fe".to_owned();
        assert_eq!(request(&original, &sent), "-x-signature: 00ff\n+x-signature: 00fe\n");
        let mut sent = original.clone();
        sent.headers.insert(1, ("x-signature".to_owned(), "1".to_owned()));
        assert_eq!(request(&original, &sent), "+x-signature: 1\n");
        let empty = Request { body: Vec::new(), url: "https://a.example/y".to_owned(), ..original.clone() };
        let shown = request(&original, &empty);
        assert!(shown.starts_with("-POST https://a.example/x\n+POST https://a.example/y\n-aaa"), "{shown}");
        assert!(shown.ends_with("+(no body)\n"), "{shown}");
    }

    #[test]
    fn a_long_line_is_cut_to_where_it_differs() {
        let mut sent = sample();
        sent.body[200] = b'\n';
        let shown = request(&sample(), &sent);
        let expected =
            format!("-…{}b{}…\n+…{}\\n{}…\n", "a".repeat(30), "c".repeat(69), "a".repeat(30), "c".repeat(68));
        assert_eq!(shown, expected);
    }
}

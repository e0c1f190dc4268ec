//! Puts invented values in the place of originals, in whatever form a text has: JSON, a form, HTML, a mail, plain.

use serde_json::Value;

use super::invent::{Inventor, Kind};
use super::mail;
use super::scan;
use crate::body;

/// JSON inside of JSON inside of a form; deeper it is text.
const DEPTH_MAX: usize = 4;
/// Words of something that a person wrote.
const PROSE_WORDS_MIN: usize = 4;

/// Whether a text is what a person wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is.
    Yes,
    /// If it looks like it.
    Perhaps,
    /// A machine wrote it for a machine.
    No,
}

/// How values are replaced.
pub struct Rewriter {
    /// What stands for what.
    pub inventor: Inventor,
    /// Texts stay; what they hold of names, numbers and addresses does not.
    pub keep_text: bool,
    /// Degrees of the events, in no order.
    pub places: Vec<f64>,
    /// The provider's own words.
    pub provider: Vec<String>,
    /// Milliseconds since the Unix epoch: times around this are no ids.
    pub now: u64,
    /// What no event shows, but what looked like something: its kind, and what stands for it.
    pub found: Vec<(Kind, String)>,
}

impl Rewriter {
    /// One value, decoded.
    pub fn value(&mut self, text: &str) -> String {
        self.nested(text, 0)
    }

    fn nested(&mut self, text: &str, depth: usize) -> String {
        let trimmed = text.trim();
        if let Some(whole) = self.inventor.whole(trimmed) {
            return text.replacen(trimmed, &whole, 1);
        }
        if depth < DEPTH_MAX
            && trimmed.starts_with(['{', '['])
            && serde_json::from_str::<Value>(trimmed).is_ok()
        {
            return self.json(text, depth + 1);
        }
        if mail::is_mail(text) {
            return mail::rewrite(self, text);
        }
        if is_html(text) {
            return self.html(text);
        }
        if let Ok(number) = trimmed.parse::<f64>()
            && self.is_place(number)
        {
            return self.degrees(trimmed);
        }
        self.plain(text, Written::Perhaps)
    }

    fn is_place(&self, number: f64) -> bool {
        number != 0.0 && self.places.iter().any(|place| (place - number).abs() < 1e-9)
    }

    fn degrees(&mut self, text: &str) -> String {
        let invented = match self.inventor.known(text) {
            Some(known) => known,
            None => self.inventor.add(Kind::Place, text),
        };
        self.inventor.whole(text);
        invented
    }

    /// Text without a form. What a person wrote is filled.
    pub fn plain(&mut self, text: &str, written: Written) -> String {
        let address = |text: &str| text.contains('<') && text.contains('@');
        let prose = match written {
            Written::Yes => true,
            Written::Perhaps => address(text) || is_prose(text),
            Written::No => false,
        };
        let fill = prose && !self.keep_text && !self.provider.iter().any(|own| own == text.trim());
        let mut out = String::with_capacity(text.len());
        let (mut rest, mut before, mut plain) = (text, None, String::new());
        while let Some(first) = rest.chars().next() {
            let replaced = self.inventor.at(before, rest).or_else(|| self.scanned(before, rest));
            let taken = match replaced {
                Some((taken, invented)) => {
                    out.push_str(&self.filled(&mut plain, fill));
                    out.push_str(&invented);
                    taken
                }
                None => {
                    plain.push(first);
                    first.len_utf8()
                }
            };
            before = rest[..taken].chars().next_back();
            rest = &rest[taken..];
        }
        out.push_str(&self.filled(&mut plain, fill));
        out
    }

    fn filled(&mut self, plain: &mut String, fill: bool) -> String {
        let plain = std::mem::take(plain);
        if !fill || !plain.chars().any(char::is_alphanumeric) {
            return plain;
        }
        let invented = self.inventor.fill(&plain);
        self.inventor.set(Kind::Text, &plain, invented.clone());
        self.inventor.whole(&plain);
        invented
    }

    /// What looks like a number, an address or a key, and is in no event.
    fn scanned(&mut self, before: Option<char>, text: &str) -> Option<(usize, String)> {
        let (kind, size) = scan::at(before, text, self.now)?;
        let original = &text[..size];
        let invented = self.inventor.add(kind, original);
        self.inventor.whole(original);
        if !self.found.iter().any(|(_, known)| *known == invented) {
            self.found.push((kind, invented.clone()));
        }
        Some((size, invented))
    }

    /// Text between tags is filled, tags stay, entities stay.
    pub fn html(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let tag = rest.starts_with('<');
            let end = if tag { rest.find('>').map(|end| end + 1) } else { rest.find('<') };
            let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
            if tag {
                out.push_str(&self.plain(part, Written::No));
            } else {
                let mut inside = part;
                while let Some(start) = inside.find('&') {
                    let end = inside[start..].find(';').map_or(inside.len(), |end| start + end + 1);
                    out.push_str(&self.plain(&inside[..start], Written::Yes));
                    out.push_str(&inside[start..end]);
                    inside = &inside[end..];
                }
                out.push_str(&self.plain(inside, Written::Yes));
            }
            rest = after;
        }
        out
    }

    /// JSON, token by token: what is not replaced stays byte by byte as it was.
    pub fn json(&mut self, text: &str, depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let size = match first {
                '"' => string_size(rest),
                '-' | '0'..='9' => rest
                    .find(|letter: char| !letter.is_ascii_digit() && !"+-.eE".contains(letter))
                    .unwrap_or(rest.len()),
                other => other.len_utf8(),
            };
            let (token, after) = rest.split_at(size);
            match first {
                '"' if after.trim_start().starts_with(':') => out.push_str(token),
                '"' => out.push_str(&self.json_string(token, depth)),
                '-' | '0'..='9' => out.push_str(&self.json_number(token)),
                _ => out.push_str(token),
            }
            rest = after;
        }
        out
    }

    fn json_string(&mut self, token: &str, depth: usize) -> String {
        // Half a surrogate is no text, and stays.
        let Ok(value) = serde_json::from_str::<String>(token) else { return token.to_owned() };
        let rewritten = self.nested(&value, depth);
        if rewritten == value { token.to_owned() } else { Value::from(rewritten).to_string() }
    }

    fn json_number(&mut self, token: &str) -> String {
        if let Some(whole) = self.inventor.whole(token)
            && serde_json::from_str::<serde_json::Number>(&whole).is_ok()
        {
            return whole;
        }
        if token.parse::<f64>().is_ok_and(|number| self.is_place(number)) {
            return self.degrees(token);
        }
        match scan::at(None, token, self.now) {
            Some((_, size)) if size == token.len() => {
                self.scanned(None, token).map_or(token.to_owned(), |(_, invented)| invented)
            }
            _ => token.to_owned(),
        }
    }

    /// The query of a URL, or a body that is a form.
    pub fn form(&mut self, text: &str) -> String {
        let fields: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            form.append_pair(&name, &self.value(&value));
        }
        form.finish()
    }

    /// A multipart form. Bytes of files become as many others, or fewer.
    pub fn multipart(&mut self, content_type: &str, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut end = 0;
        for part in body::parts(content_type, bytes) {
            out.extend_from_slice(&bytes[end..part.head.start]);
            let head = String::from_utf8_lossy(&bytes[part.head.clone()]).into_owned();
            let rewritten = mail::part_head(self, &head);
            out.extend_from_slice(rewritten.as_bytes());
            out.extend_from_slice(&bytes[part.head.end..part.body.start]);
            let content = &bytes[part.body.clone()];
            let file = mail::is_file(&head);
            match std::str::from_utf8(content) {
                Ok(text) if mail::is_message(&head) => {
                    out.extend_from_slice(mail::content(self, &head, text, 0).as_bytes());
                }
                Ok(text) if !file => out.extend_from_slice(self.value(text).as_bytes()),
                Err(_) if !file && mail::is_mail(&mail::latin(content)) => {
                    let rewritten = self.value(&mail::latin(content));
                    out.extend(mail::latin_bytes(&rewritten));
                }
                _ => out.extend_from_slice(&mail::invented_file(content)),
            }
            end = part.body.end;
        }
        out.extend_from_slice(&bytes[end.min(bytes.len())..]);
        out
    }
}

/// The size of a string token, its quotes included.
fn string_size(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return index + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// It has a tag.
fn is_html(text: &str) -> bool {
    text.match_indices('<').any(|(start, _)| {
        let tag = &text[start + 1..];
        let Some(end) = tag.find('>') else { return false };
        let tag = &tag[..end];
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        !tag.contains('@') && name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.len() <= 10
    })
}

/// Several words, most of them of small letters or of a script without words.
fn is_prose(text: &str) -> bool {
    let words = text.split_whitespace().filter(|word| {
        word.chars().filter(|letter| letter.is_alphabetic()).count() * 2 > word.chars().count()
    });
    let without_words = text.chars().filter(|letter| ('\u{0e00}'..='\u{9fff}').contains(letter)).count();
    words.count() >= PROSE_WORDS_MIN || without_words >= PROSE_WORDS_MIN
}

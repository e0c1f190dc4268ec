//! What may have been signed instead: the body before something changed it, the URL that the provider knows.

use trunkline_model::Request;

use super::super::Cause;
use super::Varied;
use crate::body::BodyKind;
use crate::scheme::Piece;

/// A larger body is not written anew in other ways.
const REWRITTEN_MAX: usize = 1 << 20;

/// What is signed with one piece varied, then with the body and the URL varied.
pub fn varied(pieces: &[Piece], request: &Request) -> Vec<Varied> {
    let all: Vec<Vec<Varied>> = pieces.iter().map(|piece| of_piece(piece, request)).collect();
    let mut messages: Vec<Varied> = vec![(Vec::new(), Vec::new())];
    for (index, variants) in all.iter().enumerate() {
        messages = messages
            .iter()
            .flat_map(|(before, causes)| {
                variants.iter().map(move |(bytes, more)| {
                    ([before.as_slice(), bytes].concat(), [causes.as_slice(), more].concat())
                })
            })
            .filter(|(_, causes)| index == 0 || causes.len() <= 2)
            .collect();
    }
    messages.retain(|(_, causes)| !causes.is_empty());
    messages.sort_by_key(|(_, causes)| causes.len());
    messages
}

/// As it is, and every variant. Nothing where the request lacks it.
fn of_piece(piece: &Piece, request: &Request) -> Vec<Varied> {
    let Some(own) = piece.bytes(request) else { return Vec::new() };
    let mut all = vec![(own.clone(), Vec::new())];
    let others = match piece {
        Piece::Body => bodies(request),
        Piece::Url => urls(request),
        Piece::Form => forms(request),
        Piece::Field(_) | Piece::Header(_) | Piece::Text(_) => Vec::new(),
    };
    for (bytes, cause) in others {
        if all.iter().all(|(known, _)| *known != bytes) {
            all.push((bytes, vec![cause]));
        }
    }
    all
}

fn bodies(request: &Request) -> Vec<(Vec<u8>, Cause)> {
    const HINT: &str =
        "something between the provider and this host changes the body: pass it on byte by byte";
    let body = &request.body;
    if body.is_empty() {
        let cause = Cause::new("body_empty", "the body is empty, and the signature is of one", HINT);
        return vec![(b"{}".to_vec(), cause.clone()), (b"null".to_vec(), cause)];
    }
    let mut bodies = Vec::new();
    let mut add = |bytes: Vec<u8>, code, text: &str| bodies.push((bytes, Cause::new(code, text, HINT)));
    let line_end = "body_line_end";
    if let Some(cut) = body.strip_suffix(b"\n") {
        add(cut.to_vec(), line_end, "the body has a line end at its end that was not signed");
        let cut = cut.strip_suffix(b"\r").unwrap_or(cut);
        add(cut.to_vec(), line_end, "the body has a line end at its end that was not signed");
    }
    for end in ["\n", "\r\n"] {
        let longer = [body, end.as_bytes()].concat();
        add(longer, line_end, "a line end at the end of the body was signed, and is gone");
    }
    add(body.trim_ascii().to_vec(), "body_white_space", "white space around the body was not signed");
    add(Vec::new(), "body_not_signed", "the signature is of an empty body");
    if body.len() > REWRITTEN_MAX {
        return bodies;
    }
    let Ok(text) = std::str::from_utf8(body) else { return bodies };
    add(text.replace("\r\n", "\n").into_bytes(), "body_crlf", "line ends were LF, and are CR LF now");
    let crlf = text.replace("\r\n", "\n").replace('\n', "\r\n");
    add(crlf.into_bytes(), "body_crlf", "line ends were CR LF, and are LF now");
    if BodyKind::of(request) == BodyKind::Json {
        for written in rewritten(text) {
            add(
                written.into_bytes(),
                "body_rewritten",
                "the JSON was parsed and written anew, so that its bytes are others",
            );
        }
    }
    bodies
}

/// The usual ways in which programs write the same JSON.
fn rewritten(text: &str) -> Vec<String> {
    let compact = spaced(text, "", "");
    let mut all = vec![compact.clone(), spaced(text, " ", " ")];
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        all.push(value.to_string());
        all.extend(serde_json::to_string_pretty(&value));
    }
    for written in all.clone() {
        all.push(written.replace('/', "\\/"));
        all.push(written.replace("\\/", "/"));
        let ascii = ascii(&written);
        all.push(ascii.replace('/', "\\/"));
        all.push(ascii);
        all.push(unescaped(&written));
    }
    for written in all.clone() {
        all.push(format!("{written}\n"));
    }
    all
}

/// The same tokens with other white space behind colons and commas, and none elsewhere.
fn spaced(text: &str, colon: &str, comma: &str) -> String {
    let (mut out, mut inside, mut escaped) = (String::with_capacity(text.len()), false, false);
    for letter in text.chars() {
        if inside {
            out.push(letter);
            inside = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        match letter {
            ' ' | '\t' | '\n' | '\r' => {}
            '"' => {
                inside = true;
                out.push('"');
            }
            ':' => out.push_str(&format!(":{colon}")),
            ',' => out.push_str(&format!(",{comma}")),
            other => out.push(other),
        }
    }
    out
}

/// Every letter beyond ASCII as `\u` and four digits.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// `\u` and four digits as the letter. Escapes that JSON needs stay.
fn unescaped(text: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let unit_of = |rest: &str| {
        let unit = u16::from_str_radix(rest.strip_prefix("\\u")?.get(..4)?, 16).ok()?;
        (unit > 0x7f).then_some(unit)
    };
    while let Some(letter) = rest.chars().next() {
        if let Some(unit) = unit_of(rest) {
            units.push(unit);
            rest = &rest[6..];
            continue;
        }
        out.push_str(&String::from_utf16_lossy(&units));
        units.clear();
        let taken =
            if letter == '\\' { rest.chars().take(2).map(char::len_utf8).sum() } else { letter.len_utf8() };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out.push_str(&String::from_utf16_lossy(&units));
    out
}

fn forms(request: &Request) -> Vec<(Vec<u8>, Cause)> {
    let fields: Vec<(String, String)> = crate::body::fields(request);
    let joined = |fields: Vec<&(String, String)>| {
        fields.into_iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()].concat()).collect()
    };
    let mut sorted: Vec<&(String, String)> = fields.iter().collect();
    sorted.sort();
    let filled: Vec<_> = sorted.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    let cause =
        |text: &str| Cause::new("form_fields", text, "pass the form on byte by byte, empty fields too");
    vec![
        (joined(filled), cause("empty fields of the form were not signed")),
        (
            joined(fields.iter().collect()),
            cause("the fields of the form were signed as they come, not sorted"),
        ),
        (Vec::new(), cause("the fields of the form were not signed")),
    ]
}

/// The URLs that a provider may know this one by.
fn urls(request: &Request) -> Vec<(Vec<u8>, Cause)> {
    let Some((scheme, rest)) = request.url.split_once("://") else { return Vec::new() };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let hosts = hosts(request, authority, host);
    let mut urls = Vec::new();
    for (host, host_differs) in &hosts {
        for (path, path_differs) in paths(path) {
            for other_scheme in [scheme, if scheme == "https" { "http" } else { "https" }] {
                let mut differs: Vec<&str> = Vec::new();
                if other_scheme != scheme {
                    differs.push(if scheme == "https" { "with http" } else { "with https" });
                }
                differs.extend(*host_differs);
                differs.extend(path_differs);
                let (code, hint) = cause_of(&differs);
                let text = match host_differs {
                    // The host is what is to be written into the configuration.
                    Some(_) => format!("the provider signs the URL {} (`{host}`)", differs.join(", ")),
                    None => format!("the provider signs the URL {}", differs.join(", ")),
                };
                let url = format!("{other_scheme}://{host}{path}").into_bytes();
                urls.push((differs.len(), url, Cause::new(code, text, hint)));
            }
        }
    }
    urls.retain(|(differs, _, _)| *differs > 0);
    urls.sort_by_key(|(differs, _, _)| *differs);
    urls.into_iter().map(|(_, url, cause)| (url, cause)).collect()
}

fn cause_of(differs: &[&str]) -> (&'static str, &'static str) {
    let path = |text: &&str| text.contains("query") || text.contains("slash") || text.contains("decoded");
    match differs.iter().all(path) {
        true => ("url_path", "enter the URL at the provider as it is called, and let no proxy rewrite it"),
        false => ("public_url", "set `server.public_url` to what the provider has, scheme, host and port"),
    }
}

fn hosts(request: &Request, authority: &str, host: &str) -> Vec<(String, Option<&'static str>)> {
    let mut hosts = vec![(authority.to_owned(), None)];
    let mut add = |authority: String, text| {
        if !hosts.iter().any(|(known, _)| *known == authority) {
            hosts.push((authority, Some(text)));
        }
    };
    if host != authority {
        add(host.to_owned(), "without the port");
    }
    for name in ["x-forwarded-host", "x-original-host", "host"] {
        if let Some(value) = request.header(name) {
            let value = value.split(',').next().unwrap_or_default().trim();
            add(value.to_owned(), "with another host");
            if let Some((bare, _)) = value.rsplit_once(':') {
                add(bare.to_owned(), "with another host");
            }
        }
    }
    for port in ["443", "80", "8443", "8080"] {
        add(format!("{host}:{port}"), "with another port");
    }
    hosts
}

fn paths(path: &str) -> Vec<(String, Option<&'static str>)> {
    let (bare, query) = path.split_once('?').map_or((path, None), |(bare, query)| (bare, Some(query)));
    let with = |bare: &str| query.map_or(bare.to_owned(), |query| format!("{bare}?{query}"));
    let slash = match bare.strip_suffix('/') {
        Some(cut) => (with(cut), Some("without the slash at its end")),
        None => (with(&format!("{bare}/")), Some("with a slash at its end")),
    };
    let mut paths = vec![(path.to_owned(), None), slash];
    if query.is_some() {
        paths.push((bare.to_owned(), Some("without the query")));
        let decoded = percent_decoded(path);
        paths.push((decoded, Some("decoded")));
    }
    paths
}

fn percent_decoded(text: &str) -> String {
    // A plus must stay one.
    let kept = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(kept.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

//! Reading a case file.

use std::path::Path;

use sha2::Digest as _;
use trunkline_model::{Context, Exchange, Request, Response};

use crate::sign;

const EXPECT: &str = "\n--- expect\n";
const EXCHANGE: &str = "\n--- exchange\n";

/// A parsed case file.
#[derive(Debug, Clone)]
pub struct Case {
    /// The webhook, signed.
    pub request: Request,
    /// Settings, time, exchanges.
    pub context: Context,
    /// The outcome as it stands in the file.
    pub expected: String,
    /// The comment at the top: what it shows.
    pub about: String,
    /// The headers as they stand in the file, placeholders unfilled.
    headers: Vec<(String, String)>,
    source: String,
}

/// Why a file is no case file.
#[derive(Debug)]
pub struct CaseError(String);

impl std::fmt::Display for CaseError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for CaseError {}

pub(crate) fn error(message: impl Into<String>) -> CaseError {
    CaseError(message.into())
}

impl Case {
    /// Reads a file, with the directives of `testdata/defaults.txt` before its own.
    pub fn read(file: &Path) -> Result<Self, CaseError> {
        let (defaults, source) = read_text(file)?;
        Self::parse(&defaults, &source)
    }

    /// Parses the text of a case file.
    ///
    /// ```text
    /// # What this shows.
    /// @now 1790000000000
    /// @setting app_secret app-secret-1
    /// @body form
    /// POST https://hooks.example.org/hooks/x
    /// x-signature: {{hmac sha256 hex app_secret body}}
    ///
    /// the body
    /// --- expect
    /// {"answer": ...}
    /// ```
    ///
    /// A setting in the file replaces all values that the defaults have for it. `@body` is `raw` (the default:
    /// as it is, without the last line end), `crlf` (line ends become CR LF), `form` (a line a field:
    /// `name=value`, encoded here), or `base64`.
    pub fn parse(defaults: &str, source: &str) -> Result<Self, CaseError> {
        let (input, expected) = input_and_expected(source);
        let mut sections = input.split(EXCHANGE);
        let (head, body) = head_and_body(sections.next().unwrap_or_default());
        let directives = Directives::of(defaults, &head)?;
        let mut lines = head.lines().skip_while(is_head);
        let start = lines.next().ok_or_else(|| error("no request line"))?;
        let (method, url) =
            start.split_once(' ').ok_or_else(|| error(format!("not a request line: `{start}`")))?;
        let settings = directives.settings;
        let unfilled = Request { body: directives.body.encode("", body)?, ..Request::default() };
        let mut request = Request {
            method: method.to_owned(),
            url: sign::fill(url, &unfilled, &settings).map_err(error)?,
            ..Request::default()
        };
        let body = sign::fill(body, &Request { body: unfilled.body, ..request.clone() }, &settings)
            .map_err(error)?;
        request.body = directives.body.encode(&head, &body)?;
        let headers = lines.map(header_line).collect::<Result<Vec<_>, _>>()?;
        request.headers = signed(&headers, &request, &settings)?;
        let exchanges = sections.map(exchange).collect::<Result<_, _>>()?;
        Ok(Self {
            request,
            context: Context { settings, now: directives.now, exchanges },
            expected: expected.to_owned(),
            about: about(source),
            headers,
            source: source.to_owned(),
        })
    }

    /// A case of a head (directives, request line, headers) and a body of any bytes, signed by the placeholders of the
    /// head. What is no header is left out: heads that nobody wrote are read, too.
    pub fn with_body(head: &str, body: Vec<u8>) -> Result<Self, CaseError> {
        let Directives { now, settings, .. } = Directives::of("", head)?;
        let mut lines = head.lines().skip_while(is_head);
        let start = lines.next().unwrap_or_default();
        let (method, url) = start.split_once(' ').ok_or_else(|| error("no request line"))?;
        let mut request = Request { method: method.to_owned(), body, ..Request::default() };
        request.url = sign::fill(url, &request, &settings).map_err(error)?;
        let headers: Vec<_> = lines.filter_map(|line| header_line(line).ok()).collect();
        request.headers = signed(&headers, &request, &settings)?;
        Ok(Self {
            request,
            context: Context { settings, now, exchanges: Vec::new() },
            expected: String::new(),
            about: String::new(),
            headers,
            source: head.to_owned(),
        })
    }

    /// The inverse of [`Case::with_body`]: a head with every setting in it. What is a hash of the body in the URL becomes
    /// a placeholder, so that another body has its own.
    pub fn head(&self) -> String {
        let mut head = directives(&self.context);
        let hash = hex::encode(sha2::Sha256::digest(&self.request.body));
        let url = self.request.url.replace(&hash, "{{sha256 body}}");
        head += &format!("{} {url}\n", self.request.method);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\n");
        }
        head
    }

    /// The same request with another body, signed anew by the placeholders in its headers. An error where it
    /// has none: what it is signed with is then in the file itself, or in the body.
    pub fn resigned(&self, body: Vec<u8>) -> Result<Request, CaseError> {
        if !self.headers.iter().any(|(_, value)| value.contains("{{")) {
            return Err(error("no header has a placeholder to sign with"));
        }
        let mut request = Request { body, ..self.request.clone() };
        request.headers = signed(&self.headers, &request, &self.context.settings)?;
        Ok(request)
    }

    /// The names of the headers that are signed while the file is read, in lower case.
    pub fn signed_headers(&self) -> impl Iterator<Item = String> {
        let signed = self.headers.iter().filter(|(_, value)| value.contains("{{"));
        signed.map(|(name, _)| name.to_ascii_lowercase())
    }

    /// What stands in the file before `--- expect`.
    pub(crate) fn input(&self) -> &str {
        input_and_expected(&self.source).0
    }

    /// Whether the outcome in the file is an answer, and no refusal.
    pub fn is_genuine(&self) -> bool {
        let outcome: serde_json::Value = serde_json::from_str(&self.expected).unwrap_or_default();
        outcome.get("answer").is_some()
    }

    /// The events of the outcome in the file.
    pub fn events(&self) -> Vec<trunkline_model::Event> {
        let mut outcome: serde_json::Value = serde_json::from_str(&self.expected).unwrap_or_default();
        serde_json::from_value(outcome["events"].take()).unwrap_or_default()
    }

    /// Replaces the outcome in the file.
    pub fn write_expected(&self, file: &Path, found: &str) -> Result<(), CaseError> {
        write_expected(file, &self.source, found)
    }
}

/// Time and settings as directives, a line each.
pub(crate) fn directives(context: &Context) -> String {
    let mut text = format!("@now {}\n", context.now);
    for (name, value) in &context.settings {
        text += &format!("@setting {name} {value}\n");
    }
    text
}

/// What stands before `--- expect`, and what behind it.
pub(crate) fn input_and_expected(source: &str) -> (&str, &str) {
    source.split_once(EXPECT).unwrap_or((source.strip_suffix('\n').unwrap_or(source), ""))
}

/// The comment at the top.
pub(crate) fn about(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
    lines.collect::<Vec<_>>().join(" ")
}

/// A comment, a directive, or an empty line between them.
pub(crate) fn is_head(line: &&str) -> bool {
    line.is_empty() || line.starts_with('#') || line.starts_with('@')
}

/// Writes another outcome into a case file.
pub(crate) fn write_expected(file: &Path, source: &str, found: &str) -> Result<(), CaseError> {
    let input = source.split_once(EXPECT).map_or(source.trim_end_matches('\n'), |(input, _)| input);
    std::fs::write(file, format!("{input}{EXPECT}{found}"))
        .map_err(|cause| error(format!("{}: {cause}", file.display())))
}

/// The text of a case file, and that of the defaults before it.
pub(crate) fn read_text(file: &Path) -> Result<(String, String), CaseError> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|cause| error(format!("{}: {cause}", path.display())))
    };
    let defaults = file.parent().and_then(Path::parent).map(|folder| folder.join("defaults.txt"));
    let defaults = match defaults {
        Some(path) if path.exists() => read(&path)?,
        _ => String::new(),
    };
    Ok((defaults, read(file)?))
}

pub(crate) fn head_and_body(section: &str) -> (String, &str) {
    match section.split_once("\n\n") {
        // An empty line between the comment and the request line does not end the head.
        Some((head, rest)) if head.lines().all(|line| line.starts_with(['#', '@']) || line.is_empty()) => {
            let (more, body) = head_and_body(rest);
            (format!("{head}\n{more}"), body)
        }
        Some((head, body)) => (head.to_owned(), body),
        None => (section.to_owned(), ""),
    }
}

/// The headers with their placeholders filled, names in lower case.
fn signed(
    headers: &[(String, String)],
    request: &Request,
    settings: &[(String, String)],
) -> Result<Vec<(String, String)>, CaseError> {
    let fill = |(name, value): &(String, String)| {
        let value = sign::fill(value, request, settings).map_err(error)?;
        Ok((name.to_ascii_lowercase(), value))
    };
    headers.iter().map(fill).collect()
}

pub(crate) fn header_line(line: &str) -> Result<(String, String), CaseError> {
    let (name, value) = line.split_once(':').ok_or_else(|| error(format!("not a header: `{line}`")))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// `--- exchange`, then the request that the connector asked for, an empty line, and the answer.
fn exchange(section: &str) -> Result<Exchange, CaseError> {
    let (request, answer) = head_and_body(section);
    let start = request.lines().next().unwrap_or_default();
    let (method, url) =
        start.split_once(' ').ok_or_else(|| error(format!("not a request line: `{start}`")))?;
    let (head, body) = head_and_body(answer);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    let status = status.parse().map_err(|_| error(format!("not a status: `{status}`")))?;
    Ok(Exchange {
        request: Request { method: method.to_owned(), url: url.to_owned(), ..Request::default() },
        response: Response {
            status,
            headers: lines.map(header_line).collect::<Result<_, _>>()?,
            body: body.as_bytes().to_vec(),
        },
    })
}

#[derive(Default, Clone, Copy)]
enum BodyForm {
    #[default]
    Raw,
    Crlf,
    Form,
    Base64,
}

impl BodyForm {
    fn encode(self, _head: &str, body: &str) -> Result<Vec<u8>, CaseError> {
        use base64::Engine as _;
        Ok(match self {
            Self::Raw => body.as_bytes().to_vec(),
            Self::Crlf => body.replace('\n', "\r\n").into_bytes(),
            Self::Form => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for line in body.lines() {
                    let (name, value) =
                        line.split_once('=').ok_or_else(|| error(format!("not a form field: `{line}`")))?;
                    form.append_pair(name, &value.replace("\\n", "\n"));
                }
                form.finish().into_bytes()
            }
            Self::Base64 => base64::engine::general_purpose::STANDARD
                .decode(body.split_whitespace().collect::<String>())
                .map_err(|cause| error(format!("body is not Base64: {cause}")))?,
        })
    }
}

pub(crate) struct Directives {
    pub now: u64,
    pub settings: Vec<(String, String)>,
    replaced: Vec<String>,
    body: BodyForm,
    in_defaults: bool,
}

impl Default for Directives {
    fn default() -> Self {
        Self { now: 0, settings: Vec::new(), replaced: Vec::new(), body: BodyForm::Raw, in_defaults: true }
    }
}

impl Directives {
    /// Those of the defaults, then those at the head of the file.
    pub fn of(defaults: &str, head: &str) -> Result<Self, CaseError> {
        let mut directives = Self::default();
        for line in defaults.lines() {
            directives.read(line)?;
        }
        directives.in_defaults = false;
        for line in head.lines().take_while(is_head) {
            directives.read(line)?;
        }
        Ok(directives)
    }

    fn read(&mut self, line: &str) -> Result<(), CaseError> {
        let Some(directive) = line.strip_prefix('@') else { return Ok(()) };
        let (name, value) = directive.split_once(' ').unwrap_or((directive, ""));
        match name {
            "now" => self.now = value.parse().map_err(|_| error(format!("not a time: `{value}`")))?,
            "setting" => {
                let (key, value) = value.split_once(' ').unwrap_or((value, ""));
                if !self.in_defaults && !self.replaced.iter().any(|replaced| replaced == key) {
                    self.settings.retain(|(existing, _)| existing != key);
                    self.replaced.push(key.to_owned());
                }
                self.settings.push((key.to_owned(), value.to_owned()));
            }
            "body" => {
                self.body = match value {
                    "raw" => BodyForm::Raw,
                    "crlf" => BodyForm::Crlf,
                    "form" => BodyForm::Form,
                    "base64" => BodyForm::Base64,
                    other => return Err(error(format!("unknown body form `{other}`"))),
                }
            }
            other => return Err(error(format!("unknown directive `@{other}`"))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_signed_where_it_says_so() {
        let defaults = "@now 5\n@setting key old\n@setting other x\n";
        let case = Case::parse(
            defaults,
            "# Shows\n# this.\n@setting key Jefe\n\nPOST https://h/x\nX-Sig: a={{hmac sha256 hex key body}}\n\n\
             what do ya want for nothing?\n--- expect\n{}\n",
        )
        .expect("valid");
        assert_eq!(case.about, "Shows this.");
        assert_eq!(case.context.now, 5);
        assert_eq!(case.context.settings, [("other".into(), "x".into()), ("key".into(), "Jefe".into())]);
        assert_eq!(
            case.request.headers,
            [(
                "x-sig".to_owned(),
                "a=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843".to_owned()
            )]
        );
        assert_eq!(case.expected, "{}\n");
    }

    #[test]
    fn another_body_is_signed_anew() {
        let text =
            "@setting key Jefe\nPOST https://h/x\nx-sig: {{hmac sha256 hex key body}}\n\nfirst\n--- expect\n";
        let case = Case::parse("", text).expect("valid");
        let request = case.resigned(b"what do ya want for nothing?".to_vec()).expect("signed by a header");
        assert_eq!(request.body, b"what do ya want for nothing?");
        let vector = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(request.headers, [("x-sig".to_owned(), vector.to_owned())]);
        let unsigned = Case::parse("", "POST https://h/x\n\nfirst\n--- expect\n").expect("valid");
        assert!(unsigned.resigned(Vec::new()).is_err());
    }

    #[test]
    fn a_head_and_any_body_are_a_case() {
        let text = "@now 5\n@setting key Jefe\nPOST https://h/x?h={{sha256 body}}\nx-sig: {{hmac sha256 hex key body}}\nno header";
        let case = Case::with_body(text, b"\xff\n\n".to_vec()).expect("valid");
        let hash = hex::encode(sha2::Sha256::digest(b"\xff\n\n"));
        assert_eq!(case.request.url, format!("https://h/x?h={hash}"));
        assert_eq!((case.request.headers.len(), case.context.now), (1, 5));
        let head = case.head();
        assert!(head.contains("{{sha256 body}}") && head.contains("key body}}"), "{head}");
        let again = Case::with_body(&head, case.request.body.clone()).expect("valid");
        assert_eq!((again.request, again.context), (case.request, case.context));
        assert!(Case::with_body("@now 5\n", Vec::new()).is_err());
    }

    #[test]
    fn forms_are_encoded_and_crlf_is_made() {
        let form =
            Case::parse("", "@body form\nPOST https://h/x\n\na=1 & 2\nb=\n--- expect\n").expect("valid");
        assert_eq!(form.request.body, b"a=1+%26+2&b=");
        let crlf = Case::parse("", "@body crlf\nPOST https://h/x\n\na\n\nb\n\n--- expect\n").expect("valid");
        assert_eq!(crlf.request.body, b"a\r\n\r\nb\r\n");
    }

    #[test]
    fn an_unknown_directive_is_an_error() {
        let error = Case::parse("", "@nov 5\nPOST https://h/x\n").expect_err("unknown");
        assert_eq!(error.to_string(), "unknown directive `@nov`");
    }
}

//! Writes a captured request as a case file.

use trunkline_model::Request;

use super::settings::Invented;
use super::{HASH_MARK, Kind, SIGNATURE_MARK};
use crate::body::{BodyKind, fields};
use crate::case::{CaseError, Directives, error};
use crate::scheme::{Proof, Scheme};

/// So many of what was found are listed.
const LISTED_MAX: usize = 12;
/// Columns of a body in Base64.
const LINE_MAX: usize = 100;

/// Everything that stands in the file.
pub struct Draft<'a> {
    pub kinds: Vec<&'static str>,
    pub left_out: &'a [String],
    pub found: &'a [(Kind, String)],
    pub now: u64,
    pub settings: Vec<(String, String)>,
    /// With marks.
    pub request: Request,
    pub defaults: &'a str,
    pub proofs: &'a [Scheme],
    pub keys: &'a Invented,
}

impl Draft<'_> {
    /// The file up to `--- expect`.
    pub fn text(&self) -> Result<String, CaseError> {
        let mut head = self.comment();
        head += &format!("@now {}\n", self.now);
        for (name, value) in &self.settings {
            head += &format!("@setting {name} {value}\n");
        }
        let settings = Directives::of(self.defaults, &head)?.settings;
        let (directive, body) = self.body(&settings)?;
        head += directive;
        head += &format!("{} {}\n", self.request.method, self.filled(&self.request.url, &settings)?);
        for (name, value) in &self.request.headers {
            head += &format!("{name}: {}\n", self.filled(value, &settings)?);
        }
        let end = if self.request.body.is_empty() { "" } else { "\n" };
        Ok(if end.is_empty() { head.trim_end_matches('\n').to_owned() } else { format!("{head}{end}{body}") })
    }

    fn comment(&self) -> String {
        let kinds = match self.kinds.as_slice() {
            [] => "no event".to_owned(),
            kinds => kinds.join(", "),
        };
        let mut text = format!("# From real traffic: {kinds}. Say here what it shows.\n");
        if !self.left_out.is_empty() {
            text += &format!("# Headers left out: {}.\n", self.left_out.join(", "));
        }
        if !self.found.is_empty() {
            let mut listed: Vec<String> = self
                .found
                .iter()
                .take(LISTED_MAX)
                .map(|(kind, now)| format!("{} `{now}`", kind.names().0))
                .collect();
            if self.found.len() > LISTED_MAX {
                listed.push(format!("and {} more", self.found.len() - LISTED_MAX));
            }
            text += &format!("# In no event, but like personal data, and replaced: {}.\n", listed.join(", "));
        }
        text
    }

    /// The directive and the text of the body.
    fn body(&self, settings: &[(String, String)]) -> Result<(&'static str, String), CaseError> {
        let body = &self.request.body;
        if BodyKind::of(&self.request) == BodyKind::Form
            && let Some(lines) = self.form(settings)?
        {
            return Ok(("@body form\n", lines));
        }
        let text = std::str::from_utf8(body).ok().filter(|text| is_plain(text));
        if let Some(text) = text {
            let lf = text.replace("\r\n", "\n");
            if !text.contains('\r') {
                return Ok(("", self.filled(text, settings)?));
            }
            if !lf.contains('\r') && lf.replace('\n', "\r\n") == text {
                return Ok(("@body crlf\n", self.filled(&lf, settings)?));
            }
        }
        // Nothing is filled in there: what is signed is signed now.
        let filled = self.replaced(super::mail::latin(body), |scheme| self.literal(scheme, settings))?;
        let encoded = trunkline_model::base64_text(&super::mail::latin_bytes(&filled));
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(LINE_MAX).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        Ok(("@body base64\n", lines.join("\n")))
    }

    /// A line a field, where that says all.
    fn form(&self, settings: &[(String, String)]) -> Result<Option<String>, CaseError> {
        let mut lines = Vec::new();
        for (name, value) in fields(&self.request) {
            if name.contains(['=', '\n', '\r']) || value.contains(['\r', '\u{fffd}']) || value.contains("\\n")
            {
                return Ok(None);
            }
            lines.push(format!("{name}={}", self.filled(&value.replace('\n', "\\n"), settings)?));
        }
        let text = lines.join("\n");
        let empty = lines.iter().any(|line| line.is_empty());
        Ok((!empty && is_plain(&text.replace("{{hmac ", ""))).then_some(text))
    }

    /// Marks become templates, or signatures where a template cannot say it.
    fn filled(&self, text: &str, settings: &[(String, String)]) -> Result<String, CaseError> {
        let text = text.replace(HASH_MARK, "{{sha256 body}}");
        self.replaced(text, |scheme| match self.template(scheme) {
            Some(template) => Ok(template),
            None => self.literal(scheme, settings),
        })
    }

    fn replaced(
        &self,
        mut text: String,
        by: impl Fn(&Scheme) -> Result<String, CaseError>,
    ) -> Result<String, CaseError> {
        for (index, scheme) in self.proofs.iter().enumerate() {
            let mark = format!("{SIGNATURE_MARK}{index}X");
            if text.contains(&mark) {
                text = text.replace(&mark, &by(scheme)?);
            }
        }
        Ok(text)
    }

    fn template(&self, scheme: &Scheme) -> Option<String> {
        let Proof::Hmac { algorithm, encoding, key, pieces } = &scheme.proof else { return None };
        let pieces: Option<Vec<String>> = pieces.iter().map(|piece| piece.template(&self.request)).collect();
        let words = [algorithm.word(), encoding.word(), self.keys.name(key), &pieces?.join(" ")].join(" ");
        Some(format!("{{{{hmac {words}}}}}"))
    }

    fn literal(&self, scheme: &Scheme, settings: &[(String, String)]) -> Result<String, CaseError> {
        let Proof::Hmac { algorithm, encoding, key, pieces } = &scheme.proof else {
            return Ok(String::new());
        };
        let name = self.keys.name(key);
        let (_, secret) = settings
            .iter()
            .find(|(key, _)| key == name)
            .ok_or_else(|| error(format!("no setting `{name}` to sign with")))?;
        let pieces: Option<Vec<_>> = pieces.iter().map(|piece| piece.bytes(&self.request)).collect();
        Ok(encoding.write(&algorithm.hmac(secret.as_bytes(), &pieces.unwrap_or_default().concat())))
    }
}

/// Nothing in it means something in a case file.
fn is_plain(text: &str) -> bool {
    let text = format!("\n{text}\n");
    !["{{hmac ", "{{sha256 ", "\n--- expect\n", "\n--- exchange\n"].iter().any(|word| text.contains(word))
}

//! Webhooks made of a case file: each with an id of its own, of one of many contacts, signed.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use trunkline_cases::Case;
use trunkline_model::Request;

/// What stands before the number of a webhook in its id: letters that are digits to whoever reads hexadecimals.
const MARK: &str = "feed";
/// Digits of the number of a run and of a webhook.
const RUN_DIGITS: usize = 2;
const NUMBER_DIGITS: usize = 6;
/// Characters at the end of an id that are replaced.
const ID_TAIL: usize = MARK.len() + RUN_DIGITS + NUMBER_DIGITS;
/// Characters at the end of a contact's address that are replaced.
const CONTACT_TAIL: usize = 6;

/// What webhooks are made of.
#[derive(Debug, Clone, Deserialize)]
pub struct Source {
    /// The path they go to.
    pub path: String,
    /// What the provider signs before the path.
    #[serde(default)]
    pub public_url: String,
    /// The case file.
    pub case: PathBuf,
    /// What stands in its body in place of the id; its last characters are replaced in each webhook.
    pub id: String,
    /// Addresses of the contact in its body; the last characters of each are replaced.
    #[serde(default)]
    pub contact: Vec<String>,
}

/// Makes webhooks of one source.
pub struct Template {
    source: Source,
    case: Case,
    body: String,
    contacts: usize,
}

impl Template {
    /// Reads the case. So many contacts take turns.
    pub fn read(source: Source, contacts: usize) -> Result<Self, String> {
        let file = source.case.display().to_string();
        let mut case = Case::read(&source.case).map_err(|error| format!("`{file}`: {error}"))?;
        let body =
            String::from_utf8(case.request.body.clone()).map_err(|_| format!("`{file}` is not text"))?;
        for text in source.contact.iter().chain([&source.id]) {
            if !body.contains(text.as_str()) {
                return Err(format!("`{text}` does not stand in the body of `{file}`"));
            }
        }
        if let Some(short) = source.contact.iter().find(|text| text.len() < CONTACT_TAIL) {
            return Err(format!("contact `{short}` has less than {CONTACT_TAIL} characters"));
        }
        if !source.public_url.is_empty() {
            case.request.url = format!("{}{}", source.public_url, source.path);
        }
        Ok(Self { source, case, body, contacts: contacts.max(1) })
    }

    /// The webhook with that number as it stands on the wire.
    pub fn webhook(&self, address: SocketAddr, run: u8, number: usize) -> Result<Box<[u8]>, String> {
        let id = &self.source.id;
        let kept = &id[..id.len().saturating_sub(ID_TAIL)];
        let mut body = self.body.replace(id, &format!("{kept}{}", mark(run, number)));
        let contact = number % self.contacts;
        for text in &self.source.contact {
            let kept = &text[..text.len() - CONTACT_TAIL];
            body = body.replace(text, &format!("{kept}{contact:0CONTACT_TAIL$}"));
        }
        let signed = self.case.resigned(body.into_bytes());
        let Request { method, headers, body, .. } = signed.map_err(|error| error.to_string())?;
        let (path, length) = (&self.source.path, body.len());
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        Ok([head.as_bytes(), &body].concat().into_boxed_slice())
    }
}

fn mark(run: u8, number: usize) -> String {
    format!("{MARK}{run:0RUN_DIGITS$}{number:0NUMBER_DIGITS$}")
}

/// Finds a number in what was made of a webhook of that run.
pub struct Finder(memchr::memmem::Finder<'static>);

impl Finder {
    /// Of that run.
    pub fn new(run: u8) -> Self {
        Self(memchr::memmem::Finder::new(&format!("{MARK}{run:0RUN_DIGITS$}")).into_owned())
    }

    /// The number of the webhook that these bytes are of.
    pub fn number(&self, bytes: &[u8]) -> Option<usize> {
        let start = self.0.find(bytes)? + MARK.len() + RUN_DIGITS;
        let digits = std::str::from_utf8(bytes.get(start..start + NUMBER_DIGITS)?).ok()?;
        digits.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source {
            path: "/hooks/load".to_owned(),
            public_url: "http://127.0.0.1".to_owned(),
            case: PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("../connectors/line/testdata/inbound/text.case"),
            id: "01JAAAAAAAAAAAAAAAAAAAA001".to_owned(),
            contact: vec!["U000000000000000000000000000000a2".to_owned()],
        }
    }

    #[test]
    fn each_has_an_id_a_contact_and_a_signature_of_its_own() {
        let template = Template::read(source(), 3).expect("a case");
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let text = |number| {
            let webhook = template.webhook(address, 7, number).expect("signed");
            String::from_utf8(webhook.into_vec()).expect("text")
        };
        let (first, sixth) = (text(0), text(5));
        assert!(first.starts_with("POST /hooks/load HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n"), "{first}");
        assert!(sixth.contains("01JAAAAAAAAAAAfeed07000005"), "{sixth}");
        assert!(sixth.contains("U00000000000000000000000000000002"), "{sixth}");
        let signature = |text: &str| text.lines().find(|line| line.starts_with("x-line")).map(str::to_owned);
        assert_ne!(signature(&first), signature(&sixth));
        assert_eq!(Finder::new(7).number(sixth.as_bytes()), Some(5));
        assert_eq!(Finder::new(8).number(sixth.as_bytes()), None);
    }

    #[test]
    fn what_does_not_stand_in_the_body_is_told() {
        let wrong = Source { id: "01JBBBBBBBBBBBBBBBBBBBB001".to_owned(), ..source() };
        let error = Template::read(wrong, 1).err().expect("an error");
        assert!(error.contains("01JBBBBBBBBBBBBBBBBBBBB001"), "{error}");
    }
}

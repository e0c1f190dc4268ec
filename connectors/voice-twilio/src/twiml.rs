//! TwiML: `https://www.twilio.com/docs/voice/twiml`. What people wrote is escaped.

use trunkline_sdk::prelude::*;

/// Elements in order.
#[derive(Debug, Default)]
pub struct Twiml(String);

impl Twiml {
    /// An element with attributes and text. Attributes without a value are left out.
    pub fn element(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.0 += &escaped(text);
        self.0 += &format!("</{name}>");
    }

    /// An element with others inside.
    pub fn nested(&mut self, name: &str, attributes: &[(&str, &str)], inside: &Self) {
        self.open(name, attributes);
        self.0 += &inside.0;
        self.0 += &format!("</{name}>");
    }

    /// Text that is TwiML already.
    pub fn verbatim(&mut self, twiml: &str) {
        self.0 += twiml;
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.0 += &format!("<{name}");
        for (name, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
            self.0 += &format!(" {name}=\"{}\"", escaped(value));
        }
        self.0.push('>');
    }

    /// The whole document.
    pub fn document(&self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{}</Response>", self.0)
    }

    /// As a response.
    pub fn response(&self) -> Response {
        Response::with_body(200, "text/xml", self.document())
    }
}

/// For text and for attributes alike. What no XML may hold is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&apos;",
            '\t' | '\n' | '\r' => escaped.push(' '),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_no_twiml() {
        let mut twiml = Twiml::default();
        twiml.element("Say", &[("voice", "a\"b"), ("language", "")], "</Say><Dial>\u{0}1 & 2");
        let expected = "<Say voice=\"a&quot;b\">&lt;/Say&gt;&lt;Dial&gt;1 &amp; 2</Say>";
        assert!(twiml.document().contains(expected), "{}", twiml.document());
    }
}

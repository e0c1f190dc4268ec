//! What WeChat pushes, as one tree: XML, or JSON where the console says so.
//!
//! Nothing here knows what a field means. Depth and number of the elements have bounds.

mod json;
mod xml;

pub use xml::write as write_xml;

/// WeChat's deepest push has five.
const DEPTH_MAX: usize = 16;
/// WeChat's longest push has some forty.
const ELEMENTS_MAX: usize = 2_000;

/// In which notation a push came, and an answer has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// `<xml>…</xml>`
    Xml,
    /// `{…}`
    Json,
}

/// An element of XML, or a member of JSON.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Element {
    /// As sent.
    pub name: String,
    /// All text directly in it. Of a JSON number, its digits.
    pub text: String,
    /// In the order of XML; in JSON by name. The items of a list have the name of the list.
    pub children: Vec<Element>,
}

impl Element {
    /// A field.
    pub fn leaf(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), children: Vec::new() }
    }

    /// An element of fields.
    #[cfg(test)]
    pub fn node(name: &str, children: Vec<Element>) -> Self {
        Self { name: name.to_owned(), text: String::new(), children }
    }

    /// The first child of that name. WeChat writes `MsgID` and `MsgId`: case does not matter.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name.eq_ignore_ascii_case(name))
    }

    /// Every child of that name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name.eq_ignore_ascii_case(name))
    }

    /// The text of a child without blanks around it, where there is any.
    pub fn field(&self, name: &str) -> Option<&str> {
        Some(self.child(name)?.text.trim()).filter(|text| !text.is_empty())
    }
}

/// A push, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Of the whole.
    pub root: Element,
    /// How it is written.
    pub notation: Notation,
    /// As it was sent.
    pub raw: String,
}

impl Document {
    /// Reads a body. The error says what is wrong, and nothing of the body.
    ///
    /// What is no UTF-8 is replaced: a broken emoji must not cost the message.
    pub fn parse(body: &[u8]) -> Result<Self, &'static str> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let (notation, root) = match text.as_bytes().first() {
            Some(b'<') => (Notation::Xml, xml::parse(text)?),
            Some(b'{') => (Notation::Json, json::parse(text)?),
            _ => return Err("neither XML nor JSON"),
        };
        Ok(Self { root, notation, raw: text.to_owned() })
    }
}

/// A document of these fields.
pub fn write(notation: Notation, fields: &[Element]) -> String {
    match notation {
        Notation::Xml => xml::write(fields),
        Notation::Json => json::write(fields),
    }
}

/// `MsgDataId` as `msg_data_id`, `Location_X` as `location_x`, `MsgID` as `msg_id`.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(at + 1);
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase)
            });
        if begins {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case() {
        for (name, expected) in [
            ("MsgDataId", "msg_data_id"),
            ("MsgID", "msg_id"),
            ("Location_X", "location_x"),
            ("MediaId16K", "media_id16k"),
            ("KfAccount", "kf_account"),
            ("bizmsgmenuid", "bizmsgmenuid"),
            ("XMLData", "xml_data"),
            ("", ""),
        ] {
            assert_eq!(snake_case(name), expected);
        }
    }

    #[test]
    fn both_notations_say_the_same() {
        let xml = "<xml><A><![CDATA[x]]></A><L><B>1</B></L><L><B>2</B></L></xml>";
        let json = r#"{"A":"x","L":[{"B":1},{"B":2}]}"#;
        let (xml, json) = (Document::parse(xml.as_bytes()), Document::parse(json.as_bytes()));
        let (xml, json) = (xml.expect("XML"), json.expect("JSON"));
        assert_eq!(xml.root, json.root);
        assert_eq!((xml.notation, json.notation), (Notation::Xml, Notation::Json));
        assert_eq!(xml.root.all("l").filter_map(|item| item.field("b")).collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn what_is_neither_is_an_error() {
        for body in ["", " ", "null", "[]", "7", "ToUserName=gh"] {
            assert!(Document::parse(body.as_bytes()).is_err(), "{body}");
        }
        let marked = Document::parse("\u{feff}<xml><A>1</A></xml>\n".as_bytes()).expect("a byte order mark");
        assert_eq!(marked.root.field("A"), Some("1"));
        let broken = Document::parse(b"<xml><A>\xf0\x9f</A></xml>").expect("half an emoji");
        assert_eq!(broken.root.field("A"), Some("\u{fffd}"));
    }
}

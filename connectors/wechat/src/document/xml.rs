//! The XML of pushes and replies. No document type, and so no entities but the five that XML itself has.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use super::{DEPTH_MAX, ELEMENTS_MAX, Element};

const BROKEN: &str = "not well-formed XML";

/// Reads a document of one element.
pub fn parse(text: &str) -> Result<Element, &'static str> {
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    loop {
        match reader.read_event().map_err(|_| BROKEN)? {
            Event::Start(tag) => tree.open(name(tag.name().as_ref()))?,
            Event::Empty(tag) => {
                tree.open(name(tag.name().as_ref()))?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content().map_err(|_| BROKEN)?)?,
            Event::CData(text) => tree.text(&text.xml10_content().map_err(|_| BROKEN)?)?,
            Event::GeneralRef(reference) => tree.text(letter(&reference)?.encode_utf8(&mut [0; 4]))?,
            Event::DocType(_) => return Err("XML with a document type"),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => return tree.end(),
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, name: String) -> Result<(), &'static str> {
        self.elements += 1;
        if self.root.is_some() {
            return Err("XML with two roots");
        }
        if self.open.len() == DEPTH_MAX {
            return Err("XML nested too deeply");
        }
        if self.elements > ELEMENTS_MAX {
            return Err("XML with too many elements");
        }
        self.open.push(Element { name, ..Element::default() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), &'static str> {
        let element = self.open.pop().ok_or(BROKEN)?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), &'static str> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err("XML with text outside of its root"),
        }
        Ok(())
    }

    fn end(mut self) -> Result<Element, &'static str> {
        self.root.take().filter(|_| self.open.is_empty()).ok_or(BROKEN)
    }
}

fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The letter behind `&…;`.
fn letter(reference: &BytesRef) -> Result<char, &'static str> {
    if let Some(letter) = reference.resolve_char_ref().map_err(|_| BROKEN)? {
        return Ok(letter);
    }
    match &*reference.decode().map_err(|_| BROKEN)? {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err("XML with an entity that it does not have"),
    }
}

/// A document with the root `xml`, as WeChat writes it: numbers bare, texts as CDATA.
pub fn write(fields: &[Element]) -> String {
    let mut text = String::from("<xml>");
    fields.iter().for_each(|field| element(&mut text, field));
    text + "</xml>"
}

fn element(text: &mut String, element: &Element) {
    *text += &format!("<{}>", element.name);
    if !element.children.is_empty() {
        element.children.iter().for_each(|child| self::element(text, child));
    } else if element.text.bytes().all(|byte| byte.is_ascii_digit()) {
        *text += &element.text;
    } else {
        // Whatever would end a section begins another one.
        *text += &format!("<![CDATA[{}]]>", element.text.replace("]]>", "]]]]><![CDATA[>"));
    }
    *text += &format!("</{}>", element.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_the_five_and_numbers() {
        let root = parse("<xml><A>&lt;&gt;&amp;&apos;&quot;&#20320;&#x597d;<![CDATA[&amp;]]></A></xml>");
        assert_eq!(root.expect("XML").field("A"), Some("<>&'\"你好&amp;"));
        assert_eq!(parse("<xml>&nbsp;</xml>"), Err("XML with an entity that it does not have"));
        assert_eq!(parse("<xml>&#xD800;</xml>"), Err(BROKEN));
    }

    #[test]
    fn a_document_type_is_refused() {
        let bomb =
            r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]><xml>&a;&b;</xml>"#;
        assert_eq!(parse(bomb), Err("XML with a document type"));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in
            ["<xml>", "<xml></a>", "<a/><b/>", "<a/>x", "x", "</a>", "<xml><A></xml></A>", "<![CDATA[x"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("<?xml version=\"1.0\"?><!-- c --><xml/>\n").is_ok());
    }

    #[test]
    fn depth_and_number_have_bounds() {
        let nested = |depth| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(parse(&nested(DEPTH_MAX)).is_ok());
        assert_eq!(parse(&nested(DEPTH_MAX + 1)), Err("XML nested too deeply"));
        let wide = |count| format!("<xml>{}</xml>", "<a/>".repeat(count));
        assert!(parse(&wide(ELEMENTS_MAX - 1)).is_ok());
        assert_eq!(parse(&wide(ELEMENTS_MAX)), Err("XML with too many elements"));
    }

    #[test]
    fn what_is_written_is_read() {
        let fields = [
            Element::leaf("CreateTime", "1790000000"),
            Element::leaf("Content", "a <b> & ]]> ]]]]>>\n你好"),
            Element::node("Image", vec![Element::leaf("MediaId", "m-1")]),
        ];
        let text = write(&fields);
        assert!(
            text.starts_with("<xml><CreateTime>1790000000</CreateTime><Content><![CDATA[a <b>"),
            "{text}"
        );
        assert_eq!(parse(&text).expect("XML").children, fields);
    }
}

//! The parts of a message as texts, pages and files of one mail.
//!
//! Text and HTML of a mail are two renderings of the same: text parts become the one, HTML parts the other. What
//! is written here for a part that e-mail has not goes into both, so that nobody misses it.

use trunkline_model::{
    Choices, ContactCard, Failure, Location, Media, MediaKind, MediaSource, Outgoing, OutgoingPart,
};

use super::files::{File, is_content_id};
use super::{Provider, cards};
use crate::email::text_of_html;
use crate::outbound::{numbered, refuse, unsupported};

/// What a mail consists of, besides its headers.
#[derive(Debug)]
pub struct Content<'a> {
    /// The plain rendering.
    pub text: Option<String>,
    /// The HTML rendering.
    pub page: Option<String>,
    /// Attached and shown files, in order.
    pub files: Vec<File<'a>>,
    /// Of a numbered list.
    pub answers: Option<String>,
    /// What is rendered otherwise than asked for.
    pub degraded: Vec<String>,
    provider: &'a Provider,
    texts: Vec<String>,
    pages: Vec<String>,
    has_text: bool,
    has_page: bool,
}

impl<'a> Content<'a> {
    /// Renders every part, or refuses one. What the provider has of its own, templates and native parts, `own` takes, with the
    /// index of the part; what it notes is said in the receipt. [`Content::finish`] comes after.
    pub fn of(
        message: &'a Outgoing,
        provider: &'a Provider,
        mut own: impl FnMut(usize, &'a OutgoingPart, &mut Vec<String>) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let filled = |text: &String| !text.trim().is_empty();
        let mut content = Self {
            text: None,
            page: None,
            files: Vec::new(),
            answers: None,
            degraded: Vec::new(),
            provider,
            texts: Vec::new(),
            pages: Vec::new(),
            has_text: message
                .parts
                .iter()
                .any(|part| matches!(part, OutgoingPart::Text(text) if filled(text))),
            has_page: message
                .parts
                .iter()
                .any(|part| matches!(part, OutgoingPart::Html(page) if filled(page))),
        };
        for (index, part) in message.parts.iter().enumerate() {
            match part {
                OutgoingPart::Template(_) | OutgoingPart::Native(_) => {
                    own(index, part, &mut content.degraded)?;
                }
                other => content.part(index, other, message)?,
            }
        }
        Ok(content)
    }

    fn part(&mut self, index: usize, part: &'a OutgoingPart, message: &'a Outgoing) -> Result<(), Failure> {
        match part {
            OutgoingPart::Text(text) if !text.trim().is_empty() => {
                self.texts.push(text.trim_end().to_owned())
            }
            OutgoingPart::Html(page) if !page.trim().is_empty() => {
                self.bounded(index, page.len())?;
                if !self.has_text {
                    self.texts.extend(Some(text_of_html(page)).filter(|text| !text.is_empty()));
                }
                self.pages.push(page.trim_end().to_owned());
            }
            OutgoingPart::Text(_) | OutgoingPart::Html(_) => {}
            OutgoingPart::Media(media) => self.media(index, media, message)?,
            OutgoingPart::Location(location) => self.location(index, location)?,
            OutgoingPart::Contacts(cards) => self.contacts(index, cards)?,
            OutgoingPart::Choices(choices) => self.choices(index, choices)?,
            OutgoingPart::Reaction(_) => return Err(unsupported(index, "reactions")),
            OutgoingPart::Read(_) => return Err(unsupported(index, "read markers")),
            OutgoingPart::Typing => return Err(unsupported(index, "sign of typing")),
            OutgoingPart::Template(_) | OutgoingPart::Native(_) => {}
        }
        Ok(())
    }

    fn media(&mut self, index: usize, media: &'a Media, message: &'a Outgoing) -> Result<(), Failure> {
        match &media.source {
            MediaSource::Bytes(bytes) => self.file(index, media, bytes, message)?,
            MediaSource::Url(url) => {
                let odd = |letter: char| letter.is_whitespace() || letter.is_control();
                if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(odd) {
                    return Err(refuse("unsupported", format!("part {index}: a link is `https://…`")));
                }
                let name = self.provider.name;
                let what =
                    format!("{name} fetches no links, so the file is not attached: its link is in the mail");
                self.note(index, &what);
                self.link(media.name.as_deref(), url);
            }
            MediaSource::Reference(_) => {
                let name = self.provider.name;
                let what =
                    format!("part {index}: {name} keeps no files to refer to, upload it or give a link");
                return Err(refuse("unsupported", what));
            }
        }
        if let Some(caption) = media.caption.as_deref().filter(|caption| !caption.trim().is_empty()) {
            self.note(index, "files have no captions in a mail, it is in the text");
            self.say(caption);
        }
        Ok(())
    }

    fn file(
        &mut self,
        index: usize,
        media: &'a Media,
        bytes: &'a [u8],
        message: &'a Outgoing,
    ) -> Result<(), Failure> {
        let shown =
            |part: &OutgoingPart, id: &str| matches!(part, OutgoingPart::Html(page) if shows(page, id));
        let content_id = media.content_id.as_deref();
        if let Some(id) = content_id.filter(|id| message.parts.iter().any(|part| shown(part, id))) {
            if !is_content_id(id) {
                let what =
                    format!("part {index}: a content id is letters, digits and marks that need no quotes");
                return Err(refuse("unsupported", what));
            }
            self.files.push(File::inline(media, bytes, id, self.files.len() + 1));
            return Ok(());
        }
        match &media.kind {
            MediaKind::Voice => self.note(index, "the voice note is an attached file"),
            MediaKind::Sticker => self.note(index, "the sticker is an attached picture"),
            _ => {}
        }
        self.files.push(File::attached(media, bytes, self.files.len() + 1));
        Ok(())
    }

    fn location(&mut self, index: usize, location: &Location) -> Result<(), Failure> {
        let (latitude, longitude) = (location.latitude, location.longitude);
        if !((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)) {
            return Err(refuse("unsupported", format!("part {index}: there is no such place on earth")));
        }
        self.note(index, "the place is text with a link to a map");
        let lines = [location.name.as_deref(), location.address.as_deref()];
        let lines: Vec<&str> = lines.into_iter().flatten().filter(|line| !line.trim().is_empty()).collect();
        if !lines.is_empty() {
            self.say(&lines.join("\n"));
        }
        let given =
            location.url.as_deref().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
        let map = format!("https://www.google.com/maps/search/?api=1&query={latitude},{longitude}");
        self.link(None, given.unwrap_or(&map));
        Ok(())
    }

    fn contacts(&mut self, index: usize, contacts: &[ContactCard]) -> Result<(), Failure> {
        let [first, others @ ..] = contacts else {
            return Err(refuse("missing", format!("part {index}: there are no contacts")));
        };
        let (vcards, left_out) = cards::vcards(contacts);
        if !left_out.is_empty() {
            self.note(index, &format!("the address cards are without {}", left_out.join(", ")));
        }
        let name = first.name.as_deref().filter(|_| others.is_empty());
        self.files.push(File::cards(vcards, name));
        Ok(())
    }

    fn choices(&mut self, index: usize, choices: &Choices) -> Result<(), Failure> {
        if choices.options.is_empty() {
            return Err(refuse("missing", format!("part {index}: there is nothing to choose from")));
        }
        if self.answers.is_some() {
            let what = format!("part {index}: one list in a mail, or nobody knows which number is meant");
            return Err(refuse("too_many", what));
        }
        let list = numbered(choices);
        self.note(index, "mails have no buttons, the options are a numbered list");
        self.say(&list.text);
        self.answers = Some(list.answers);
        Ok(())
    }

    fn note(&mut self, index: usize, what: &str) {
        self.degraded.push(format!("part {index}: {what}"));
    }

    /// Writes something into every rendering.
    fn say(&mut self, text: &str) {
        let text = text.trim();
        self.texts.push(text.to_owned());
        if self.has_page {
            self.pages.push(format!("<p>{}</p>", escaped(text).replace('\n', "<br>\n")));
        }
    }

    fn link(&mut self, name: Option<&str>, url: &str) {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        self.texts.push(name.map_or_else(|| url.to_owned(), |name| format!("{name}: {url}")));
        if self.has_page {
            let (target, name) = (escaped(url), escaped(name.unwrap_or(url)));
            self.pages.push(format!("<p><a href=\"{target}\">{name}</a></p>"));
        }
    }

    /// Puts the pieces together. `is_template`: the body is one that is stored at the provider, so that there may be no other.
    /// `has_body`: it has a rendering that is not one of these.
    pub fn finish(mut self, is_template: bool, has_body: bool) -> Result<Self, Failure> {
        if is_template && !(self.texts.is_empty() && self.pages.is_empty()) {
            let what = "a template is the whole mail: what is to be read beside it goes into its variables";
            return Err(refuse("unsupported", what));
        }
        if self.texts.is_empty() && self.pages.is_empty() && !is_template && !has_body {
            // Providers refuse a mail without a text: it says what is attached.
            let names: Vec<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
            if names.is_empty() {
                return Err(refuse("missing", "there is nothing in the mail"));
            }
            let text = names.join("\n");
            self.texts.push(text);
        }
        self.text = self.joined(&self.texts, "\n\n")?;
        self.page = self.joined(&self.pages, "\n")?;
        Ok(self)
    }

    fn joined(&self, pieces: &[String], separator: &str) -> Result<Option<String>, Failure> {
        let size: usize = pieces.iter().map(|piece| piece.len() + separator.len()).sum();
        let size_max = self.provider.text_size_max;
        if size > size_max {
            return Err(refuse("too_long", format!("text and HTML have at most {size_max} bytes each")));
        }
        Ok((!pieces.is_empty()).then(|| pieces.join(separator)))
    }

    fn bounded(&self, index: usize, size: usize) -> Result<(), Failure> {
        let size_max = self.provider.text_size_max;
        if size > size_max {
            return Err(refuse("too_long", format!("part {index}: HTML has at most {size_max} bytes")));
        }
        Ok(())
    }

    /// Bytes of everything that is to be read.
    pub fn size(&self) -> usize {
        let texts = [self.text.as_ref(), self.page.as_ref()].into_iter().flatten().map(String::len);
        texts.chain(self.files.iter().map(|file| file.bytes.len())).sum()
    }
}

/// Whether HTML refers to a file: `cid:` and the id, which does not go on behind it. The @ may be escaped, as in
/// any link.
fn shows(page: &str, id: &str) -> bool {
    [id.to_owned(), id.replace('@', "%40")].iter().any(|id| {
        let reference = format!("cid:{id}");
        page.match_indices(&reference).any(|(start, found)| {
            let next = page[start + found.len()..].chars().next();
            !next.is_some_and(|next| next.is_alphanumeric() || "%.@-_".contains(next))
        })
    })
}

/// A text as HTML shows it.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::shows;

    #[test]
    fn a_picture_is_shown_by_its_whole_id() {
        assert!(
            shows("<img src=\"cid:a@x\">", "a@x") && shows("url(cid:a)", "a") && shows("cid:ab cid:a", "a")
        );
        assert!(
            !shows("<img src=\"cid:ab\">", "a") && !shows("<img src=\"cid:a@x\">", "a") && !shows("a", "a")
        );
    }
}

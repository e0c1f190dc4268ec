//! Messages to telephones: what goes into one SMS or MMS where the provider takes a text and the URLs of files.

use trunkline_model::{
    Choices, ContactCard, Failure, IdentifierScheme, Location, Media, MediaKind, MediaSource, Outgoing,
    OutgoingPart, ThreadKind,
};

use crate::outbound::{self, numbered};
use crate::split::{Unit, at_word_ends};
use crate::{mms, phone, plain, sms};

/// The contract has 32 rounds, the last of which gives the receipts.
const CALLS_MAX: usize = 31;
/// What `31/31 ` takes before a piece.
const NUMBER_UNITS_MAX: usize = 6;

/// What a provider takes in one message.
#[derive(Debug, Clone)]
pub struct Carrier<'a> {
    /// Its name, for people.
    pub name: &'a str,
    /// UTF-16 code units of a text: no provider counts more.
    pub text_units_max: usize,
    /// Files of one message.
    pub files_max: usize,
    /// Bytes of the files of one message together.
    pub bytes_max: u64,
    /// Why files go as links in the text. None: they go as they are.
    pub no_files: Option<&'a str>,
    /// A text in pieces says which piece one is: carriers may deliver them in another order.
    pub numbers_pieces: bool,
}

/// One message at the provider.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// The index of the first part that it carries.
    pub part: usize,
    /// Empty where files go without a text.
    pub text: String,
    /// URLs that the provider fetches.
    pub files: Vec<String>,
    /// What had to be rendered otherwise.
    pub degraded: Vec<String>,
    /// For the receipt.
    pub attributes: Vec<(String, String)>,
    /// Of its files, as far as they are known.
    bytes: u64,
    /// Files that follow may be added: nothing says that its text belongs to one of them alone.
    open: bool,
}

impl Draft {
    fn text(part: usize, text: impl Into<String>) -> Self {
        Self { part, text: text.into(), ..Self::default() }
    }

    fn noting(mut self, what: impl Into<String>) -> Self {
        self.degraded.push(what.into());
        self
    }
}

/// The messages that a message becomes, or why the whole of it is refused.
pub fn drafts(message: &Outgoing, carrier: &Carrier) -> Result<Vec<Draft>, Failure> {
    let mut drafts = Vec::with_capacity(message.parts.len());
    for (part, content) in message.parts.iter().enumerate() {
        drafts.push(match content {
            OutgoingPart::Text(text) => Draft { open: true, ..Draft::text(part, required(part, text)?) },
            OutgoingPart::Media(media) => file(part, media, carrier)?,
            OutgoingPart::Location(place) => location(part, place),
            OutgoingPart::Contacts(cards) => contacts(part, cards)?,
            OutgoingPart::Choices(choices) => self::choices(part, choices)?,
            OutgoingPart::Html(_) => return Err(outbound::unsupported(part, "HTML")),
            OutgoingPart::Template(_) => return Err(outbound::unsupported(part, "templates")),
            OutgoingPart::Reaction(_) => return Err(outbound::unsupported(part, "reactions")),
            OutgoingPart::Read(_) => return Err(outbound::unsupported(part, "read markers")),
            OutgoingPart::Typing => return Err(outbound::unsupported(part, "typing indicator")),
            OutgoingPart::Native(_) => return Err(outbound::unsupported(part, "native parts")),
        });
    }
    let Some(first) = drafts.first_mut() else {
        return Err(outbound::refuse("missing", "there is nothing to send"));
    };
    if message.reply_to.is_some() {
        first.degraded.push("not shown as an answer to the message quoted".to_owned());
    }
    if let Some(subject) = message.subject.as_deref().map(str::trim).filter(|subject| !subject.is_empty()) {
        first.text = plain::lines([subject, &first.text].into_iter());
        first.degraded.push("the subject as first line".to_owned());
    }
    let drafts: Vec<Draft> =
        together(drafts, carrier).into_iter().flat_map(|draft| in_pieces(draft, carrier)).collect();
    if drafts.len() > CALLS_MAX {
        let what = format!("{} messages, at most {CALLS_MAX} can be sent at once", drafts.len());
        return Err(outbound::refuse("too_many", what));
    }
    Ok(drafts.into_iter().map(reckoned).collect())
}

/// Refuses a message to a group.
pub fn require_direct(message: &Outgoing) -> Result<(), Failure> {
    if message.thread.as_ref().is_some_and(|thread| thread.kind != ThreadKind::Direct) {
        return Err(outbound::refuse("unsupported", "this channel has no groups"));
    }
    Ok(())
}

/// Our side: a number in E.164, a short code, or the name of a sender as it is.
pub fn sender(message: &Outgoing) -> Result<String, Failure> {
    let account = message.account.trim();
    if account.is_empty() {
        return Err(outbound::refuse("missing", "no `account`, and the setting `sender` is empty"));
    }
    Ok(phone::e164(account).unwrap_or_else(|| account.to_owned()))
}

/// The contact's number in E.164, or a short code. Nobody can write to the name of a sender.
pub fn recipient(message: &Outgoing) -> Result<String, Failure> {
    let usable = message.to.iter().find_map(|identifier| match identifier.scheme {
        IdentifierScheme::Phone => phone::e164(&identifier.value),
        IdentifierScheme::Id => {
            let value = identifier.value.trim();
            let number = phone::e164(value).filter(|_| value.starts_with('+'));
            number.or_else(|| Some(value.to_owned()).filter(|value| is_short_code(value)))
        }
        _ => None,
    });
    usable
        .ok_or_else(|| outbound::refuse("missing", "the contact has no phone number: `+` and 7 to 15 digits"))
}

/// Three to eight digits, by country.
pub fn is_short_code(text: &str) -> bool {
    (3..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn required(part: usize, text: &str) -> Result<&str, Failure> {
    if text.trim().is_empty() {
        return Err(outbound::refuse("missing", format!("part {part}: the text is empty")));
    }
    Ok(text)
}

fn file(part: usize, media: &Media, carrier: &Carrier) -> Result<Draft, Failure> {
    let url = match &media.source {
        MediaSource::Url(url) if url.starts_with("https://") => url,
        MediaSource::Url(_) => {
            let what = format!("part {part}: the URL of the file is not `https`");
            return Err(outbound::refuse("unsupported", what));
        }
        MediaSource::Reference(_) | MediaSource::Bytes(_) => {
            let what = format!("part {part}: {} takes files only by a public URL", carrier.name);
            return Err(outbound::refuse("unsupported", what));
        }
    };
    if Unit::Utf16.length(url) > carrier.text_units_max {
        let what =
            format!("part {part}: the URL of the file has more than {} letters", carrier.text_units_max);
        return Err(outbound::refuse("too_long", what));
    }
    let caption = media.caption.as_deref().map(str::trim).unwrap_or_default();
    let name = media.name.as_deref().unwrap_or_default();
    let bytes = media.size.unwrap_or(0);
    let too_large = (bytes > carrier.bytes_max)
        .then(|| format!("one message takes {} KB", carrier.bytes_max.div_ceil(1_000)));
    if let Some(why) = carrier.no_files.map(str::to_owned).or(too_large) {
        let title = if caption.is_empty() { name } else { caption };
        let text = plain::lines([title, url].into_iter());
        return Ok(Draft::text(part, text).noting(format!("a link instead of the file: {why}")));
    }
    let draft =
        Draft { files: vec![url.clone()], bytes, open: caption.is_empty(), ..Draft::text(part, caption) };
    Ok(match media.kind {
        MediaKind::Voice => draft.noting("the voice note as an audio file"),
        MediaKind::Sticker => draft.noting("the sticker as a picture"),
        _ if !name.is_empty() && !mms::file_name(url).eq_ignore_ascii_case(name) => {
            draft.noting(format!("the file without its name `{name}`"))
        }
        _ => draft,
    })
}

fn location(part: usize, place: &Location) -> Draft {
    Draft::text(part, plain::place(place)).noting("the place as text with a link to a map")
}

fn contacts(part: usize, cards: &[ContactCard]) -> Result<Draft, Failure> {
    let text = plain::cards(cards);
    Ok(Draft::text(part, required(part, &text)?).noting("the contact's card as text"))
}

fn choices(part: usize, choices: &Choices) -> Result<Draft, Failure> {
    if choices.options.is_empty() {
        return Err(outbound::refuse("missing", format!("part {part}: there are no options")));
    }
    let list = numbered(choices);
    let mut draft = Draft::text(part, list.text);
    if choices.options.iter().all(|option| option.url.is_some()) {
        return Ok(draft.noting("the links as text"));
    }
    draft.attributes.push((outbound::ANSWERS.to_owned(), list.answers));
    Ok(draft.noting("the options as a numbered list"))
}

/// A text and the files after it are one message, as it would be written on a telephone.
fn together(drafts: Vec<Draft>, carrier: &Carrier) -> Vec<Draft> {
    let mut joined: Vec<Draft> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        match joined.last_mut() {
            Some(before) if fits(before, &draft, carrier) => {
                before.bytes += draft.bytes;
                before.files.extend(draft.files);
                before.degraded.extend(draft.degraded);
            }
            _ => joined.push(draft),
        }
    }
    joined
}

fn fits(before: &Draft, after: &Draft, carrier: &Carrier) -> bool {
    before.open
        && after.open
        && !after.files.is_empty()
        && after.text.is_empty()
        && Unit::Utf16.length(&before.text) <= carrier.text_units_max
        && before.files.len() + after.files.len() <= carrier.files_max
        && before.bytes.saturating_add(after.bytes) <= carrier.bytes_max
}

/// A long text in pieces; one that is too long for a caption before its files.
fn in_pieces(mut draft: Draft, carrier: &Carrier) -> Vec<Draft> {
    let units_max = carrier.text_units_max;
    if Unit::Utf16.length(&draft.text) <= units_max {
        return vec![draft];
    }
    let pieces = at_word_ends(&draft.text, units_max.saturating_sub(NUMBER_UNITS_MAX), Unit::Utf16);
    let count = pieces.len();
    let piece = |(at, text): (usize, String)| {
        let text = if carrier.numbers_pieces { format!("{}/{count} {text}", at + 1) } else { text };
        Draft::text(draft.part, text)
    };
    let mut drafts: Vec<Draft> = pieces.into_iter().enumerate().map(piece).collect();
    let split = (count > 1).then(|| format!("split into {count} messages: one takes {units_max} letters"));
    let captioned = !draft.files.is_empty();
    if !captioned {
        // The options of a list come last.
        if let Some(last) = drafts.last_mut() {
            last.attributes = std::mem::take(&mut draft.attributes);
        }
        if let Some(first) = drafts.first_mut() {
            first.degraded = std::mem::take(&mut draft.degraded);
        }
    }
    if let Some(first) = drafts.first_mut() {
        first.degraded.extend(split);
    }
    if captioned {
        draft.text.clear();
        drafts.push(draft.noting("the caption as a message of its own"));
    }
    drafts
}

/// With what an SMS costs.
fn reckoned(mut draft: Draft) -> Draft {
    if draft.files.is_empty() {
        let segments = sms::segments(&draft.text);
        draft.attributes.push(("segments".to_owned(), segments.count.to_string()));
        draft.attributes.push(("encoding".to_owned(), segments.encoding.name().to_owned()));
    }
    draft
}

#[cfg(test)]
mod tests;

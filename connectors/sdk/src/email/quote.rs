//! Where in a plain text the new part ends and the quoted mail begins.
//!
//! No regular expressions: the known ones for this backtrack on long lines. Every line is looked at a bounded
//! number of times, and only its beginning.

/// Only so many bytes of a line are compared.
const LINE_SIZE_MAX: usize = 2_000;
/// A text of more lines is no answer to a mail, and is not split.
const LINES_MAX: usize = 50_000;
/// An attribution is wrapped onto up to three lines, of up to so many bytes together.
const ATTRIBUTION_SIZE_MAX: usize = 500;

/// How attributions begin, in lower case.
const OPENINGS: [&str; 15] = [
    "on ", "am ", "le ", "el ", "il ", "op ", "w dniu ", "dnia ", "den ", "em ", "no dia ", "på ", "pe ",
    "在", "於",
];
/// The verb of attributions, in lower case.
const VERBS: [&str; 14] = [
    "wrote",
    "schrieb",
    "a écrit",
    "escribió",
    "ha scritto",
    "schreef",
    "napisał",
    "skrev",
    "escreveu",
    "写道",
    "寫道",
    "kirjoitti",
    "написал",
    "<",
];
/// Lines that separate the mail that is answered, between hyphens, in lower case.
const SEPARATORS: [&str; 13] = [
    "original message",
    "ursprüngliche nachricht",
    "originalnachricht",
    "message d'origine",
    "message original",
    "mensaje original",
    "messaggio originale",
    "oorspronkelijk bericht",
    "wiadomość oryginalna",
    "ursprungligt meddelande",
    "mensagem original",
    "original-nachricht",
    "reply message",
];
/// Lines that separate a mail that is handed on.
const FORWARDS: [&str; 12] = [
    "forwarded message",
    "begin forwarded message",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten",
    "message transféré",
    "mensaje reenviado",
    "messaggio inoltrato",
    "doorgestuurd bericht",
    "wiadomość przekazana",
    "vidarebefordrat meddelande",
    "mensagem encaminhada",
    "début du message réexpédié",
];
/// Labels of the header block that Outlook writes, by what they name: from, date, to, subject.
const LABELS: [&[&str]; 4] = [
    &["from", "von", "de", "da", "van", "från", "fra", "od", "发件人", "差出人", "寄件者"],
    &[
        "sent",
        "date",
        "gesendet",
        "datum",
        "envoyé",
        "enviado",
        "enviado el",
        "inviato",
        "data",
        "verzonden",
        "skickat",
        "sendt",
        "wysłano",
        "发送时间",
        "送信日時",
        "fecha",
    ],
    &["to", "an", "à", "para", "a", "aan", "till", "til", "do", "cc", "收件人", "宛先", "destinataire"],
    &[
        "subject",
        "betreff",
        "objet",
        "asunto",
        "oggetto",
        "onderwerp",
        "ämne",
        "emne",
        "temat",
        "assunto",
        "主题",
        "件名",
    ],
];

/// A text in two.
#[derive(Debug, PartialEq)]
pub struct Split<'a> {
    /// What the sender wrote, or everything where that is not clear.
    pub new: &'a str,
    /// What stands below, from the attribution on.
    pub quoted: Option<&'a str>,
    /// The mail hands another one on; that is not cut off.
    pub forwarded: bool,
}

/// Splits a text.
pub fn split(text: &str) -> Split<'_> {
    let whole = |forwarded| Split { new: text.trim(), quoted: None, forwarded };
    if text.lines().nth(LINES_MAX).is_some() {
        return whole(false);
    }
    let lines = lines(text);
    for position in 0..lines.len() {
        let line = lines[position].content;
        if is_separator(line, &FORWARDS, 2) || line.to_lowercase().starts_with("begin forwarded message") {
            return whole(true);
        }
        let cut = is_separator(line, &SEPARATORS, 3)
            || is_header_block(&lines[position..])
            || (is_rule(line) && is_header_block(after_blank(&lines[position + 1..])))
            || attribution_size(&lines[position..])
                .is_some_and(|size| ends_the_mail(&lines[position + size..]));
        if cut {
            return cut_at(text, lines[position].start);
        }
    }
    match trailing_quote(&lines) {
        Some(position) => cut_at(text, lines[position].start),
        None => whole(false),
    }
}

fn cut_at(text: &str, position: usize) -> Split<'_> {
    let (new, quoted) = text.split_at(position);
    if new.trim().is_empty() {
        // Nothing but a quote: then that is what was to be said.
        return Split { new: text.trim(), quoted: None, forwarded: false };
    }
    Split {
        new: new.trim(),
        quoted: Some(quoted.trim()).filter(|quoted| !quoted.is_empty()),
        forwarded: false,
    }
}

struct Line<'a> {
    start: usize,
    /// Without white space around it, and bounded.
    content: &'a str,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.content.is_empty()
    }

    fn is_quoted(&self) -> bool {
        self.content.starts_with('>')
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|full| {
            let content = full[..full.floor_char_boundary(LINE_SIZE_MAX)].trim();
            let begin = start;
            start += full.len();
            Line { start: begin, content }
        })
        .collect()
}

/// `-----Original Message-----`, with so many hyphens on both sides at least.
fn is_separator(line: &str, names: &[&str], hyphens: usize) -> bool {
    let inner = line.trim_matches('-');
    let framed = line.len() - line.trim_start_matches('-').len() >= hyphens
        && line.trim_start_matches('-').len() > inner.len();
    framed && names.iter().any(|name| inner.trim().trim_end_matches(':').to_lowercase() == *name)
}

/// The line that Outlook draws.
fn is_rule(line: &str) -> bool {
    line.len() >= 32 && line.bytes().all(|byte| byte == b'_')
}

/// `From:` and two more labels of other kinds in the lines that follow it.
fn is_header_block(lines: &[Line]) -> bool {
    if lines.first().and_then(|line| label(line.content)) != Some(0) {
        return false;
    }
    let mut found = [false; LABELS.len()];
    for line in lines.iter().take(8).take_while(|line| !line.is_blank()) {
        if let Some(kind) = label(line.content) {
            found[kind] = true;
        }
    }
    found.iter().filter(|found| **found).count() >= 3
}

/// Which label a line begins with.
fn label(line: &str) -> Option<usize> {
    // Bold labels become `*From:*` in plain text.
    let line = line.trim_start_matches(['*', ' ']);
    let (name, _) = line.split_once([':', '：'])?;
    if name.len() > 40 {
        return None;
    }
    let name = name.trim_end_matches(['*', ' ', '\u{a0}']).to_lowercase();
    LABELS.iter().position(|names| names.contains(&name.as_str()))
}

/// How many lines an attribution takes that begins here.
fn attribution_size(lines: &[Line]) -> Option<usize> {
    let first = lines.first()?.content.to_lowercase();
    let numeric = first.starts_with("20")
        && first.as_bytes().get(4).is_some_and(|byte| matches!(byte, b'-' | b'/' | b'.'));
    if !numeric && !OPENINGS.iter().any(|opening| first.starts_with(opening)) {
        return None;
    }
    let mut joined = String::new();
    for (position, line) in lines.iter().take(3).enumerate() {
        if line.is_blank() || line.is_quoted() || joined.len() + line.content.len() > ATTRIBUTION_SIZE_MAX {
            return None;
        }
        joined.push_str(&line.content.to_lowercase());
        joined.push(' ');
        let text = joined.trim_end();
        if text.ends_with([':', '：']) {
            // A date, and somebody who wrote: else it is a sentence that announces a list.
            let complete = text.contains(|letter: char| letter.is_ascii_digit())
                && VERBS.iter().any(|verb| text.contains(verb));
            return complete.then_some(position + 1);
        }
    }
    None
}

/// Whether nothing of the sender's own stands below an attribution: either all lines are quoted, but for a
/// signature, or none is, as Outlook on telephones does it.
fn ends_the_mail(lines: &[Line]) -> bool {
    let lines = after_blank(lines);
    if !lines.first().is_some_and(Line::is_quoted) {
        return true;
    }
    let own = lines.iter().take_while(|line| !is_signature(line.content));
    own.into_iter().all(|line| line.is_blank() || line.is_quoted())
}

/// The first line of quoted lines with nothing but a signature below them and own text above.
fn trailing_quote(lines: &[Line]) -> Option<usize> {
    let end = lines.iter().rposition(|line| is_signature(line.content)).unwrap_or(lines.len());
    let is_below =
        |end: usize| lines[..end].iter().rev().find(|line| !line.is_blank()).is_some_and(Line::is_quoted);
    let end = [end, lines.len()].into_iter().find(|end| is_below(*end))?;
    let size = lines[..end].iter().rev().take_while(|line| line.is_blank() || line.is_quoted()).count();
    let start = end - size;
    // Quotes further up have been answered in between: those below may be context, and are cut all the same only
    // where they are the only ones.
    if lines[..start].iter().any(Line::is_quoted) {
        return None;
    }
    Some(start)
}

fn is_signature(line: &str) -> bool {
    line == "--"
}

fn after_blank<'a, 'b>(lines: &'a [Line<'b>]) -> &'a [Line<'b>] {
    let blank = lines.iter().take_while(|line| line.is_blank()).count();
    &lines[blank..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text in which `|` marks where it must be cut; without one it must not be.
    fn check(text: &str) {
        let (new, quoted) = match text.split_once('|') {
            Some((new, quoted)) => (new.trim(), Some(quoted.trim())),
            None => (text.trim(), None),
        };
        let text = text.replace('|', "");
        let found = split(&text);
        assert_eq!((found.new, found.quoted), (new, quoted), "{text}");
    }

    #[test]
    fn attributions() {
        check("Yes.\n\n|On Mon, 2 Feb 2026 at 10:00, Help <h@x> wrote:\n> Is it?\n");
        check("Ja.\n\n|Am 02.02.2026 um 10:00 schrieb Hilfe <h@x>:\n> Ist es?\n> Bitte.\n");
        check("Oui.\n|Le lun. 2 févr. 2026 à 10:00, Aide <h@x> a écrit :\n>\n> Est-ce ?\n\n");
        check("Sí.\n|El lun, 2 feb 2026 a las 10:00, Ayuda\n(<h@x>) escribió:\n\n> ¿Es?\n-- \nAna");
        check("是。\n|在 2026年2月2日，帮助 写道：\n> 吗？");
        check("Yes.\n|2026-02-02 10:00 GMT+01:00 Help <h@x>:\n> Is it?");
        check("Yes.\n|On 2 Feb 2026, at 10:00,\nHelp\n<h@x> wrote:\n\nIs it?\n\nBye");
        check("On Monday I wrote:\n\n- milk\n- bread");
        check("On 2 February I need:\n- milk");
    }

    #[test]
    fn separators_and_header_blocks() {
        check("Yes.\n\n|-----Original Message-----\nFrom: Help\nSent: Monday\nTo: Ada\nSubject: Q\n\nIs it?");
        check(
            "Ja.\n\n|________________________________\nVon: Hilfe <h@x>\nGesendet: Mo\nAn: Ada\nBetreff: Q\n\nJa?",
        );
        check("Ja.\n\n|Von: Hilfe <h@x>\nGesendet: Montag, 2. Februar\nAn: Ada\nBetreff: Q\n\nIst es?");
        check(
            "Yes.\n\nGet Outlook\n|________________________________\n\n*From:* Help\n*Sent:* Monday\n*To:* Ada\n",
        );
        check("From: Berlin\nTo: Paris\nThat is my trip.");
        check("____\nyes\n----- so -----\n");
    }

    #[test]
    fn quotes_below_and_between() {
        check("Yes.\n\n|> Is it?\n> Bye\n");
        check("> one?\nyes\n> two?\nno\n");
        check("On 2 Feb 2026 Help <h@x> wrote:\n> one?\nyes\n> two?\nno");
        check("> one?\nyes\n> two?\n");
        check("Yes.\n|> Is it?\n-- \nAda");
        check("> only a quote\n");
        check("On Mon, 2 Feb 2026, Help wrote:\n> Is it?");
        check("");
    }

    #[test]
    fn forwarded_mails_are_kept() {
        for text in [
            "FYI\n\n---------- Forwarded message ---------\nFrom: Bob <b@x>\nDate: Mon\nSubject: Q\nTo: a@x\n\nHello",
            "Begin forwarded message:\n\n> From: Bob\n> Subject: Q\n>\n> Hello",
            "-------- Weitergeleitete Nachricht --------\nBetreff: Q\n\nHallo",
        ] {
            let found = split(text);
            assert_eq!((found.new, found.quoted, found.forwarded), (text, None, true), "{text}");
        }
    }

    #[test]
    fn time_is_linear() {
        for piece in [
            "> a\n",
            "on \n",
            "On 1\n",
            "From: a\n",
            "\n",
            "--\n",
            "________________________________\n",
            "> \n\n",
        ] {
            let _ = split(&piece.repeat(20_000));
        }
        let _ = split(&"> ".repeat(100_000));
    }
}

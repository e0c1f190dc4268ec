//! From parts to messages: what stands before them, what goes together, what is too long for one.

use trunkline_sdk::prelude::*;
use trunkline_sdk::sms::{self, Encoding};
use trunkline_sdk::split::{Unit, at_word_ends};

use super::SEGMENTS_MAX;
use super::draft::Draft;
use super::media::{ITEMS_MAX, TOTAL_BYTES_MAX};

/// UTF-16 code units that are tried for one piece, without what numbers it: fewer where a letter takes two septets.
const PIECE_UNITS: [(Encoding, [usize; 2]); 2] =
    [(Encoding::Gsm7, [1_520, 750]), (Encoding::Ucs2, [650, 650])];

/// The messages as they will be sent.
pub fn laid_out(mut drafts: Vec<Draft>, message: &Outgoing) -> Result<Vec<Draft>, Failure> {
    drafts = together(drafts);
    if let Some(subject) = message.subject.as_deref().map(str::trim).filter(|subject| !subject.is_empty()) {
        add_subject(&mut drafts, subject);
    }
    if let (Some(draft), Some(_)) = (drafts.first_mut(), &message.reply_to) {
        draft.degraded.push("not shown as an answer to the message quoted".to_owned());
    }
    Ok(drafts.into_iter().flat_map(pieces).collect())
}

/// An MMS has a subject. An SMS has none: it is the first line there.
fn add_subject(drafts: &mut [Draft], subject: &str) {
    let Some(first) = drafts.iter_mut().find(|draft| draft.fields.is_empty()) else { return };
    if !first.media.is_empty() {
        first.subject = Some(subject.to_owned());
        return;
    }
    first.text = format!("{subject}\n{}", first.text);
    first.degraded.insert(0, "the subject as first line".to_owned());
}

/// A text and the files after it are one MMS, as it would be written on a telephone.
fn together(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut joined: Vec<Draft> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        match joined.last_mut() {
            Some(before) if fits(before, &draft) => {
                before.media.extend(draft.media);
                before.degraded.extend(draft.degraded);
            }
            _ => joined.push(draft),
        }
    }
    joined
}

fn fits(before: &Draft, after: &Draft) -> bool {
    let media = || before.media.iter().chain(&after.media);
    before.open
        && after.open
        && !after.media.is_empty()
        && after.text.is_empty()
        && media().count() <= ITEMS_MAX
        && media().map(|file| file.size).fold(0, u64::saturating_add) <= TOTAL_BYTES_MAX
}

/// A text of more than ten segments as several messages, which say which one they are: carriers may change their order.
fn pieces(mut draft: Draft) -> Vec<Draft> {
    if sms::segments(&draft.text).count <= SEGMENTS_MAX {
        return vec![draft];
    }
    let numbered = |units_max| {
        let pieces = at_word_ends(&draft.text, units_max, Unit::Utf16);
        let count = pieces.len();
        let numbered =
            pieces.into_iter().enumerate().map(|(at, piece)| format!("{}/{count} {piece}", at + 1));
        numbered.collect::<Vec<_>>()
    };
    let encoding = sms::segments(&draft.text).encoding;
    let sizes =
        PIECE_UNITS.iter().find(|(known, _)| *known == encoding).map_or([650, 650], |(_, sizes)| *sizes);
    let fit = |pieces: &[String]| pieces.iter().all(|piece| sms::segments(piece).count <= SEGMENTS_MAX);
    let largest = numbered(sizes[0]);
    let pieces = if fit(&largest) { largest } else { numbered(sizes[1]) };
    let note = format!("split into {} messages: one takes {SEGMENTS_MAX} segments", pieces.len());
    let media = std::mem::take(&mut draft.media);
    let mut drafts: Vec<Draft> = pieces.into_iter().map(|piece| Draft::text(draft.part, piece)).collect();
    if let Some(first) = drafts.first_mut() {
        first.degraded = draft.degraded;
        first.degraded.push(note);
        first.subject = draft.subject;
    }
    // Files and the options of a list come last.
    if let Some(last) = drafts.last_mut() {
        last.media = media;
        last.attributes = draft.attributes;
    }
    drafts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_piece_has_more_than_ten_segments() {
        for (text, count) in [
            ("word ".repeat(300), 1),
            ("word ".repeat(400), 2),
            ("€€€€ ".repeat(400), 3),
            ("слово ".repeat(111), 1),
            ("слово ".repeat(300), 3),
            ("😀".repeat(335), 2),
            ("x".repeat(1_531), 2),
        ] {
            let pieces = pieces(Draft::text(0, &*text));
            assert_eq!(pieces.len(), count, "{}", &text[..8]);
            assert!(pieces.iter().all(|piece| sms::segments(&piece.text).count <= SEGMENTS_MAX));
        }
    }
}

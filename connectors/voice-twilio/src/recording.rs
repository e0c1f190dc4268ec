//! What callers left: recordings, and their words.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::prelude::*;

use crate::call::Parties;

/// A recording as a message. Told when the caller has ended it and again when it can be fetched: both have one id. None where
/// there is none, since the caller said nothing.
pub fn message(parties: &Parties, mut fields: Fields) -> Option<Event> {
    fields.take("CallStatus");
    let status = fields.take("RecordingStatus");
    if status.is_some_and(|status| status != "completed") {
        return None;
    }
    let (sid, url) = (fields.take("RecordingSid")?, fields.take("RecordingUrl")?);
    let seconds = fields.take("RecordingDuration").and_then(|seconds| seconds.parse::<u64>().ok());
    let media = Media {
        duration_ms: seconds.map(|seconds| seconds.saturating_mul(1_000)),
        content_type: Some("audio/mpeg".to_owned()),
        ..Media::new(MediaKind::Voice, MediaSource::Reference(format!("{url}.mp3")))
    };
    let message = Message { id: sid.clone(), parts: vec![Part::Media(media)], ..Message::default() };
    Some(parties.event(sid, EventKind::Message(message), &fields))
}

/// The words of a recording, as a message that answers it.
pub fn transcript(parties: &Parties, mut fields: Fields) -> Option<Event> {
    fields.take("CallStatus");
    let text = fields.take("TranscriptionText")?;
    let sid = fields.take("TranscriptionSid")?;
    let recording = fields.take("RecordingSid");
    let message = Message {
        id: sid.clone(),
        parts: vec![Part::Text(text)],
        reply_to: recording.map(|id| MessageRef { id, author: None }),
        ..Message::default()
    };
    let mut event = parties.event(sid, EventKind::Message(message), &fields);
    event.attributes.push(("transcript".to_owned(), "true".to_owned()));
    Some(event)
}

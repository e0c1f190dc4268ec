//! An answer that holds a secret's value does not leave the runtime.
//!
//! This guards against mistakes (an error text that quotes a setting), not against a connector that encodes a
//! secret on purpose: what keeps that in is that it can send nothing anywhere.

use trunkline_model::{Answer, MediaSource, Response};

use crate::error::CallError;
use crate::settings::{Secret, Settings};

/// Refuses an answer in which the value of a secret stands, in the response or in an event.
pub fn check(answer: &mut Answer, settings: &Settings) -> Result<(), CallError> {
    if settings.secrets.is_empty() {
        return Ok(());
    }
    check_response(&answer.response, settings)?;
    for event in &mut answer.events {
        // Attachments are searched as they are, not as Base64, and taken out for the while: they can be large.
        let mut attachments = Vec::new();
        for media in event.media_mut() {
            if let MediaSource::Bytes(bytes) = &mut media.source {
                check_text(bytes, settings)?;
                attachments.push(std::mem::take(bytes));
            }
        }
        check_text(trunkline_model::event_json(event).as_bytes(), settings)?;
        let mut attachments = attachments.into_iter();
        for media in event.media_mut() {
            if let MediaSource::Bytes(bytes) = &mut media.source {
                *bytes = attachments.next().unwrap_or_default();
            }
        }
    }
    Ok(())
}

/// Refuses a response in which the value of a secret stands.
pub fn check_response(response: &Response, settings: &Settings) -> Result<(), CallError> {
    check_text(&response.body, settings)?;
    for (name, value) in &response.headers {
        check_text(name.as_bytes(), settings)?;
        check_text(value.as_bytes(), settings)?;
    }
    Ok(())
}

/// Refuses a text in which the value of a secret stands.
pub fn check_text(text: &[u8], settings: &Settings) -> Result<(), CallError> {
    let holds = |secret: &&Secret| secret.forms.iter().any(|form| form.find(text).is_some());
    match settings.secrets.iter().find(holds) {
        Some(secret) => Err(CallError::SecretInAnswer { setting: secret.setting.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use trunkline_model::{Event, EventKind, Media, MediaKind, Message, Part, Response};

    use super::*;
    use crate::settings::Visibility;

    fn settings() -> Settings {
        Settings::new([("key".to_owned(), "se\"cret-1".to_owned(), Visibility::SecretToVerify)])
    }

    fn event(parts: Vec<Part>) -> Event {
        Event::new("1", "a", EventKind::Message(Message::new("1", parts)))
    }

    #[test]
    fn secrets_are_found_wherever_they_stand() {
        let text = event(vec![Part::Text("it is se\"cret-1.".to_owned())]);
        let bytes = MediaSource::Bytes(b"xx se\"cret-1 xx".to_vec());
        let file = event(vec![Part::Media(Media::new(MediaKind::File, bytes))]);
        for (response, events) in [
            (Response::with_body(200, "text/plain", "se\"cret-1"), vec![]),
            (Response::with_body(200, "se\"cret-1", ""), vec![]),
            (Response::empty(200), vec![text]),
            (Response::empty(200), vec![file]),
        ] {
            let mut answer = Answer { response, events };
            let error = check(&mut answer, &settings()).expect_err("leak");
            assert_eq!(error.to_string(), "connector put the secret `key` into its answer");
        }
    }

    #[test]
    fn an_honest_answer_is_left_as_it_was() {
        let media = Media::new(MediaKind::File, MediaSource::Bytes(b"bytes".to_vec()));
        let mut answer =
            Answer { response: Response::empty(200), events: vec![event(vec![Part::Media(media)])] };
        let before = answer.clone();
        check(&mut answer, &settings()).expect("honest");
        assert_eq!(answer, before);
    }
}

//! Which files of an event are somewhere else after it was read once more.

use trunkline_model::Event;

/// The numbers of items that are gone, or whose source is another.
pub fn moved(before: &mut Event, after: &mut Event) -> Vec<usize> {
    let mut now = after.media_mut();
    let mut moved = Vec::new();
    for (number, item) in before.media_mut().enumerate() {
        if now.next().is_none_or(|now| now.source != item.source) {
            moved.push(number);
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use trunkline_model::{EventKind, Media, MediaKind, MediaSource, Message, Part};

    use super::*;

    fn event(urls: &[&str]) -> Event {
        let media =
            |url: &&str| Part::Media(Media::new(MediaKind::Image, MediaSource::Url((*url).to_owned())));
        let message = Message::new("1", urls.iter().map(media).collect());
        Event::new("1", "account", EventKind::Message(message))
    }

    #[test]
    fn what_is_where_it_was_stays() {
        for (before, after, expected) in [
            (&["a", "b"][..], &["a", "b"][..], vec![]),
            (&["a", "b"], &["a", "c", "b"], vec![1]),
            (&["a", "b"], &["b"], vec![0, 1]),
            (&[], &["a"], vec![]),
        ] {
            assert_eq!(moved(&mut event(before), &mut event(after)), expected, "{before:?} {after:?}");
        }
    }
}

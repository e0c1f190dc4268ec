//! Names of conversations and messages. Slack counts messages by their time in each channel, so that only both together name one.

use trunkline_sdk::prelude::*;

/// Where the app is installed: a workspace, or an organization with all of its workspaces.
pub fn account<'a>(
    organization_wide: bool,
    workspace: Option<&'a str>,
    organization: Option<&'a str>,
) -> Option<&'a str> {
    if organization_wide { organization.or(workspace) } else { workspace.or(organization) }
}

/// `C0AAAA001:1790000000.000100`. A `ts` that is none of Slack's stays as it is.
pub fn message_id(channel: Option<&str>, ts: &str) -> String {
    match channel {
        Some(channel) if is_ts(ts) => format!("{channel}:{ts}"),
        _ => ts.to_owned(),
    }
}

/// A press on a button is no message in the channel: `action:1790000000.000100`.
pub fn action_id(ts: &str) -> String {
    if is_ts(ts) { format!("action:{ts}") } else { ts.to_owned() }
}

/// Channel and `ts` of a message id. None of what is no message of a channel: a press, a command, a file.
pub fn channel_and_ts(id: &str) -> Option<(&str, &str)> {
    let (channel, ts) = id.split_once(':')?;
    (is_channel(channel) && is_ts(ts)).then_some((channel, ts))
}

/// Channel and parent of a thread's id.
pub fn channel_and_parent(thread_id: &str) -> (&str, Option<&str>) {
    match thread_id.split_once(':') {
        Some((channel, parent)) if !parent.is_empty() => (channel, Some(parent)),
        _ => (thread_id, None),
    }
}

/// The conversation. None: with the contact alone, and whoever writes to the contact gets there.
///
/// `parent` is the `ts` of the message at the root of a thread; each thread is a conversation.
pub fn thread(
    channel: &str,
    channel_type: Option<&str>,
    parent: Option<&str>,
    contact_known: bool,
) -> Option<Thread> {
    let direct = match channel_type {
        Some(kind) => matches!(kind, "im" | "app_home"),
        None => is_direct(channel),
    };
    let kind = match (direct, parent) {
        (true, None) if contact_known => return None,
        (true, _) => ThreadKind::Direct,
        (false, Some(_)) => ThreadKind::Other("thread".to_owned()),
        (false, None) => ThreadKind::Group,
    };
    let id = parent.map_or_else(|| channel.to_owned(), |parent| format!("{channel}:{parent}"));
    Some(Thread { id, kind, title: None })
}

/// Whether a channel is a conversation of two.
pub fn is_direct(channel: &str) -> bool {
    channel.starts_with('D')
}

/// Of capital letters and digits, as all ids of Slack.
fn is_channel(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Seconds and microseconds: `1790000000.000100`. As a number it would lose digits.
fn is_ts(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(seconds, micros)| digits(seconds) && digits(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_named_by_channel_and_time() {
        assert_eq!(message_id(Some("C01"), "1790000000.000100"), "C01:1790000000.000100");
        assert_eq!(message_id(None, "1790000000.000100"), "1790000000.000100");
        assert_eq!(message_id(Some("C01"), "x"), "x");
        assert_eq!((&*action_id("1790000000.000100"), &*action_id("x")), ("action:1790000000.000100", "x"));
        for (id, expected) in [
            ("C01:1790000000.000100", Some(("C01", "1790000000.000100"))),
            ("action:1790000000.000100", None),
            ("C01:1790000000", None),
            ("C01:1790000000.", None),
            (":1790000000.000100", None),
            ("F01", None),
        ] {
            assert_eq!(channel_and_ts(id), expected, "{id}");
        }
    }

    #[test]
    fn a_thread_names_its_channel_and_its_parent() {
        assert_eq!(channel_and_parent("C01:1790000000.000100"), ("C01", Some("1790000000.000100")));
        assert_eq!(channel_and_parent("C01"), ("C01", None));
        assert_eq!(channel_and_parent("C01:"), ("C01:", None));
    }

    #[test]
    fn only_a_conversation_of_two_needs_no_thread() {
        let kind =
            |channel, kind, parent, known| thread(channel, kind, parent, known).map(|found| found.kind);
        assert_eq!(kind("D01", Some("im"), None, true), None);
        assert_eq!(kind("D01", None, None, false), Some(ThreadKind::Direct));
        assert_eq!(kind("D01", None, Some("1.1"), true), Some(ThreadKind::Direct));
        assert_eq!(kind("C01", None, None, true), Some(ThreadKind::Group));
        assert_eq!(kind("G01", Some("mpim"), None, true), Some(ThreadKind::Group));
        assert_eq!(kind("C01", None, Some("1.1"), true), Some(ThreadKind::Other("thread".to_owned())));
    }
}

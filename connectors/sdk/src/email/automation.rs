//! Mails that machines wrote: no bot may answer them.

use super::header::Headers;

/// Header names that say so by themselves, in lower case. `x-auto-response-suppress` is not among them: Exchange
/// puts it on mails that people wrote.
const REPLY_HEADERS: [&str; 9] = [
    "x-autoreply",
    "x-autorespond",
    "x-auto-reply-from",
    "x-autoresponse",
    "x-auto-responded",
    "auto-response",
    "auto-replied",
    "x-holidayreply",
    "x-machinegenerated",
];
/// Beginnings of subjects, in lower case. Weak: they count on answers only.
const REPLY_SUBJECTS: [&str; 16] = [
    "automatic reply",
    "auto:",
    "auto reply",
    "autoreply",
    "out of office",
    "abwesenheitsnotiz",
    "automatische antwort",
    "réponse automatique",
    "respuesta automática",
    "risposta automatica",
    "automatisch antwoord",
    "autosvar",
    "resposta automática",
    "自動返信",
    "odpowiedź automatyczna",
    "abwesend",
];
/// Subjects of bounces that are no proper reports, in lower case.
const BOUNCE_SUBJECTS: [&str; 8] = [
    "undelivered mail",
    "undeliverable",
    "unzustellbar",
    "delivery status notification",
    "failure notice",
    "mail delivery failed",
    "returned mail",
    "delivery failure",
];
/// Local parts that bounces come from.
const BOUNCE_SENDERS: [&str; 4] = ["mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"];
/// Local parts that nobody reads.
const SILENT_SENDERS: [&str; 7] =
    ["no-reply", "noreply", "do-not-reply", "donotreply", "no_reply", "do_not_reply", "nepasrepondre"];

/// What kind of machine wrote a mail, by the name of the attribute `auto`: `bounce`, `reply`, `generated`, `list`,
/// `bulk`, `loop`, `noreply`. `own` is the mailbox that it was sent to, `sender` the envelope sender.
pub fn kind(headers: &Headers, own: &str, sender: Option<&str>) -> Option<&'static str> {
    let from = headers.mailboxes("from");
    let from = from.first().map(|mailbox| mailbox.address.to_lowercase()).unwrap_or_default();
    let local = from.split('@').next().unwrap_or_default();
    let subject = headers.text("subject").unwrap_or_default().to_lowercase();
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| subject.starts_with(beginning));

    let bounce_sender =
        BOUNCE_SENDERS.contains(&local) || sender.is_some_and(|sender| matches!(sender.trim(), "" | "<>"));
    if headers.first("x-failed-recipients").is_some()
        || (bounce_sender && (begins(&BOUNCE_SUBJECTS) || BOUNCE_SENDERS.contains(&local)))
    {
        return Some("bounce");
    }
    let submitted = headers
        .first("auto-submitted")
        .map(|value| value.split([';', ' ']).next().unwrap_or_default().to_lowercase());
    match submitted.as_deref() {
        None | Some("no" | "") => {}
        Some("auto-replied") => return Some("reply"),
        Some(_) => return Some("generated"),
    }
    let precedence = headers.first("precedence").unwrap_or_default().to_lowercase();
    let answers = headers.first("in-reply-to").is_some() || headers.first("references").is_some();
    let names = headers.iter().any(|(name, _)| REPLY_HEADERS.contains(&name.to_lowercase().as_str()));
    if names || precedence == "auto_reply" || (answers && begins(&REPLY_SUBJECTS)) || bounce_sender {
        return Some("reply");
    }
    if ["list-id", "list-post"].iter().any(|name| headers.first(name).is_some()) || precedence == "list" {
        return Some("list");
    }
    let bulk = ["list-unsubscribe", "feedback-id"].iter().any(|name| headers.first(name).is_some());
    if bulk || matches!(precedence.as_str(), "bulk" | "junk") {
        return Some("bulk");
    }
    if !from.is_empty() && (from == own.to_lowercase() || untagged(&from) == untagged(&own.to_lowercase())) {
        return Some("loop");
    }
    SILENT_SENDERS.contains(&untagged(&from).split('@').next().unwrap_or_default()).then_some("noreply")
}

/// An address without what stands behind `+` in its local part (RFC 5233).
fn untagged(address: &str) -> String {
    match address.split_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or_default()),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)], sender: Option<&str>, expected: Option<&str>) {
        let pairs = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(
            kind(&Headers::from_pairs(pairs), "help+c42@in.example.org", sender),
            expected,
            "{headers:?}"
        );
    }

    #[test]
    fn every_kind() {
        let from = ("From", "Ada <ada@example.net>");
        check(&[from], Some("ada@example.net"), None);
        check(&[from, ("Auto-Submitted", "no")], None, None);
        check(&[from, ("X-Auto-Response-Suppress", "All")], None, None);
        check(&[from, ("Auto-Submitted", "auto-replied (vacation)")], None, Some("reply"));
        check(&[from, ("Auto-Submitted", "auto-generated")], None, Some("generated"));
        check(&[from, ("X-Autoreply", "yes")], None, Some("reply"));
        check(&[from, ("Precedence", "auto_reply")], None, Some("reply"));
        check(&[from, ("Subject", "Automatische Antwort: Q"), ("In-Reply-To", "<a@b>")], None, Some("reply"));
        check(&[from, ("Subject", "Out of office supplies")], None, None);
        check(&[from], Some("<>"), Some("reply"));
        check(&[from, ("List-Id", "<l.example.net>")], None, Some("list"));
        check(&[from, ("Precedence", "Bulk")], None, Some("bulk"));
        check(&[from, ("List-Unsubscribe", "<https://x>")], None, Some("bulk"));
        check(&[("From", "MAILER-DAEMON@mx.example.net")], None, Some("bounce"));
        check(&[from, ("X-Failed-Recipients", "a@b")], None, Some("bounce"));
        check(&[from, ("Subject", "Undelivered Mail Returned to Sender")], Some(""), Some("bounce"));
        check(&[from, ("Subject", "Undelivered mail?")], Some("ada@example.net"), None);
        check(&[("From", "Help@in.example.org")], None, Some("loop"));
        check(&[("From", "no-reply+1@example.net")], None, Some("noreply"));
        check(&[], None, None);
    }
}

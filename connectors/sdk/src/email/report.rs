//! Reports about mails that we sent: delivery (RFC 3464), complaints (RFC 5965), receipts (RFC 8098). They are
//! never messages of a contact.

use trunkline_model::{DeliveryState, Failure, FailureReason, Media, MediaSource};

use super::Mail;
use super::address::address;
use super::header::{Headers, message_id};

/// The most recipients of one report.
const RECIPIENTS_MAX: usize = 100;
/// The most bytes of a report's machine-readable part that are read.
const REPORT_SIZE_MAX: usize = 256 << 10;

/// What a report says.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// What became of one mail, for each recipient.
    Delivery {
        /// The id of our mail.
        message_id: String,
        /// For each recipient.
        outcomes: Vec<Outcome>,
    },
    /// A recipient called our mail spam or wants no more.
    Complaint {
        /// The id of our mail, where the report says.
        message_id: Option<String>,
        /// Who. Some reporters blacken it.
        recipient: Option<String>,
        /// `abuse`, `opt-out`, `fraud` …
        kind: String,
        /// As it was sent.
        text: String,
    },
    /// What a recipient's program did with our mail.
    Receipt {
        /// The id of our mail.
        message_id: String,
        /// Who.
        recipient: Option<String>,
        /// `displayed`, `deleted` …
        disposition: String,
    },
}

/// What became of a mail for one recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Who.
    pub recipient: Option<String>,
    /// How far it came.
    pub state: DeliveryState,
    /// Why not further.
    pub failure: Option<Failure>,
}

/// The attribute `auto` of a mail that has a report in it which could not be read.
pub fn unread_kind(mail: &Mail) -> Option<&'static str> {
    let declared = mail.headers.first("content-type").unwrap_or_default().to_ascii_lowercase();
    let report = declared.starts_with("multipart/report");
    report.then_some(if declared.contains("disposition-notification") { "receipt" } else { "bounce" })
}

/// The report in a mail. None where there is none, or one that does not say what it is about. A report that
/// somebody hands on as an attachment is none: the mail itself has to be one, or to come from a mail system.
pub fn report(mail: &Mail, from_mail_system: bool) -> Option<Report> {
    if !from_mail_system && unread_kind(mail).is_none() {
        return None;
    }
    if let Some(bytes) = part(mail, &["message/delivery-status", "message/global-delivery-status"]) {
        return delivery(mail, bytes);
    }
    if let Some(bytes) = part(mail, &["message/feedback-report"]) {
        return complaint(mail, bytes);
    }
    receipt(
        mail,
        part(mail, &["message/disposition-notification", "message/global-disposition-notification"])?,
    )
}

fn delivery(mail: &Mail, bytes: &[u8]) -> Option<Report> {
    let original = original(mail);
    let message_id =
        original.as_ref().and_then(own_id).or_else(|| mail.headers.ids("in-reply-to").into_iter().next())?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    // The first block is about the report itself; some reporters leave the blank line after it out.
    for block in blocks(bytes).take(RECIPIENTS_MAX + 1) {
        let headers = Headers::parse(&block);
        let Some(action) = headers.first("action").map(|action| word(action).to_lowercase()) else {
            continue;
        };
        let status = headers.first("status").map(word).unwrap_or_default();
        let diagnostic = headers.text("diagnostic-code");
        let recipient =
            ["original-recipient", "final-recipient"].iter().find_map(|name| recipient(headers.first(name)?));
        let state = match action.as_str() {
            "failed" | "error" => DeliveryState::Failed,
            "delayed" => DeliveryState::Other("deferred".to_owned()),
            "delivered" => DeliveryState::Delivered,
            other => DeliveryState::Other(other.to_owned()),
        };
        let failing = matches!(action.as_str(), "failed" | "error" | "delayed");
        let failure = failing.then(|| {
            // A general status says less than the answer of the other server.
            let said = diagnostic.as_deref().and_then(enhanced_code);
            let code =
                if status.is_empty() || status.ends_with(".0.0") { said.unwrap_or(status) } else { status };
            let reason = if action == "delayed" { FailureReason::Transient } else { smtp_reason(code) };
            Failure {
                reason,
                code: Some(code.to_owned()).filter(|code| !code.is_empty()),
                message: diagnostic.clone(),
            }
        });
        outcomes.push(Outcome { recipient, state, failure });
    }
    (!outcomes.is_empty()).then_some(Report::Delivery { message_id, outcomes })
}

fn complaint(mail: &Mail, bytes: &[u8]) -> Option<Report> {
    let headers = Headers::parse(bytes);
    let original = original(mail);
    let recipient = headers.first("original-rcpt-to").and_then(address).or_else(|| {
        let to = original.as_ref()?.mailboxes("to");
        to.into_iter().next().map(|mailbox| mailbox.address)
    });
    Some(Report::Complaint {
        message_id: original.as_ref().and_then(own_id),
        recipient,
        text: String::from_utf8_lossy(bytes).into_owned(),
        kind: headers
            .first("feedback-type")
            .map_or_else(|| "abuse".to_owned(), |kind| word(kind).to_lowercase()),
    })
}

fn receipt(mail: &Mail, bytes: &[u8]) -> Option<Report> {
    let headers = Headers::parse(bytes);
    // `manual-action/MDN-sent-manually; displayed/error`
    let disposition =
        headers.first("disposition")?.rsplit(';').next()?.split('/').next()?.trim().to_lowercase();
    let id = headers.first("original-message-id").and_then(message_id);
    Some(Report::Receipt {
        message_id: id.or_else(|| mail.headers.ids("in-reply-to").into_iter().next())?,
        recipient: ["original-recipient", "final-recipient"]
            .iter()
            .find_map(|name| recipient(headers.first(name)?)),
        disposition,
    })
}

/// What the sender of a mail has to do about an SMTP code, enhanced (`5.1.1`, RFC 3463) or plain (`550`).
pub fn smtp_reason(code: &str) -> FailureReason {
    let mut numbers = code.split('.').map(|number| number.parse::<u16>().ok());
    let (class, subject, detail) =
        (numbers.next().flatten(), numbers.next().flatten(), numbers.next().flatten());
    match (class, subject, detail) {
        (Some(4 | 400..=499), ..) => FailureReason::Transient,
        // Over quota: it may be emptied.
        (Some(5), Some(2), Some(2)) => FailureReason::Transient,
        (Some(5), Some(1), Some(3)) => FailureReason::Invalid,
        // Our own address is what is refused.
        (Some(5), Some(1), Some(7 | 8)) => FailureReason::Unauthorized,
        (Some(5), Some(2), Some(3)) | (Some(5), Some(3), Some(4)) | (Some(5), Some(6), _) => {
            FailureReason::Invalid
        }
        (Some(5), Some(1 | 2 | 4), _) => FailureReason::Unreachable,
        (Some(5), Some(7), _) => FailureReason::Unauthorized,
        (Some(550 | 551 | 553), None, _) => FailureReason::Unreachable,
        (Some(552), None, _) => FailureReason::Transient,
        (Some(535 | 530 | 554), None, _) => FailureReason::Unauthorized,
        (Some(500..=504), None, _) => FailureReason::Invalid,
        _ => FailureReason::Other,
    }
}

/// The first enhanced code in the words of a mail server, else its first plain one.
pub fn enhanced_code(text: &str) -> Option<&str> {
    let words = || {
        text.split(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .map(|word| word.trim_matches('.'))
    };
    let enhanced = |word: &&str| {
        let numbers: Vec<&str> = word.split('.').collect();
        let short = |number: &str| (1..=3).contains(&number.len());
        matches!(numbers.as_slice(), ["2" | "4" | "5", subject, detail] if short(subject) && short(detail))
    };
    let plain = |word: &&str| {
        word.len() == 3 && matches!(word.as_bytes()[0], b'2' | b'4' | b'5') && !word.contains('.')
    };
    words().find(enhanced).or_else(|| words().find(plain))
}

/// Our mail, or its headers, as the report has it.
fn original(mail: &Mail) -> Option<Headers> {
    part(mail, &["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"])
        .map(Headers::parse)
}

fn own_id(headers: &Headers) -> Option<String> {
    headers.ids("message-id").into_iter().next()
}

fn part<'a>(mail: &'a Mail, content_types: &[&str]) -> Option<&'a [u8]> {
    let is_one = |media: &&Media| {
        media.content_type.as_deref().is_some_and(|declared| content_types.contains(&declared))
    };
    match &mail.attachments.iter().find(is_one)?.source {
        MediaSource::Bytes(bytes) => Some(bytes.get(..REPORT_SIZE_MAX).unwrap_or(bytes)),
        _ => None,
    }
}

/// The blocks of a report, which blank lines separate.
fn blocks(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
    let mut blocks = Vec::new();
    let mut block = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            block.extend_from_slice(line);
        } else if !block.is_empty() {
            blocks.push(std::mem::take(&mut block));
        }
    }
    blocks.push(block);
    blocks.into_iter()
}

/// `rfc822; ada@example.net`
fn recipient(value: &str) -> Option<String> {
    address(value.rsplit(';').next()?)
}

fn word(value: &str) -> &str {
    value.split([' ', '(', ';']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_codes() {
        for (code, expected) in [
            ("5.1.1", FailureReason::Unreachable),
            ("5.1.2", FailureReason::Unreachable),
            ("5.1.3", FailureReason::Invalid),
            ("5.1.8", FailureReason::Unauthorized),
            ("5.2.1", FailureReason::Unreachable),
            ("5.2.2", FailureReason::Transient),
            ("5.3.4", FailureReason::Invalid),
            ("5.4.4", FailureReason::Unreachable),
            ("5.7.1", FailureReason::Unauthorized),
            ("4.4.1", FailureReason::Transient),
            ("451", FailureReason::Transient),
            ("550", FailureReason::Unreachable),
            ("554", FailureReason::Unauthorized),
            ("5.0.0", FailureReason::Other),
            ("", FailureReason::Other),
            ("x", FailureReason::Other),
        ] {
            assert_eq!(smtp_reason(code), expected, "{code}");
        }
    }

    #[test]
    fn codes_in_words() {
        for (text, expected) in [
            ("smtp; 550 5.1.1 <ada@example.net>: no such user", Some("5.1.1")),
            ("smtp; 550-no such user (in reply to RCPT)", Some("550")),
            ("connect to 192.0.2.1: timed out 4.4.1", Some("4.4.1")),
            ("no such user", None),
        ] {
            assert_eq!(enhanced_code(text), expected, "{text}");
        }
    }
}

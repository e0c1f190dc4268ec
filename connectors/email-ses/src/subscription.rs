//! Whether a topic sends here.

use trunkline_sdk::form::Form;
use trunkline_sdk::{Interrupt, prelude::*};

use crate::envelope::Envelope;
use crate::topic::Topic;

/// Confirms a subscription of a topic of ours, which its own message asks for.
pub fn confirm(envelope: &Envelope, topic: &Topic, calls: &mut Calls) -> Result<Event, Interrupt> {
    let url = envelope.subscribe_url.as_deref().filter(|url| is_confirmation(url, envelope, topic));
    let Some(url) = url else {
        let detail = "`SubscribeURL` is no confirmation for this topic at SNS";
        return Err(Refusal::new(RefusalReason::Malformed, 400, detail).into());
    };
    let answer = calls.make(Call::get(url))?;
    if !(200..300).contains(&answer.status) {
        // SNS asks again where this is 503; the token is good for three days.
        let detail = format!("the confirmation was answered with {}", answer.status);
        let reason = RefusalReason::Other("confirmation_failed".to_owned());
        return Err(Refusal::new(reason, 503, detail).into());
    }
    let summary = format!("The topic `{}` sends here from now on.", topic.arn);
    Ok(notice(envelope, "subscription_confirmed", Severity::Info, summary))
}

/// The topic no longer sends here. Its link would subscribe again: whoever unsubscribed meant it.
pub fn ended(envelope: &Envelope) -> Event {
    let summary = format!("The topic `{}` sends here no longer.", envelope.topic);
    notice(envelope, "subscription_ended", Severity::Critical, summary)
}

/// Without token and link: who has those can subscribe.
fn notice(envelope: &Envelope, name: &str, severity: Severity, summary: String) -> Event {
    let payload = envelope.message.clone();
    let notice = AccountNotice { name: name.to_owned(), severity, summary, payload };
    let mut event = Event::new(&*envelope.id, &*envelope.topic, EventKind::AccountNotice(notice));
    event.occurred_at = trunkline_sdk::time::iso8601(&envelope.timestamp);
    event
}

/// `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=…&Token=…`
fn is_confirmation(url: &str, envelope: &Envelope, topic: &Topic) -> bool {
    let Some(query) = url.strip_prefix(&topic.origin).and_then(|path| path.strip_prefix('?')) else {
        return false;
    };
    let Some(form) = Form::parse(query.as_bytes()).filter(|_| !query.contains('#')) else { return false };
    let values = |name: &str| {
        let found = form.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.collect::<Vec<_>>()
    };
    let token = envelope.token.as_deref().filter(|token| !token.is_empty());
    let topics = values("TopicArn");
    values("Action") == ["ConfirmSubscription"]
        && token.is_some_and(|token| values("Token") == [token])
        && (topics.is_empty() || topics == [topic.arn.as_str()])
}

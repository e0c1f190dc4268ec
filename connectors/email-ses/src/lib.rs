//! E-mail through Amazon SES: mail that came in, and what became of mail that was sent. Both come through SNS, which signs
//! with the key of a certificate that is fetched.

mod activity;
mod certificate;
mod envelope;
mod inbound;
mod notification;
mod outcome;
mod proof;
mod subscription;
mod topic;

use trunkline_sdk::{prelude::*, require_method};

use crate::envelope::{Envelope, Kind};
use crate::topic::Topics;

/// The connector.
pub struct Ses;

impl Connector for Ses {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Ses {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        let (topics, rules) = (Topics::of(context)?, proof::Rules::of(context)?);
        // The signature stands in the body, so that this much is read of what nobody has vouched for.
        let envelope = Envelope::read(request)?;
        let topic = topics.find(&envelope.topic)?;
        let mut calls = Calls::new(context);
        proof::verify(&envelope, &topic, &rules, context.now, &mut calls)?;
        let events = match envelope.kind {
            Kind::Notification => notification::events(&envelope, &topic),
            Kind::SubscriptionConfirmation => vec![subscription::confirm(&envelope, &topic, &mut calls)?],
            Kind::UnsubscribeConfirmation => vec![subscription::ended(&envelope)],
        };
        Ok(Answer { response: Response::empty(200), events })
    }
}

trunkline_sdk::connector!(Ses: inbound);

#[cfg(test)]
mod tests;

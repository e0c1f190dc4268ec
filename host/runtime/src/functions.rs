//! What a connector can be asked: one function of each ability, one round a call, each in an instance of its own.
//!
//! `receive`, `send`, `locate`, `look_up`, `open` and `show` give what may leave the runtime: their answers were checked against
//! the contract and for secrets. The functions ending in `_step` give what the connector answered, unchecked: for
//! tests of connectors.

use trunkline_model::{
    Contact, Context, Event, Exchange, Media, MediaStep, Outgoing, PageStep, ProfileStep, ReceiveStep,
    Request, SendStep, Thread,
};
use trunkline_policy::{CallError, Settings, check};

use crate::connector::Connector;

impl Connector {
    /// Has a webhook verified and read. `exchanges` are the calls made for it so far.
    ///
    /// `now` is milliseconds since the Unix epoch, the same in every round. The error says what the connector
    /// did wrong: answer 503, so that the provider sends it again.
    pub async fn receive(
        &self,
        request: &Request,
        exchanges: &[Exchange],
        settings: &Settings,
        now: u64,
    ) -> Result<ReceiveStep, CallError> {
        let context = settings.context(exchanges, now);
        let mut step = match &self.native {
            None => self.keep().await?.receive(request, &context).await?,
            Some(native) => self.natively_asked(|| (native.receive)(request, &context)),
        };
        check::receive(&mut step, exchanges.len(), settings)?;
        Ok(step)
    }

    /// Asks how a message is sent. `exchanges` are the calls made for it so far.
    pub async fn send(
        &self,
        message: &Outgoing,
        exchanges: &[Exchange],
        settings: &Settings,
        now: u64,
    ) -> Result<SendStep, CallError> {
        let context = settings.context(exchanges, now);
        let step = match self.native.and_then(|native| native.send) {
            None => self.send_step(message.clone(), context).await?,
            Some(send) => self.natively_asked(|| send(message, &context)),
        };
        check::send(&step, exchanges.len(), settings)?;
        Ok(step)
    }

    /// Asks how the bytes of an attachment are fetched. `account` is the event's.
    pub async fn locate(
        &self,
        attachment: &Media,
        account: &str,
        exchanges: &[Exchange],
        settings: &Settings,
        now: u64,
    ) -> Result<MediaStep, CallError> {
        let context = settings.context(exchanges, now);
        let step = self.locate_step(attachment.clone(), account, context).await?;
        check::locate(&step, exchanges.len(), settings)?;
        Ok(step)
    }

    /// Asks who a contact is. `account` and `thread` are the event's.
    pub async fn look_up(
        &self,
        contact: &Contact,
        account: &str,
        thread: Option<&Thread>,
        exchanges: &[Exchange],
        settings: &Settings,
        now: u64,
    ) -> Result<ProfileStep, CallError> {
        let context = settings.context(exchanges, now);
        let step = self.look_up_step(contact.clone(), account, thread.cloned(), context).await?;
        check::look_up(&step, exchanges.len(), settings)?;
        Ok(step)
    }

    /// Asks how a request of a page is answered. `exchanges` are the calls made for it so far.
    pub async fn open(
        &self,
        request: &Request,
        exchanges: &[Exchange],
        settings: &Settings,
        now: u64,
    ) -> Result<PageStep, CallError> {
        let context = settings.context(exchanges, now);
        let step = self.keep().await?.open_step(request.clone(), context).await?;
        check::open(&step, exchanges.len(), settings)?;
        Ok(step)
    }

    /// Asks what a page is told of an event in its conversation.
    pub async fn show(
        &self,
        event: Event,
        settings: &Settings,
        now: u64,
    ) -> Result<Option<String>, CallError> {
        let told = self.keep().await?.show_step(event, settings.context(&[], now)).await?;
        check::show(told.as_deref(), settings)?;
        Ok(told)
    }

    /// One round of `inbound.receive`, unchecked.
    pub async fn receive_step(&self, request: Request, context: Context) -> Result<ReceiveStep, CallError> {
        self.keep().await?.receive_step(request, context).await
    }

    /// One round of `outbound.send`, unchecked.
    pub async fn send_step(&self, message: Outgoing, context: Context) -> Result<SendStep, CallError> {
        self.keep().await?.send_step(message, context).await
    }

    /// One round of `media.locate`, unchecked.
    pub async fn locate_step(
        &self,
        attachment: Media,
        account: &str,
        context: Context,
    ) -> Result<MediaStep, CallError> {
        self.keep().await?.locate_step(attachment, account, context).await
    }

    /// One round of `profiles.look-up`, unchecked.
    pub async fn look_up_step(
        &self,
        contact: Contact,
        account: &str,
        thread: Option<Thread>,
        context: Context,
    ) -> Result<ProfileStep, CallError> {
        self.keep().await?.look_up_step(contact, account, thread, context).await
    }

    /// The provider's own signed webhook for an event. None where the provider has none for it.
    pub async fn simulate(
        &self,
        event: Event,
        url: &str,
        settings: &Settings,
        now: u64,
    ) -> Result<Option<Request>, CallError> {
        self.keep().await?.simulate(event, url, settings, now).await
    }
}

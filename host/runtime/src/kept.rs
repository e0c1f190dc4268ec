//! One instance for several calls, as the edge has it.

use trunkline_model::convert::Convert as _;
use trunkline_model::{
    Contact, Context, Event, Media, MediaStep, Outgoing, PageStep, ProfileStep, ReceiveStep, Request,
    SendStep, Thread,
};
use trunkline_policy::{CallError, Settings};
use wasmtime::Store;
use wasmtime::component::Instance;

use crate::call::{Sandbox, State};
use crate::connector::Connector;
use crate::lowered;

/// An instance of a connector that lives on from call to call, with all that the connector left in its memory.
///
/// The host makes an instance for each call. Where a connector is deployed at the edge, its instance may serve
/// many requests: tests and benches have the same here. Time and what may be copied out are limited anew for each
/// call; memory that a call has taken stays taken, and counts to the limit.
///
/// An instance is called no more after a call that trapped, met a limit or was dropped before its end: what such
/// a call leaves behind is unknown. Each call after it is [`CallError::Instance`].
///
/// It holds one of the engine's slots for as long as it lives: see
/// [`EngineOptions::calls_max`](crate::EngineOptions::calls_max).
pub struct Kept<'a> {
    connector: &'a Connector,
    /// None after a call that did not end well.
    sandbox: Option<Sandbox<'a>>,
}

impl Connector {
    /// Makes an instance for any number of calls. The first one's limits include making it.
    pub async fn keep(&self) -> Result<Kept<'_>, CallError> {
        let inner = &*self.inner;
        let sandbox =
            Sandbox::make(&inner.engine, &inner.component, self.bounds, &self.counters, inner.wasi).await?;
        Ok(Kept { connector: self, sandbox: Some(sandbox) })
    }
}

impl Kept<'_> {
    /// How many calls an instance serves where runtimes of WASI 0.3 are left to their defaults, before another one
    /// takes its place: what is worth testing and measuring. Nothing here ends after as many.
    pub const CALLS_MAX: usize = 128;

    /// Runs one exported function, within the limits of the manifest.
    async fn call<T>(
        &mut self,
        function: impl AsyncFnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        // Put back only at a good end, so that neither an error nor a dropped future leaves it for another call.
        let Some(mut sandbox) = self.sandbox.take() else {
            return Err(CallError::Instance("a call before failed in it".to_owned()));
        };
        let value = sandbox.call(function).await?;
        self.sandbox = Some(sandbox);
        Ok(value)
    }

    /// One round of `inbound.receive`, unchecked.
    pub async fn receive_step(
        &mut self,
        request: Request,
        context: Context,
    ) -> Result<ReceiveStep, CallError> {
        self.receive(&request, &context).await
    }

    /// Like [`Kept::receive_step`], of a request that is only lent.
    pub(crate) async fn receive(
        &mut self,
        request: &Request,
        context: &Context,
    ) -> Result<ReceiveStep, CallError> {
        let index = &self.connector.inner.receive;
        let arguments = (request.into(), context.into());
        let step = self.call(async |store, instance| {
            let function = lowered::receive(store, instance, index)?;
            let (step,) = function.call_async(store, arguments).await?;
            Ok(step)
        });
        Ok(step.await?.convert())
    }

    /// One round of `outbound.send`, unchecked.
    pub async fn send_step(&mut self, message: Outgoing, context: Context) -> Result<SendStep, CallError> {
        let indices = self.connector.inner.outbound.as_ref().ok_or(CallError::NoAbility("outbound"))?;
        let (message, context) = (message.convert(), context.convert());
        let step = self.call(async |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            guest.call_send(store, &message, &context).await
        });
        Ok(step.await?.convert())
    }

    /// One round of `media.locate`, unchecked.
    pub async fn locate_step(
        &mut self,
        attachment: Media,
        account: &str,
        context: Context,
    ) -> Result<MediaStep, CallError> {
        let indices = self.connector.inner.media.as_ref().ok_or(CallError::NoAbility("media"))?;
        let (attachment, context) = (attachment.convert(), context.convert());
        let step = self.call(async |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            guest.call_locate(store, &attachment, account, &context).await
        });
        Ok(step.await?.convert())
    }

    /// One round of `profiles.look-up`, unchecked.
    pub async fn look_up_step(
        &mut self,
        contact: Contact,
        account: &str,
        thread: Option<Thread>,
        context: Context,
    ) -> Result<ProfileStep, CallError> {
        let indices = self.connector.inner.profiles.as_ref().ok_or(CallError::NoAbility("profiles"))?;
        let (contact, context) = (contact.convert(), context.convert());
        let thread = thread.map(|thread| thread.convert());
        let step = self.call(async |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            guest.call_look_up(store, &contact, account, thread.as_ref(), &context).await
        });
        Ok(step.await?.convert())
    }

    /// One round of `page.open`, unchecked.
    pub async fn open_step(&mut self, request: Request, context: Context) -> Result<PageStep, CallError> {
        let indices = self.connector.inner.page.as_ref().ok_or(CallError::NoAbility("page"))?;
        let (request, context) = (request.convert(), context.convert());
        let step = self.call(async |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            guest.call_open(store, &request, &context).await
        });
        Ok(step.await?.convert())
    }

    /// What `page.show` tells a page of an event, unchecked.
    pub async fn show_step(&mut self, event: Event, context: Context) -> Result<Option<String>, CallError> {
        let indices = self.connector.inner.page.as_ref().ok_or(CallError::NoAbility("page"))?;
        let (event, context) = (event.convert(), context.convert());
        let told = self.call(async |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            guest.call_show(store, &event, &context).await
        });
        told.await
    }

    /// The provider's own signed webhook for an event. None where the provider has none for it.
    pub async fn simulate(
        &mut self,
        event: Event,
        url: &str,
        settings: &Settings,
        now: u64,
    ) -> Result<Option<Request>, CallError> {
        let indices = self.connector.inner.simulator.as_ref().ok_or(CallError::NoAbility("simulator"))?;
        let (event, context) = (event.convert(), settings.context(&[], now).convert());
        let request = self.call(async |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            guest.call_simulate(store, &event, url, &context).await
        });
        Ok(request.await?.convert())
    }
}

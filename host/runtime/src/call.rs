//! One call: a fresh instance, within limits, and what it answered.

use trunkline_model::convert::Convert as _;
use trunkline_model::manifest::Limits;
use trunkline_model::{Answer, Context, Event, ReceiveStep, Refusal, Request};
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};

use crate::bindings::abilities;
use crate::connector::Connector;
use crate::engine::{Engine, TICK_MS};
use crate::error::CallError;
use crate::leak;
use crate::settings::Settings;

/// The most events of one webhook. A provider's largest batch is 1,000 items.
const EVENTS_MAX: usize = 10_000;
/// The longest event id, in bytes.
const EVENT_ID_BYTES_MAX: usize = 512;

/// What a genuine webhook is answered with, or why it is refused.
pub type Received = Result<Answer, Refusal>;

/// What a store carries: the limits of this call.
pub struct State {
    memory_bytes_max: usize,
    memory_refused: bool,
    ticks_left: u64,
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= self.memory_bytes_max;
        self.memory_refused |= !allowed;
        Ok(allowed)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 20_000)
    }
}

impl Connector {
    /// Has a webhook verified and read, in an instance of its own.
    ///
    /// `now` is milliseconds since the Unix epoch. The error says what the connector did wrong: answer 503, so
    /// that the provider sends it again.
    pub async fn receive(
        &self,
        request: Request,
        settings: &Settings,
        now: u64,
    ) -> Result<Received, CallError> {
        let context = Context { settings: settings.visible.clone(), now, exchanges: Vec::new() };
        match self.receive_step(request, context).await? {
            ReceiveStep::Answer(mut answer) => {
                check_answer(&answer)?;
                leak::check(&mut answer, settings)?;
                Ok(Ok(answer))
            }
            ReceiveStep::Refuse(refusal) => {
                if !(400..=599).contains(&refusal.status) {
                    return Err(CallError::Contract(format!("refusal with status {}", refusal.status)));
                }
                leak::check_text(refusal.detail.as_bytes(), settings)?;
                Ok(Err(refusal))
            }
            ReceiveStep::Call(call) => {
                let url = call.request.url.split(['?', '#']).next().unwrap_or_default().to_owned();
                Err(CallError::CallNotMade { url })
            }
        }
    }

    /// One round of `inbound.receive`, without the checks on what leaves the host: for tests of connectors.
    pub async fn receive_step(&self, request: Request, context: Context) -> Result<ReceiveStep, CallError> {
        let inner = &*self.inner;
        let mut call = Call::begin(&inner.engine, &inner.component, &inner.manifest.limits).await?;
        let result = async {
            let guest = inner.inbound.load(&mut call.store, &call.instance)?;
            guest.call_receive(&mut call.store, &request.convert(), &context.convert()).await
        };
        let result = result.await;
        call.end(result).map(|step: abilities::inbound::ReceiveStep| step.convert())
    }

    /// The provider's own signed webhook for an event. None where the provider has none for it.
    pub async fn simulate(
        &self,
        event: Event,
        url: &str,
        settings: &Settings,
        now: u64,
    ) -> Result<Option<Request>, CallError> {
        let inner = &*self.inner;
        let indices = inner.simulator.as_ref().ok_or(CallError::NoAbility("simulator"))?;
        let context = Context { settings: settings.visible.clone(), now, exchanges: Vec::new() };
        let mut call = Call::begin(&inner.engine, &inner.component, &inner.manifest.limits).await?;
        let result = async {
            let guest = indices.load(&mut call.store, &call.instance)?;
            guest.call_simulate(&mut call.store, &event.convert(), url, &context.convert()).await
        };
        let result = result.await;
        call.end(result).map(|request| request.convert())
    }

    /// Makes an instance and drops it: what isolation alone costs, for the bench.
    pub async fn instantiate(&self) -> Result<(), CallError> {
        let inner = &*self.inner;
        Call::begin(&inner.engine, &inner.component, &inner.manifest.limits).await.map(drop)
    }
}

/// Asks a component for its manifest.
pub async fn manifest(
    engine: &Engine,
    component: &InstancePre<State>,
    about: &abilities::about::GuestIndices,
) -> Result<String, CallError> {
    let mut call = Call::begin(engine, component, &Limits::default()).await?;
    let result = async {
        let guest = about.load(&mut call.store, &call.instance)?;
        guest.call_manifest(&mut call.store).await
    };
    let result = result.await;
    call.end(result)
}

/// An instance while it is used once.
struct Call<'a> {
    store: Store<State>,
    instance: Instance,
    limits: Limits,
    _slot: tokio::sync::SemaphorePermit<'a>,
}

impl<'a> Call<'a> {
    async fn begin(
        engine: &'a Engine,
        component: &InstancePre<State>,
        limits: &Limits,
    ) -> Result<Self, CallError> {
        let slot = engine.slots.acquire().await.map_err(|error| CallError::Instance(error.to_string()))?;
        let state = State {
            memory_bytes_max: limits.memory_bytes_max as usize,
            memory_refused: false,
            ticks_left: limits.time_ms_max.div_ceil(TICK_MS),
        };
        let mut store = Store::new(&engine.wasm, state);
        store.limiter(|state| state);
        store.set_hostcall_fuel(answer_bytes_max(limits) as usize);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut store| {
            let state = store.data_mut();
            state.ticks_left = state.ticks_left.saturating_sub(1);
            // Giving way at every tick is what keeps a busy guest from starving other tasks.
            Ok(if state.ticks_left == 0 { UpdateDeadline::Interrupt } else { UpdateDeadline::Yield(1) })
        });
        let instance = component
            .instantiate_async(&mut store)
            .await
            .map_err(|error| explain(&error, limits, store.data()))?;
        Ok(Self { store, instance, limits: limits.clone(), _slot: slot })
    }

    fn end<T>(self, result: wasmtime::Result<T>) -> Result<T, CallError> {
        result.map_err(|error| explain(&error, &self.limits, self.store.data()))
    }
}

/// What may be copied out of the guest, however often it points at the same memory: events are about as large as
/// the webhook that they came in; twice that leaves room for raw items, and the rest for what is always there.
fn answer_bytes_max(limits: &Limits) -> u64 {
    2 * limits.body_bytes_max + (4 << 20)
}

fn explain(error: &wasmtime::Error, limits: &Limits, state: &State) -> CallError {
    if state.ticks_left == 0 {
        return CallError::Time { limit_ms: limits.time_ms_max };
    }
    // A guest that is refused memory aborts: the cause is the memory, not the trap.
    if state.memory_refused {
        return CallError::Memory { limit_bytes: limits.memory_bytes_max };
    }
    match error.downcast_ref::<Trap>() {
        Some(trap) => CallError::Trap(trap.to_string()),
        None => {
            let text = format!("{error:#}");
            if text.contains("fuel") {
                return CallError::AnswerSize { limit_bytes: answer_bytes_max(limits) };
            }
            CallError::Trap(text)
        }
    }
}

fn check_answer(answer: &Answer) -> Result<(), CallError> {
    let status = answer.response.status;
    if !(200..=299).contains(&status) {
        return Err(CallError::Contract(format!("answer with status {status}, which is a refusal's")));
    }
    if answer.events.len() > EVENTS_MAX {
        return Err(CallError::Contract(format!("{} events, at most {EVENTS_MAX}", answer.events.len())));
    }
    for event in &answer.events {
        if event.id.is_empty() || event.id.len() > EVENT_ID_BYTES_MAX {
            return Err(CallError::Contract(format!("event id of {} bytes", event.id.len())));
        }
    }
    Ok(())
}

//! An instance and the calls of its functions, each within limits.

use trunkline_model::manifest::Limits;
use trunkline_policy::CallError;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};

use crate::bindings::abilities;
use crate::engine::{Engine, MEMORY_BYTES_MAX, TICK_MS};

/// What a store carries: the limits of this call.
pub struct State {
    memory_bytes_max: usize,
    memory_refused: bool,
    ticks_left: u64,
}

impl State {
    fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes_max: limits.memory_bytes_max as usize,
            memory_refused: false,
            ticks_left: limits.time_ms_max.div_ceil(TICK_MS),
        }
    }
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

/// Asks a component for its manifest.
pub async fn manifest(
    engine: &Engine,
    component: &InstancePre<State>,
    about: &abilities::about::GuestIndices,
) -> Result<String, CallError> {
    // What it asks for is not known yet.
    let limits = Limits { memory_bytes_max: MEMORY_BYTES_MAX as u64, time_ms_max: 1_000, ..Limits::default() };
    let mut sandbox = Sandbox::make(engine, component, &limits).await?;
    let manifest = sandbox.call(async |store, instance| {
        let guest = about.load(&mut *store, instance)?;
        guest.call_manifest(store).await
    });
    manifest.await
}

/// An instance, and the limits of each call. Holds a slot of the engine for as long as it lives.
pub struct Sandbox<'a> {
    store: Store<State>,
    instance: Instance,
    limits: &'a Limits,
    called: bool,
    _slot: tokio::sync::SemaphorePermit<'a>,
}

impl<'a> Sandbox<'a> {
    /// Waits for a slot and makes an instance in it. That counts to the first call: a component computes here, too.
    pub async fn make(
        engine: &'a Engine,
        component: &InstancePre<State>,
        limits: &'a Limits,
    ) -> Result<Self, CallError> {
        let slot = engine.slots.acquire().await.map_err(|error| CallError::Instance(error.to_string()))?;
        let mut store = Store::new(&engine.wasm, State::new(limits));
        store.limiter(|state| state);
        // For what one call copies: the engine counts from here at each.
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
        Ok(Self { store, instance, limits, called: false, _slot: slot })
    }

    /// Calls a function, within the limits of a call. After an error there must be no other one.
    pub async fn call<T>(
        &mut self,
        function: impl AsyncFnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        if self.called {
            *self.store.data_mut() = State::new(self.limits);
            // The clock went on while nothing was called.
            self.store.set_epoch_deadline(1);
        }
        self.called = true;
        let result = function(&mut self.store, &self.instance).await;
        result.map_err(|error| explain(&error, self.limits, self.store.data()))
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

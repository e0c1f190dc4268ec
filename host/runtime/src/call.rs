//! An instance and the calls of its functions, each within bounds.

use std::time::{Duration, Instant};

use trunkline_model::manifest::Limits;
use trunkline_policy::CallError;
use wasmtime::component::{ComponentExportIndex, Instance, InstancePre};
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};

use crate::bindings::abilities;
use crate::bounds::Bounds;
use crate::denied::Denied;
use crate::engine::{Engine, MEMORY_BYTES_MAX, TICK_MS};
use crate::lowered;
use crate::usage::Counters;

/// Milliseconds of computing for the first question, the one for the manifest.
const MANIFEST_TIME_MS_MAX: u64 = 1_000;

/// A guest that waits computes nothing, so that no tick ends it: after its time and this, it is given up. Honest guests give
/// way to others for a while on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a store carries: the bounds of this call, and what it has used of them.
pub struct State {
    memory_bytes_max: usize,
    /// Of all memories of the instance together.
    memory_bytes: usize,
    memory_refused: bool,
    ticks_left: u64,
    output_shown: bool,
    /// Only where the guest has asked for WASI.
    pub(crate) wasi: Option<Box<Denied>>,
}

impl State {
    fn new(bounds: &Bounds, output_shown: bool) -> Self {
        Self {
            memory_bytes_max: bounds.memory_bytes_max as usize,
            memory_bytes: 0,
            memory_refused: false,
            ticks_left: ticks(bounds),
            output_shown,
            wasi: None,
        }
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let together = self.memory_bytes.saturating_sub(current).saturating_add(desired);
        let allowed = together <= self.memory_bytes_max;
        if allowed {
            self.memory_bytes = together;
        }
        self.memory_refused |= !allowed;
        Ok(allowed)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 20_000)
    }
}

fn ticks(bounds: &Bounds) -> u64 {
    bounds.time_ms_max.div_ceil(TICK_MS)
}

/// The bounds while those of the manifest are not known.
fn at_first() -> Bounds {
    Bounds::declared(&Limits {
        memory_bytes_max: MEMORY_BYTES_MAX as u64,
        time_ms_max: MANIFEST_TIME_MS_MAX,
        ..Limits::default()
    })
}

/// Asks a component for its manifest, which says what its bounds are, and whether its `inbound.receive` has the types of the
/// contract: `lowered::receive` relies on that.
pub async fn asked(
    engine: &Engine,
    component: &InstancePre<State>,
    (about, receive): (&abilities::about::GuestIndices, &ComponentExportIndex),
    wasi: bool,
) -> Result<(wasmtime::Result<()>, String), CallError> {
    let counters = Counters::default();
    let mut sandbox = Sandbox::make(engine, component, at_first(), &counters, wasi).await?;
    let answered = sandbox.call(async |store, instance| {
        let typed = instance
            .get_typed_func::<lowered::Arguments<'_>, lowered::Answer>(&mut *store, receive)
            .map(drop);
        let guest = about.load(&mut *store, instance)?;
        Ok((typed, guest.call_manifest(store).await?))
    });
    answered.await
}

/// An instance, and the bounds of each call. Holds a slot of the engine for as long as it lives.
pub struct Sandbox<'a> {
    store: Store<State>,
    instance: Instance,
    bounds: Bounds,
    counters: &'a Counters,
    /// When the instance was asked for. None once a call has taken that time for its own.
    made: Option<Instant>,
    /// Whether it can wait for anything: only WASI has something to wait for.
    waits: bool,
    _slot: tokio::sync::SemaphorePermit<'a>,
}

impl<'a> Sandbox<'a> {
    /// Waits for a slot and makes an instance in it. That counts to the first call: a component computes here, too.
    pub async fn make(
        engine: &'a Engine,
        component: &InstancePre<State>,
        bounds: Bounds,
        counters: &'a Counters,
        wasi: bool,
    ) -> Result<Self, CallError> {
        let slot = engine.slots.acquire().await.map_err(|error| CallError::Instance(error.to_string()))?;
        let begun = Instant::now();
        let mut store = Store::new(&engine.wasm, State::new(&bounds, engine.output_shown));
        store.limiter(|state| state);
        // For what one call copies: the engine counts from here at each.
        store.set_hostcall_fuel(bounds.answer_bytes_max as usize);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut store| {
            let state = store.data_mut();
            state.ticks_left = state.ticks_left.saturating_sub(1);
            // Giving way at every tick is what keeps a busy guest from starving other tasks.
            Ok(if state.ticks_left == 0 { UpdateDeadline::Interrupt } else { UpdateDeadline::Yield(1) })
        });
        let instance = match component.instantiate_async(&mut store).await {
            Ok(instance) => instance,
            Err(error) => {
                let error = explain(&error, &bounds, store.data());
                counters.count(begun.elapsed(), store.data().memory_bytes as u64, Some(&error));
                return Err(error);
            }
        };
        Ok(Self { store, instance, bounds, counters, made: Some(begun), waits: wasi, _slot: slot })
    }

    /// Calls a function, within the bounds of a call. After an error there must be no other one.
    pub async fn call<T>(
        &mut self,
        function: impl AsyncFnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        let begun = self.made.take().unwrap_or_else(|| {
            let state = self.store.data_mut();
            state.ticks_left = ticks(&self.bounds);
            // The clock went on while nothing was called.
            self.store.set_epoch_deadline(1);
            Instant::now()
        });
        let call = function(&mut self.store, &self.instance);
        let ended = match self.waits {
            false => Some(call.await),
            true => {
                let patience = Duration::from_millis(self.bounds.time_ms_max) + PATIENCE;
                tokio::time::timeout(patience, call).await.ok()
            }
        };
        let result = match ended {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(explain(&error, &self.bounds, self.store.data())),
            None => Err(CallError::Time { limit_ms: self.bounds.time_ms_max }),
        };
        let memory_bytes = self.store.data().memory_bytes as u64;
        self.counters.count(begun.elapsed(), memory_bytes, result.as_ref().err());
        result
    }
}

fn explain(error: &wasmtime::Error, bounds: &Bounds, state: &State) -> CallError {
    if state.ticks_left == 0 {
        return CallError::Time { limit_ms: bounds.time_ms_max };
    }
    // A guest that is refused memory aborts: the cause is the memory, not the trap.
    if state.memory_refused {
        return CallError::Memory { limit_bytes: bounds.memory_bytes_max };
    }
    let trap = match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => {
            let text = format!("{error:#}");
            if text.contains("fuel") {
                return CallError::AnswerSize { limit_bytes: bounds.answer_bytes_max };
            }
            text
        }
    };
    let output = state.wasi.as_ref().filter(|_| state.output_shown).and_then(|wasi| wasi.said());
    CallError::Trap(output.map_or_else(|| trap.clone(), |output| format!("{trap}\n{output}")))
}

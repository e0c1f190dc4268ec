//! The engine: one for the process, with a pool of instance slots and a clock that interrupts.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::compiled::Compiled;
use crate::error::LoadError;

/// How often the clock ticks. A guest that computes gives way to other tasks at every tick, and its time
/// limit is counted in ticks. Short, since every step of an honest webhook may wait for a tick of each busy guest.
pub const TICK_MS: u64 = 4;

/// The most memory that any manifest may ask for: the size of a slot's memory.
pub const MEMORY_BYTES_MAX: usize = 64 << 20;

/// Bytes of a slot's memory that are zeroed by hand after a call instead of given back to the kernel. A page
/// that stays resident costs no fault on the next call; a spike found 16 us instead of 40 to 50 us per call.
const KEEP_RESIDENT_BYTES: usize = 1 << 20;

/// Stack of a guest. Deep recursion in a parser ends in a trap of that call alone.
const STACK_BYTES: usize = 512 << 10;

/// Modules that one component may consist of, as instances.
const CORE_INSTANCES_MAX: u32 = 64;

/// How the engine is set up.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Calls that may run at once; others wait. Each may hold up to 64 MiB while it runs.
    pub calls_max: u32,
    /// Where compiled components are kept, so that a second start compiles nothing. None: nowhere.
    pub cache: Option<PathBuf>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { calls_max: 64, cache: None }
    }
}

/// The wasm engine. Cheap to clone; the clock stops with the last clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) slots: Arc<Semaphore>,
    /// None: components are compiled at each start.
    pub(crate) compiled: Option<Arc<Compiled>>,
    pub(crate) output_shown: bool,
    _clock: Arc<Clock>,
}

impl Engine {
    /// Sets up the pool and starts the clock.
    pub fn new(options: &EngineOptions) -> Result<Self, LoadError> {
        let mut config = Config::new();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(options.calls_max)));
        config.epoch_interruption(true);
        config.max_wasm_stack(STACK_BYTES);
        config.async_stack_size(2 * STACK_BYTES);
        config.memory_init_cow(true);
        config.wasm_backtrace_max_frames(None);
        // No function of the contract is `async`: a call needs no task that could wait beside others.
        config.concurrency_support(false);
        let wasm = wasmtime::Engine::new(&config).map_err(LoadError::Engine)?;
        let clock = Arc::new(Clock::start(&wasm));
        let slots = Arc::new(Semaphore::new(options.calls_max as usize));
        let compiled = options.cache.as_ref().map(|folder| Arc::new(Compiled::new(folder, &wasm)));
        Ok(Self { wasm, slots, compiled, output_shown: false, _clock: clock })
    }

    /// Has the error of a trap show what the guest wrote to its standard error: for authors. Not for a host that
    /// serves: it may be what people wrote.
    #[must_use]
    pub fn showing_output(mut self) -> Self {
        self.output_shown = true;
        self
    }
}

fn pool(calls_max: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls_max)
        // A component from another language consists of several modules: one with CPython inside of almost 40. Their
        // number only counts, it reserves nothing.
        .total_core_instances(calls_max * CORE_INSTANCES_MAX)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        // One with QuickJS has three memories, of which two are empty. What is not used costs nothing but addresses.
        .total_memories(calls_max * 4)
        .max_memories_per_component(8)
        .total_tables(calls_max * 8)
        .max_tables_per_component(32)
        .total_stacks(calls_max)
        .max_memory_size(MEMORY_BYTES_MAX)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// A thread that moves the engine's epoch on, until it is dropped.
struct Clock {
    stop: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Clock {
    fn start(wasm: &wasmtime::Engine) -> Self {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let engine = wasm.weak();
        let thread = std::thread::Builder::new()
            .name("wasm-clock".to_owned())
            .spawn(move || {
                let tick = Duration::from_millis(TICK_MS);
                while stopped.recv_timeout(tick) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    match engine.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => break,
                    }
                }
            })
            .expect("the process can start a thread");
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

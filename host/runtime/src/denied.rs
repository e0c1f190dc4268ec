//! A WASI 0.2 that denies everything: for components of languages that cannot do without its imports.
//!
//! No environment, no arguments, no files, no network. The clocks stand still and the random numbers are the same in
//! every instance, so that the same arguments give the same answer: the time is `context.now`. What is written to
//! standard output and error goes nowhere; its end is kept for the error of a call that traps.

use std::time::Duration;

use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxView, WasiView};

use crate::call::State;

/// The packages of WASI that are given, and denied.
pub const PACKAGES: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// What a guest may write before its output counts as closed.
const OUTPUT_BYTES_MAX: usize = 64 << 10;
/// As much of its end is shown: a stack trace's last lines say what went wrong.
const SHOWN_BYTES_MAX: usize = 2 << 10;
/// Random bytes of one call of `wasi:random`.
const RANDOM_BYTES_MAX: u64 = 1 << 16;

/// What one instance sees of WASI. Made when a guest first asks.
pub struct Denied {
    context: WasiCtx,
    resources: ResourceTable,
    output: MemoryOutputPipe,
}

impl Denied {
    fn new() -> Self {
        let output = MemoryOutputPipe::new(OUTPUT_BYTES_MAX);
        let seed = || Deterministic::new((0..=u8::MAX).collect());
        let context = WasiCtx::builder()
            .stdout(output.clone())
            .stderr(output.clone())
            .wall_clock(Stopped)
            .monotonic_clock(Stopped)
            .secure_random(seed())
            .insecure_random(seed())
            .insecure_random_seed(0)
            .max_random_size(RANDOM_BYTES_MAX)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self { context, resources: ResourceTable::new(), output }
    }

    /// The end of what the guest wrote, where it wrote something.
    pub fn said(&self) -> Option<String> {
        let bytes = self.output.contents();
        let text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(SHOWN_BYTES_MAX)..]);
        let text = text.trim_end();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let denied = self.wasi.get_or_insert_with(|| Box::new(Denied::new()));
        WasiCtxView { ctx: &mut denied.context, table: &mut denied.resources }
    }
}

/// Gives a component what it may import.
pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)
}

/// A clock that shows the Unix epoch for ever.
struct Stopped;

impl HostWallClock for Stopped {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }
    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

impl HostMonotonicClock for Stopped {
    fn resolution(&self) -> u64 {
        1
    }
    fn now(&self) -> u64 {
        0
    }
}

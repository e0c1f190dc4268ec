//! Calls for a while, by two clocks.

use std::time::{Duration, Instant};

use trunkline_bench::cpu;

/// Calls before the first clock is read: caches and branches are as they are later.
const WARM_UP: usize = 3;

/// Of one call, on average.
pub struct Cost {
    /// Microseconds of wall time.
    pub wall_us: f64,
    /// Microseconds that this thread computed.
    pub cpu_us: f64,
}

/// As many calls as fit into the time, at least one.
pub async fn cost(time: Duration, mut call: impl AsyncFnMut()) -> Cost {
    for _ in 0..WARM_UP {
        call().await;
    }
    let (begun, computed) = (Instant::now(), cpu::of_thread());
    let mut calls = 0_u32;
    loop {
        call().await;
        calls += 1;
        if begun.elapsed() >= time {
            break;
        }
    }
    let of_call = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(calls);
    Cost { wall_us: of_call(begun.elapsed()), cpu_us: of_call(cpu::of_thread().saturating_sub(computed)) }
}

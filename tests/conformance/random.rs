//! Random numbers that can be had again.

use std::time::{SystemTime, UNIX_EPOCH};

/// A seed from the environment, so that a failure can be repeated, or a new one.
pub fn random() -> fastrand::Rng {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(now);
    println!("SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

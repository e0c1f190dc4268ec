//! A timer that is finer than tokio's own, which are as coarse as a millisecond.

#[cfg(target_os = "linux")]
mod kernel;
#[cfg(not(target_os = "linux"))]
mod sleeping;

#[cfg(target_os = "linux")]
pub use kernel::Timer;
#[cfg(not(target_os = "linux"))]
pub use sleeping::Timer;

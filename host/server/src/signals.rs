//! What the operating system asks of the process: to end in order, to end at once, and not to end for a file.

/// SIGTERM and Ctrl-C.
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on, neither ends the process by itself.
    #[cfg(unix)]
    pub fn take_over() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// From now on, it does not end the process by itself.
    #[cfg(not(unix))]
    pub fn take_over() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Returns at the next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// A file that reaches the limit of its size (`ulimit -f`) is an error of that write, as a full disk is. By default the
/// signal that comes with it ends the process.
pub fn survive_large_files() {
    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
    {
        /// SIGXFSZ on these systems.
        const FILE_SIZE: i32 = 25;
        // The handler stays for the life of the process, whether or not anybody listens.
        let _ = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(FILE_SIZE));
    }
}

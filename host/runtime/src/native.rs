//! Connectors that are compiled into the program, in place of their components.
//!
//! What a sandbox costs is the difference between a program with them and the host as it is shipped, which has none: only
//! benches construct a [`Native`]. Everything around the call stays as it is: manifest, settings, checks of answers, counters.

use std::collections::BTreeMap;
use std::time::Instant;

use trunkline_model::{Context, Outgoing, ReceiveStep, Request, SendStep};

use crate::connector::Connector;
use crate::registry::Registry;

/// Functions of one connector in this program. What is none goes to the component.
///
/// No limit holds for them: not of time, not of memory, and nothing is between them and the process.
#[derive(Clone, Copy)]
pub struct Native {
    /// `inbound.receive`
    pub receive: fn(&Request, &Context) -> ReceiveStep,
    /// `outbound.send`
    pub send: Option<fn(&Outgoing, &Context) -> SendStep>,
}

/// By the connector's id.
pub type Natives = BTreeMap<String, Native>;

impl Connector {
    /// Answers by functions of this program from now on.
    #[must_use]
    pub fn natively(mut self, native: Native) -> Self {
        self.native = Some(native);
        self
    }

    /// Calls a function of this program, and counts the call as if an instance had answered.
    pub(crate) fn natively_asked<T>(&self, call: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let answer = call();
        self.counters.count(begun.elapsed(), 0, None);
        answer
    }
}

impl Registry {
    /// The same, where those that are named answer by functions of this program.
    #[must_use]
    pub fn natively(mut self, natives: &Natives) -> Self {
        for (id, connector) in &mut self.connectors {
            if let Some(native) = natives.get(id) {
                *connector = connector.clone().natively(*native);
            }
        }
        self
    }
}

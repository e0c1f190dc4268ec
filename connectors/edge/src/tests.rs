//! The adapter in a world made of values: which answer a provider gets, and what the host is told.

mod outbox;
mod webhooks;
mod world;

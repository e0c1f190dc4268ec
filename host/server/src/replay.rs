//! Kept webhooks through a connector once more: what it would read today, held against what was read when they came.
//!
//! [`compare`] says what differs in one webhook, [`run`] goes through all of them and writes where it is told to,
//! [`line`] is what is said of that, [`report`] shows it to people. [`manifest`] holds two connectors against each other by
//! what they say about themselves.

pub mod compare;
pub mod line;
pub mod manifest;
pub mod report;
pub mod run;

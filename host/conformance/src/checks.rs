//! What each check does: a module a group.

pub mod batch;
pub mod calls;
pub mod cases;
pub mod component;
pub mod garbage;
pub mod limits;
pub mod manifest;
pub mod pages;
pub mod reuse;
pub mod secrets;
pub mod signatures;
pub mod simulator;

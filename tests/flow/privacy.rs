//! What is kept of people: removed, handed out, and never told to logs, metrics or errors.

mod erase;
mod leaks;
mod retention;

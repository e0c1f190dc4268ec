//! Numbers as their users see them: facts in, reports out.

mod facts;
mod load;
mod measures;
mod properties;
mod retention;
mod service;

//! Makes new connectors and builds them, whatever language they are written in.
//!
//! A connector's folder holds `connector.toml`, and a file by which its language is known. In a checkout of the repository it
//! stands in `connectors/` and uses the SDKs beside it; anywhere else it has a copy of what it needs in `trunkline/`.

pub mod build;
pub mod component;
mod error;
mod folder;
mod fresh;
pub mod javascript;
mod language;
mod names;
mod new;
mod pack;
pub mod python;
pub mod rust;
mod tool;

#[cfg(test)]
#[path = "../pack/inherit.rs"]
mod inherit;
#[cfg(test)]
#[path = "../pack/lock.rs"]
mod lock;

pub use build::{Built, build};
pub use error::AuthorError;
pub use folder::{COPY, Folder, checkout};
pub use language::Language;
pub use new::{Made, New, new};
pub use tool::{Progress, Silent};

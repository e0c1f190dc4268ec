//! Who is who: contacts, what they are known by on every channel, and what makes two of them one.
//!
//! [`Contacts`] is state that is made of numbered entries: what was heard ([`Contacts::heard`]), what a channel says of
//! somebody ([`Contacts::identity_changed`]), what somebody asked for ([`Contacts::merge`] and the rest). The same entries
//! make the same state. Nothing here looks at a clock, draws lots or opens a socket: numbers and times are handed in, times
//! in milliseconds since the Unix epoch.
//!
//! A contact stays as it was first met. A merge is an edge between two contacts and rewrites neither, so undoing it gives
//! back exactly both; what a merged contact shows is made of its parts when somebody looks ([`Contacts::get`]).
//!
//! ```
//! use trunkline_contacts::{Contacts, Heard, LinkRule, LinkRules, LinkScheme};
//! use trunkline_model::{Contact, Identifier, IdentifierScheme};
//!
//! let connections = ["shop-chat", "shop-sms"].map(str::to_owned).into();
//! let link = vec![LinkRule { scheme: LinkScheme::Phone, connections }];
//! let rules = LinkRules { link, ..LinkRules::default() };
//! let mut contacts = Contacts::default();
//!
//! let mut jane = Contact::new(IdentifierScheme::Id, "8421");
//! jane.identifiers.push(Identifier::new(IdentifierScheme::Phone, "+491711234567"));
//! let heard = Heard { connection: "shop-chat", conversation: "shop-chat/shop/8421", contact: &jane };
//! let first = contacts.heard(1, 0, &heard, &rules)?;
//! assert!(first.created);
//!
//! let jane = Contact::new(IdentifierScheme::Phone, "+491711234567");
//! let heard = Heard { connection: "shop-sms", conversation: "shop-sms/shop/+491711234567", contact: &jane };
//! let second = contacts.heard(2, 60_000, &heard, &rules)?;
//! assert_eq!(second.contact, first.contact);
//!
//! // The number has a new owner, and somebody notices.
//! let parted = contacts.unmerge(3, 120_000, second.linked[0].merge, "kim")?;
//! assert_ne!(parted.from, parted.into);
//! assert_eq!(contacts.heard(4, 180_000, &heard, &rules)?.contact, parted.from);
//! # Ok::<(), trunkline_contacts::ContactsError>(())
//! ```

mod consent;
mod contacts;
mod details;
mod error;
mod groups;
mod heard;
mod identity;
mod ids;
mod index;
mod language;
mod leaf;
mod merge;
mod phone;
mod resolved;
mod rules;
mod scheme;
mod search;
mod text;
mod told;
mod view;
mod zone;

pub use consent::Said;
pub use contacts::Contacts;
pub use details::{ATTRIBUTES_MAX, LABEL_BYTES_MAX, NAME_BYTES_MAX, TAGS_MAX, VALUE_BYTES_MAX};
pub use error::ContactsError;
pub use heard::Heard;
pub use identity::{Given, IDENTITY_BYTES_MAX, Identity, IdentityError, Known};
pub use ids::{ContactId, IdError, MergeId};
pub use language::detect_language;
pub use leaf::IDENTITIES_MAX;
pub use merge::{How, Link, MERGED_MAX, Merge, Parted, Undone};
pub use phone::{Region, RegionError};
pub use resolved::{Conflict, Looked, Reason, Resolved, Verdict, Why};
pub use rules::{LinkRule, LinkRules, LinkScheme, RULES_MAX, RulesError};
pub use scheme::Scheme;
pub use search::FOUND_MAX;
pub use told::{Source, Told};
pub use view::{Consented, Identified, View};

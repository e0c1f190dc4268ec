//! What a connector is written with in Rust.
//!
//! ```
//! use trunkline_sdk::prelude::*;
//!
//! struct Post;
//!
//! impl Connector for Post {
//!     const MANIFEST: &'static str = "..."; // include_str!("../connector.toml")
//! }
//!
//! impl Inbound for Post {
//!     fn receive(request: &Request, context: &Context) -> Received {
//!         let given = signature::base64_digest(request.header("x-post-signature"), 32)?;
//!         signature::verify(Hmac::Sha256, context.setting_values("secret"), &[&request.body], &given)?;
//!         Ok(Answer { response: Response::empty(200), events: vec![] })
//!     }
//! }
//!
//! trunkline_sdk::connector!(Post: inbound);
//! ```
//!
//! A connector is pure: everything it may know is an argument, everything it wants is in its answer. The same
//! code runs natively in its own tests and as a component without imports on the host.

pub mod basic_auth;
#[doc(hidden)]
pub mod bindings;
pub mod calls;
#[cfg(feature = "email")]
pub mod email;
pub mod fields;
pub mod form;
#[cfg(any(test, target_family = "wasm"))]
#[doc(hidden)]
pub mod heap;
mod ids;
pub mod json;
#[cfg(feature = "public-key")]
pub mod jwt;
pub mod keyword;
pub mod meta;
pub mod mms;
#[cfg(feature = "email")]
pub mod multipart;
pub mod outbound;
pub mod phone;
pub mod plain;
#[cfg(feature = "public-key")]
pub mod public_key;
pub mod reference;
pub mod signature;
pub mod sms;
pub mod split;
pub mod texting;
pub mod time;
pub mod twilio;

pub use trunkline_model as model;

/// What nearly every connector needs.
pub mod prelude {
    pub use crate::calls::{Calls, Found, Located, Opened, Opening, Sent, Unfinished};
    pub use crate::signature::{self, Hmac};
    pub use crate::{
        Connector, Inbound, Interrupt, MediaFetcher, Outbound, Page, Profiles, Received, Simulator,
    };
    pub use trunkline_model::*;
}

use calls::{Found, Located, Opened, Opening, Sent, Unfinished};
use trunkline_model::{
    Answer, Call, Contact, Context, Event, Media, MediaStep, Outgoing, PageStep, ProfileStep, ReceiveStep,
    Refusal, RefusalReason, Request, SendStep, Thread,
};

/// What every connector is.
pub trait Connector {
    /// The text of its `connector.toml`.
    const MANIFEST: &'static str;
}

/// Receives a provider's webhooks: `wit/inbound.wit`.
pub trait Inbound: Connector {
    /// Verifies one webhook and says what is in it. Verifies before it parses.
    fn receive(request: &Request, context: &Context) -> Received;
}

/// Makes webhooks as the provider would: `wit/simulator.wit`.
pub trait Simulator: Inbound {
    /// The provider's own signed webhook for an event.
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request>;
}

/// Sends messages: `wit/outbound.wit`.
pub trait Outbound: Connector {
    /// Sends one message, in as many calls as the provider needs. What can be known without a call is refused
    /// before the first one.
    fn send(message: &Outgoing, context: &Context) -> Sent;
}

/// Finds the bytes behind a media reference: `wit/media.wit`.
pub trait MediaFetcher: Inbound {
    /// The call that answers with the bytes. `account` is the event's.
    fn locate(media: &Media, account: &str, context: &Context) -> Located;
}

/// Looks up who a contact is: `wit/profiles.wit`.
pub trait Profiles: Inbound {
    /// The contact with what was found filled in. `account` and `thread` are the event's.
    fn look_up(contact: &Contact, account: &str, thread: Option<&Thread>, context: &Context) -> Found;
}

/// Talks to a page in a browser: `wit/page.wit`.
pub trait Page: Inbound {
    /// Answers a request that brings no events, or says which conversation the page takes part in.
    fn open(request: &Request, context: &Context) -> Opened;
    /// What the page is told of an event in its conversation. None: nothing.
    fn show(event: &Event, context: &Context) -> Option<String>;
}

/// A genuine webhook, or why there is no answer (yet).
pub type Received = Result<Answer, Interrupt>;

/// Why there is no answer (yet): what `?` carries out of [`Inbound::receive`].
#[derive(Debug, Clone, PartialEq)]
pub enum Interrupt {
    /// The host should make this call first.
    Call(Box<Call>),
    /// Not genuine, or not understandable.
    Refuse(Refusal),
}

impl From<Refusal> for Interrupt {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

/// Refuses with 400: genuine perhaps, but not understandable as a whole. `what` is for the operator's log.
pub fn malformed(what: impl std::fmt::Display) -> Interrupt {
    Refusal::new(RefusalReason::Malformed, 400, what.to_string()).into()
}

/// [`malformed`] for a body that is not the JSON expected: says where, and nothing of what stands there.
pub fn malformed_json(error: &serde_json::Error) -> Interrupt {
    malformed(format!("not the JSON expected, at line {} column {}", error.line(), error.column()))
}

/// Refuses with 405 unless the request has one of these methods.
pub fn require_method(request: &Request, methods: &[&str]) -> Result<(), Interrupt> {
    if methods.contains(&request.method.as_str()) {
        return Ok(());
    }
    Err(Refusal::new(RefusalReason::Method, 405, format!("method is `{}`", request.method)).into())
}

/// [`Inbound::receive`] as the contract has it. Both the component and the native tests call this.
pub fn receive<C: Inbound>(request: &Request, context: &Context) -> ReceiveStep {
    match C::receive(request, context) {
        Ok(mut answer) => {
            answer.events.iter_mut().for_each(ids::bound);
            ReceiveStep::Answer(answer)
        }
        Err(Interrupt::Call(call)) => ReceiveStep::Call(*call),
        Err(Interrupt::Refuse(refusal)) => ReceiveStep::Refuse(refusal),
    }
}

/// [`Outbound::send`] as the contract has it.
pub fn send<C: Outbound>(message: &Outgoing, context: &Context) -> SendStep {
    match C::send(message, context) {
        Ok(mut receipts) => {
            receipts.iter_mut().for_each(ids::bound_receipt);
            SendStep::Sent(receipts)
        }
        Err(Unfinished::Call(call)) => SendStep::Call(*call),
        Err(Unfinished::Failed(mut failure)) => {
            failure.receipts.iter_mut().for_each(ids::bound_receipt);
            SendStep::Failed(failure)
        }
    }
}

/// [`MediaFetcher::locate`] as the contract has it.
pub fn locate<C: MediaFetcher>(media: &Media, account: &str, context: &Context) -> MediaStep {
    match C::locate(media, account, context) {
        Ok(call) => MediaStep::Fetch(call),
        Err(Unfinished::Call(call)) => MediaStep::Call(*call),
        Err(Unfinished::Failed(failure)) => MediaStep::Failed(failure),
    }
}

/// [`Profiles::look_up`] as the contract has it.
pub fn look_up<C: Profiles>(
    contact: &Contact,
    account: &str,
    thread: Option<&Thread>,
    context: &Context,
) -> ProfileStep {
    match C::look_up(contact, account, thread, context) {
        Ok(Some(found)) => ProfileStep::Found(found),
        Ok(None) => ProfileStep::Unknown,
        Err(Unfinished::Call(call)) => ProfileStep::Call(*call),
        Err(Unfinished::Failed(never)) => match never {},
    }
}

/// [`Page::open`] as the contract has it.
pub fn open<C: Page>(request: &Request, context: &Context) -> PageStep {
    match C::open(request, context) {
        Ok(Opening::Answer(response)) | Err(Unfinished::Failed(response)) => PageStep::Answer(response),
        Ok(Opening::Follow(feed)) => PageStep::Follow(feed),
        Err(Unfinished::Call(call)) => PageStep::Call(*call),
    }
}

/// Makes a component of a connector: names the type and the abilities that it has.
///
/// The abilities are `inbound`, `outbound`, `media`, `profiles`, `page`, `simulator`. Only what is named is exported.
/// Outside of wasm this expands to nothing, so that the crate can be tested natively.
#[macro_export]
macro_rules! connector {
    ($connector:ty: $($ability:ident),+ $(,)?) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Component;
            #[global_allocator]
            static HEAP: $crate::heap::Heap = $crate::heap::Heap::new();
            $crate::connector!(@about $connector);
            $($crate::connector!(@$ability $connector);)+
        };
    };
    (@about $connector:ty) => {
        impl $crate::bindings::about::Guest for Component {
            fn manifest() -> String {
                <$connector as $crate::Connector>::MANIFEST.to_owned()
            }
        }
        $crate::bindings::about::export_about!(Component with_types_in $crate::bindings::about);
    };
    (@inbound $connector:ty) => {
        impl $crate::bindings::inbound::Guest for Component {
            fn receive(
                request: $crate::bindings::http::Request,
                context: $crate::bindings::http::Context,
            ) -> $crate::bindings::inbound::ReceiveStep {
                use $crate::model::convert::Convert;
                let (request, context) = (request.convert(), context.convert());
                $crate::receive::<$connector>(&request, &context).convert()
            }
        }
        $crate::bindings::inbound::export_inbound!(Component with_types_in $crate::bindings::inbound);
    };
    (@outbound $connector:ty) => {
        impl $crate::bindings::outbound::Guest for Component {
            fn send(
                message: $crate::bindings::outbound::Outgoing,
                context: $crate::bindings::http::Context,
            ) -> $crate::bindings::outbound::SendStep {
                use $crate::model::convert::Convert;
                let (message, context) = (message.convert(), context.convert());
                $crate::send::<$connector>(&message, &context).convert()
            }
        }
        $crate::bindings::outbound::export_outbound!(Component with_types_in $crate::bindings::outbound);
    };
    (@media $connector:ty) => {
        impl $crate::bindings::media::Guest for Component {
            fn locate(
                attachment: $crate::bindings::events::Media,
                account: String,
                context: $crate::bindings::http::Context,
            ) -> $crate::bindings::media::MediaStep {
                use $crate::model::convert::Convert;
                let (attachment, context) = (attachment.convert(), context.convert());
                $crate::locate::<$connector>(&attachment, &account, &context).convert()
            }
        }
        $crate::bindings::media::export_media!(Component with_types_in $crate::bindings::media);
    };
    (@profiles $connector:ty) => {
        impl $crate::bindings::profiles::Guest for Component {
            fn look_up(
                contact: $crate::bindings::events::Contact,
                account: String,
                thread: Option<$crate::bindings::events::Thread>,
                context: $crate::bindings::http::Context,
            ) -> $crate::bindings::profiles::ProfileStep {
                use $crate::model::convert::Convert;
                let contact = contact.convert();
                let thread: Option<$crate::model::Thread> = thread.convert();
                let context = context.convert();
                $crate::look_up::<$connector>(&contact, &account, thread.as_ref(), &context).convert()
            }
        }
        $crate::bindings::profiles::export_profiles!(Component with_types_in $crate::bindings::profiles);
    };
    (@page $connector:ty) => {
        impl $crate::bindings::page::Guest for Component {
            fn open(
                request: $crate::bindings::http::Request,
                context: $crate::bindings::http::Context,
            ) -> $crate::bindings::page::PageStep {
                use $crate::model::convert::Convert;
                let (request, context) = (request.convert(), context.convert());
                $crate::open::<$connector>(&request, &context).convert()
            }
            fn show(
                event: $crate::bindings::events::Event,
                context: $crate::bindings::http::Context,
            ) -> Option<String> {
                use $crate::model::convert::Convert;
                let (event, context) = (event.convert(), context.convert());
                <$connector as $crate::Page>::show(&event, &context)
            }
        }
        $crate::bindings::page::export_page!(Component with_types_in $crate::bindings::page);
    };
    (@simulator $connector:ty) => {
        impl $crate::bindings::simulator::Guest for Component {
            fn simulate(
                event: $crate::bindings::events::Event,
                url: String,
                context: $crate::bindings::http::Context,
            ) -> Option<$crate::bindings::http::Request> {
                use $crate::model::convert::Convert;
                let (event, context) = (event.convert(), context.convert());
                <$connector as $crate::Simulator>::simulate(&event, &url, &context).convert()
            }
        }
        $crate::bindings::simulator::export_simulator!(Component with_types_in $crate::bindings::simulator);
    };
}

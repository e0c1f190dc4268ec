//! Conversion between these types and the generated bindings, written once for guest and host.
//!
//! Both generators derive their names from the same WIT, so one list of records and variants serves both:
//! [`convert_types!`](crate::convert_types) is expanded in the SDK with the guest's modules and in the runtime
//! with the host's. A field or case that is missing on either side does not compile.

/// `From`, but with implementations for containers, so that one expression converts every field.
pub trait Convert<T> {
    /// Converts by moving: no text or bytes are copied.
    fn convert(self) -> T;
}

macro_rules! convert_same {
    ($($scalar:ty),+) => {
        $(impl Convert<$scalar> for $scalar {
            #[inline]
            fn convert(self) -> $scalar {
                self
            }
        })+
    };
}

convert_same!(String, bool, u8, u16, u32, u64, f64);

impl<A: Convert<B>, B> Convert<Option<B>> for Option<A> {
    #[inline]
    fn convert(self) -> Option<B> {
        self.map(Convert::convert)
    }
}

impl<A: Convert<B>, B> Convert<Vec<B>> for Vec<A> {
    #[inline]
    fn convert(self) -> Vec<B> {
        self.into_iter().map(Convert::convert).collect()
    }
}

impl<A: Convert<C>, B: Convert<D>, C, D> Convert<(C, D)> for (A, B) {
    #[inline]
    fn convert(self) -> (C, D) {
        (self.0.convert(), self.1.convert())
    }
}

/// Implements [`Convert`] both ways for a record: `module::Name { fields }`.
#[macro_export]
macro_rules! convert_record {
    ($bindings:path, $name:ident { $($field:ident),+ $(,)? }) => {
        const _: () = {
            use $bindings as bindings;
            impl $crate::convert::Convert<$crate::$name> for bindings::$name {
                #[inline]
                fn convert(self) -> $crate::$name {
                    $crate::$name { $($field: self.$field.convert()),+ }
                }
            }
            impl $crate::convert::Convert<bindings::$name> for $crate::$name {
                #[inline]
                fn convert(self) -> bindings::$name {
                    bindings::$name { $($field: self.$field.convert()),+ }
                }
            }
        };
    };
}

/// Implements [`Convert`] both ways for a variant: cases with a payload are written `Case(_)`.
#[macro_export]
macro_rules! convert_variant {
    ($bindings:path, $name:ident { $($plain:ident),* ; $($loaded:ident),* }) => {
        const _: () = {
            use $bindings as bindings;
            impl $crate::convert::Convert<$crate::$name> for bindings::$name {
                #[inline]
                fn convert(self) -> $crate::$name {
                    match self {
                        $(Self::$plain => $crate::$name::$plain,)*
                        $(Self::$loaded(value) => $crate::$name::$loaded(value.convert()),)*
                    }
                }
            }
            impl $crate::convert::Convert<bindings::$name> for $crate::$name {
                #[inline]
                fn convert(self) -> bindings::$name {
                    match self {
                        $(Self::$plain => bindings::$name::$plain,)*
                        $(Self::$loaded(value) => bindings::$name::$loaded(value.convert()),)*
                    }
                }
            }
        };
    };
}

/// Implements [`Convert`] for the interfaces `http` and `events`: the arguments are the generated modules.
#[macro_export]
macro_rules! convert_types {
    ($http:path, $events:path) => {
        const _: () = {
            #[allow(unused_imports, reason = "not every expansion has a field of every container")]
            use $crate::convert::Convert as _;
            use $crate::{convert_record as record, convert_variant as variant};

            record!($http, Request { method, url, headers, body });
            record!($http, Response { status, headers, body });
    variant!($http, Credential { ; Bearer, Basic, Header, Query, Form, Path, Other });
            record!($http, Call { request, credentials, cacheable, repeatable });
            record!($http, Exchange { request, response });
            record!($http, Context { settings, now, exchanges });

            record!($events, Event { id, account, occurred_at, contact, thread, kind, attributes });
            variant!($events, EventKind { ;
                Message, Echo, Edited, Unsent, Reaction, Status, Watermark, Membership, Consent, Identity,
                Typing, Referral, Handover, PhoneCall, AccountNotice, Other
            });
    variant!($events, IdentifierScheme { Id, Phone, Email, Username; Other });
            record!($events, Identifier { scheme, value });
            record!($events, Contact { identifiers, name, locale, avatar_url });
    variant!($events, ThreadKind { Direct, Group; Other });
            record!($events, Thread { id, kind, title });
            record!($events, MessageRef { id, author });
            record!($events, Message { id, parts, subject, reply_to, referral, forwarded, automated });
    variant!($events, Part { ; Text, Html, Quoted, Media, Location, Contacts, Choice, Order, Other });
    variant!($events, MediaKind { Image, Video, Audio, Voice, File, Sticker; Other });
    variant!($events, MediaSource { ; Url, Reference, Bytes });
            record!(
                $events,
                Media {
                    kind,
                    source,
                    content_type,
                    name,
                    size,
                    sha256,
                    caption,
                    duration_ms,
                    content_id,
                    attributes
                }
            );
            record!($events, Location { latitude, longitude, name, address, url });
            record!($events, ContactCard { name, phones, emails, organization, vcard, attributes });
            record!($events, Choice { id, title, data });
            record!($events, OrderItem { id, name, quantity, unit_price, currency });
            record!($events, Order { catalog, items, note });
            record!($events, Referral { source, ref_, id, url, headline, body, attributes });
            record!($events, Reaction { target, emoji, name });
    variant!($events, DeliveryState { Accepted, Sent, Delivered, Read, Played, Failed; Other });
            record!($events, Status { message_id, state, failure, client_reference });
            record!($events, Watermark { state, up_to });
    variant!($events, MembershipChange { Joined, Left; Other });
            record!($events, Membership { change, members });
    variant!($events, ConsentState { Granted, Revoked; Other });
            record!($events, Consent { state, scope, origin });
            record!($events, IdentityChange { previous, current });
    variant!($events, Typing { Started, Stopped; });
    variant!($events, HandoverAction { GivenToUs, TakenFromUs, Requested; Other });
            record!($events, Handover { action, previous_owner, new_owner, note });
    variant!($events, CallState { Ringing, Answered, Ended, Missed, Rejected, Failed; Other });
            record!($events, PhoneCall { id, inbound, state, duration_ms });
    variant!($events, Severity { Info, Warning, Critical; });
            record!($events, AccountNotice { name, severity, summary, payload });
            record!($events, Opaque { name, payload });
            variant!($events, FailureReason {
                Invalid, Unauthorized, Transient, WindowClosed, Unreachable, OptedOut, Other; RateLimited
            });
            record!($events, Failure { reason, code, message });
        };
    };
}

/// Implements [`Convert`] for the answers of `inbound`.
#[macro_export]
macro_rules! convert_inbound {
    ($inbound:path) => {
        const _: () = {
            use $crate::convert::Convert as _;
            use $crate::{convert_record as record, convert_variant as variant};
    variant!($inbound, ReceiveStep { ; Call, Answer, Refuse });
            record!($inbound, Answer { response, events });
            record!($inbound, Refusal { reason, status, detail });
            variant!($inbound, RefusalReason {
                MissingSignature, BadEncoding, Mismatch, Stale, UnknownKey, Misconfigured, Malformed,
                Handshake, Method, WrongAccount; Other
            });
        };
    };
}

/// Implements [`Convert`] for the arguments and answers of `outbound`.
#[macro_export]
macro_rules! convert_outbound {
    ($outbound:path) => {
        const _: () = {
            use $crate::convert::Convert as _;
            use $crate::{convert_record as record, convert_variant as variant};
    variant!($outbound, SendStep { ; Call, Sent, Failed });
            record!(
                $outbound,
                Outgoing { id, account, to, thread, parts, subject, reply_to, last_inbound_at, attributes }
            );
            variant!($outbound, OutgoingPart {
                Typing; Text, Html, Media, Location, Contacts, Choices, Template, Reaction, Read, Native
            });
            record!($outbound, Choices { text, options, label });
            record!($outbound, ChoiceOption { id, title, description, url });
            record!($outbound, Template { name, language, parameters, components });
            record!($outbound, OutgoingReaction { target, emoji });
            record!($outbound, Receipt { message_id, part, degraded, attributes });
            record!($outbound, SendFailure { failure, receipts });
        };
    };
}

/// Implements [`Convert`] for the answer of `media`.
#[macro_export]
macro_rules! convert_media {
    ($media:path) => {
        const _: () = {
            use $crate::convert::Convert as _;
    $crate::convert_variant!($media, MediaStep { ; Call, Fetch, Failed });
        };
    };
}

/// Implements [`Convert`] for the answer of `profiles`.
#[macro_export]
macro_rules! convert_profiles {
    ($profiles:path) => {
        const _: () = {
            use $crate::convert::Convert as _;
    $crate::convert_variant!($profiles, ProfileStep { Unknown; Call, Found });
        };
    };
}

/// Implements [`Convert`] for the answer of `page`.
#[macro_export]
macro_rules! convert_page {
    ($page:path) => {
        const _: () = {
            use $crate::convert::Convert as _;
            use $crate::{convert_record as record, convert_variant as variant};
    variant!($page, PageStep { ; Call, Answer, Follow });
            record!($page, Feed { account, contact, thread, after, headers });
        };
    };
}

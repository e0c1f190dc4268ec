//! A row of the table: a method and a path, what answers them, and what is said of that.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post};
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::config::MediaConfig;
use crate::host::Host;

/// Gives a type's schema, with what it refers to left in the generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever has the token of the API.
    Token,
    /// Whoever has the token of the stream, or of the API where the stream has none.
    StreamToken,
    /// Whoever has the token of the API, or one of `tokens` whose scope allows it.
    Desk,
    /// Whoever signs as an edge.
    Edge,
    /// Everyone.
    Open,
}

/// A parameter in the path or in a header.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// As it is sent.
    pub name: &'static str,
    /// `path` or `header`.
    pub place: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it says.
    pub description: &'static str,
    /// What it may be.
    pub schema: Value,
}

/// The body of a request or an answer.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// JSON of this form.
    Json(SchemaOf),
    /// JSON objects of this form, one a line.
    Lines(SchemaOf),
    /// Text or bytes of this media type.
    Opaque(&'static str),
}

impl Content {
    /// JSON as this type has it.
    pub fn json<T: JsonSchema>() -> Self {
        Self::Json(SchemaGenerator::subschema_for::<T>)
    }

    /// JSON as this type has it, one a line.
    pub fn lines<T: JsonSchema>() -> Self {
        Self::Lines(SchemaGenerator::subschema_for::<T>)
    }
}

/// What is sent along.
#[derive(Debug, Clone)]
pub struct Request {
    /// The body.
    pub content: Content,
    /// What it is.
    pub description: &'static str,
    /// By name: a summary and the body.
    pub examples: Vec<(&'static str, &'static str, Value)>,
}

/// Leads from an answer to another operation: its id, its parameter, and where in the answer the value stands.
pub type Link = (&'static str, &'static str, &'static str);

/// What is answered where nothing is wrong.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// What it is.
    pub description: &'static str,
    /// The body.
    pub content: Content,
    /// Names with what they say.
    pub headers: &'static [(&'static str, &'static str)],
    /// What can be asked next.
    pub links: &'static [Link],
}

/// Bytes of a body that are taken.
pub type BodyLimit = fn(&MediaConfig) -> usize;

/// An operation of the API.
#[derive(Clone)]
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its path, with the names of parameters in braces.
    pub path: &'static str,
    /// Names it in generated clients.
    pub id: &'static str,
    /// What it belongs to.
    pub tag: &'static str,
    /// In a few words.
    pub summary: &'static str,
    /// In some more.
    pub description: Option<&'static str>,
    /// Who may.
    pub access: Access,
    /// In the path and in headers.
    pub parameters: Vec<Parameter>,
    /// Of the query: the properties of this type.
    pub query: Option<SchemaOf>,
    /// The body.
    pub request: Option<Request>,
    /// Where nothing is wrong.
    pub answer: Option<Answer>,
    /// What is answered where a part was asked for.
    pub part: Option<&'static str>,
    /// What may be wrong: status and code.
    pub problems: Vec<(u16, &'static str)>,
    handler: MethodRouter<Arc<Host>>,
    body_limit: Option<BodyLimit>,
}

impl Operation {
    /// A `GET`.
    pub fn get<H: Handler<T, Arc<Host>>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::GET, path, get(handler))
    }

    /// A `POST`.
    pub fn post<H: Handler<T, Arc<Host>>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::POST, path, post(handler))
    }

    fn new(method: Method, path: &'static str, handler: MethodRouter<Arc<Host>>) -> Self {
        Self {
            method,
            path,
            id: "",
            tag: "",
            summary: "",
            description: None,
            access: Access::Token,
            parameters: Vec::new(),
            query: None,
            request: None,
            answer: None,
            part: None,
            problems: Vec::new(),
            handler,
            body_limit: None,
        }
    }

    /// What it is called.
    pub fn named(mut self, id: &'static str, tag: &'static str, summary: &'static str) -> Self {
        (self.id, self.tag, self.summary) = (id, tag, summary);
        self
    }

    /// More about it.
    pub fn described(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Not for whoever has the API's token alone.
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// With a parameter in the path.
    pub fn path_parameter(self, name: &'static str, description: &'static str, schema: Value) -> Self {
        self.parameter(Parameter { name, place: "path", required: true, description, schema })
    }

    /// With a header.
    pub fn header(self, name: &'static str, description: &'static str, schema: Value) -> Self {
        self.parameter(Parameter { name, place: "header", required: false, description, schema })
    }

    /// With a header that must be there.
    pub fn required_header(self, name: &'static str, description: &'static str, schema: Value) -> Self {
        self.parameter(Parameter { name, place: "header", required: true, description, schema })
    }

    fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// With the fields of this type in the query.
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.query = Some(T::json_schema);
        self
    }

    /// With a body.
    pub fn takes(mut self, request: Request, limit: BodyLimit) -> Self {
        (self.request, self.body_limit) = (Some(request), Some(limit));
        self
    }

    /// With a body whose size the handler bounds by itself.
    pub fn takes_bounded(mut self, request: Request) -> Self {
        self.request = Some(request);
        self
    }

    /// What is answered.
    pub fn gives(mut self, status: u16, description: &'static str, content: Content) -> Self {
        self.answer = Some(Answer { status, description, content, headers: &[], links: &[] });
        self
    }

    /// A part of it may be asked for: 206.
    pub fn partly(mut self, description: &'static str) -> Self {
        self.part = Some(description);
        self
    }

    /// Headers of the answer.
    pub fn giving_headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.answer = self.answer.map(|answer| Answer { headers, ..answer });
        self
    }

    /// What can be asked next.
    pub fn leading_to(mut self, links: &'static [Link]) -> Self {
        self.answer = self.answer.map(|answer| Answer { links, ..answer });
        self
    }

    /// What may go wrong.
    pub fn fails(mut self, problems: &[(u16, &'static str)]) -> Self {
        self.problems.extend_from_slice(problems);
        self
    }

    /// Puts it where requests find it.
    pub fn mount(self, router: Router<Arc<Host>>, media: &MediaConfig) -> Router<Arc<Host>> {
        let handler = match self.body_limit {
            Some(limit) => self.handler.layer(DefaultBodyLimit::max(limit(media))),
            None => self.handler,
        };
        router.route(self.path, handler)
    }
}

//! The arguments of `inbound.receive`, put into the guest's memory from where they are: a body may have megabytes.

use trunkline_model as model;
use trunkline_model::convert::Convert as _;
use wasmtime::component::{ComponentType, Lower};

use crate::bindings::trunkline::connector::http;

/// `http.request`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Request<'a> {
    method: &'a str,
    url: &'a str,
    headers: &'a [(String, String)],
    body: &'a [u8],
}

impl<'a> From<&'a model::Request> for Request<'a> {
    fn from(request: &'a model::Request) -> Self {
        let model::Request { method, url, headers, body } = request;
        Self { method, url, headers, body }
    }
}

/// `http.context`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Context<'a> {
    settings: &'a [(String, String)],
    now: u64,
    /// In most calls there are none.
    exchanges: Vec<http::Exchange>,
}

impl<'a> From<&'a model::Context> for Context<'a> {
    fn from(context: &'a model::Context) -> Self {
        let model::Context { settings, now, exchanges } = context;
        Self { settings, now: *now, exchanges: exchanges.clone().convert() }
    }
}

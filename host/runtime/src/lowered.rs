//! The arguments of `inbound.receive`, put into the guest's memory from where they are: a body may have megabytes.

use trunkline_model as model;
use trunkline_model::convert::Convert as _;
use wasmtime::component::{ComponentExportIndex, ComponentType, Instance, Lower, TypedFunc};
use wasmtime::{Store, format_err};

use crate::bindings::abilities::inbound;
use crate::bindings::trunkline::connector::http;
use crate::call::State;

/// What `inbound.receive` is given.
pub type Arguments<'a> = (Request<'a>, Context<'a>);
/// What it gives.
pub type Answer = (inbound::ReceiveStep,);

/// The function of an instance.
///
/// Comparing its types with these, names of fields and all, takes a tenth of a usual call, and a component does not change:
/// `call::asked` did it when the component was loaded.
#[allow(
    unsafe_code,
    reason = "the engine has no other way to compare types once for all instances of a component"
)]
pub fn receive<'a>(
    store: &mut Store<State>,
    instance: &Instance,
    index: &ComponentExportIndex,
) -> wasmtime::Result<TypedFunc<Arguments<'a>, Answer>> {
    let function = instance.get_func(store, index).ok_or_else(|| format_err!("no function `receive`"))?;
    // SAFETY: no connector is loaded before `call::asked` found that this function of its component has these types.
    Ok(unsafe { TypedFunc::new_unchecked(function) })
}

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

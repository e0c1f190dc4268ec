//! The bytes of what a contact sent, where the Bot Connector holds them: pasted pictures.

use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use crate::service;
use crate::token::{self, App};

/// `media.locate`: the reference is the address. Only the Bot Connector is shown a token.
pub fn locate(attachment: &Media, context: &Context) -> Located {
    let MediaSource::Reference(url) = &attachment.source else {
        return Err(refuse("unsupported", "only a reference is asked for at the Bot Connector").into());
    };
    if !service::is_known(url) {
        let what = "this file is not at the Bot Connector: SharePoint gives it by Microsoft Graph only";
        return Err(refuse("unsupported", what).into());
    }
    let token = App::of(context)?.token::<Failure>(&mut Calls::new(context), context.now)?;
    Ok(token::with(Call::get(url.as_str()), &token))
}

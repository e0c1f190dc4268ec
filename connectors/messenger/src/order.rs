//! A shopping cart.

use trunkline_sdk::json::RawValue;
use trunkline_sdk::meta::messaging::item::{Item, key, members, parse, present, remainder};
use trunkline_sdk::prelude::*;

use crate::wire;

/// Its products become the items of an order.
pub fn order(raw: &RawValue, item: &Item) -> Option<Event> {
    let order: wire::Order = parse(raw)?;
    let lines = order.products.into_iter().map(|product| {
        Some(OrderItem {
            // The shop's own id, as on the other channels; Meta's stays in the attribute `products`.
            id: present(&product.retailer_id).or(present(&product.id))?.to_owned(),
            name: product.name.map(String::from),
            quantity: product.quantity.map_or(1.0, |quantity| quantity.0),
            unit_price: product.unit_price.map(String::from),
            currency: product.currency.map(String::from),
        })
    });
    let items: Vec<OrderItem> = lines.collect::<Option<_>>()?;
    let note = order.note.map(String::from).filter(|note| !note.is_empty());
    let id = signature::content_id("order", &[key(&item.sender), &item.timestamp, raw.get()]);
    let message = Message::new(&*id, vec![Part::Order(Order { catalog: None, items, note })]);
    let attributes = remainder(&members(raw)?, &["note"]);
    Some(item.event_with(id, EventKind::Message(message), attributes))
}

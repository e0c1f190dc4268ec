//! The JSON that only Messenger sends. Every field but what identifies may be missing; ids may be numbers.

use serde::Deserialize;
use trunkline_sdk::json::{Number, RawValue, Text, lenient};

/// `{"products":[{"id":"901","retailer_id":"sku-1","name":"Tea","unit_price":5,"currency":"USD","quantity":2}]}`
#[derive(Deserialize)]
pub struct Order {
    pub products: Vec<OrderedProduct>,
    #[serde(default, deserialize_with = "lenient")]
    pub note: Option<Text>,
}

#[derive(Deserialize)]
pub struct OrderedProduct {
    #[serde(default, deserialize_with = "lenient")]
    pub id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub retailer_id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub name: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub unit_price: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub currency: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    pub quantity: Option<Number>,
}

/// `{"mids":["m_out"],"watermark":1790000000999}`; `mids` may be missing.
#[derive(Deserialize)]
pub struct Receipt<'a> {
    #[serde(borrow, default)]
    pub mids: Option<Vec<&'a RawValue>>,
    #[serde(default, deserialize_with = "lenient")]
    pub watermark: Option<Text>,
}

/// `{"action":"block","reason":"…"}`
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Policy {
    #[serde(deserialize_with = "lenient")]
    pub action: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    pub reason: Option<Text>,
}

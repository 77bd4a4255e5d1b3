//! The promises of core to its users, tested through its public items alone.

mod mapping_properties;
mod prices;
mod records;
mod secrets;
mod span_cost;
mod streams;

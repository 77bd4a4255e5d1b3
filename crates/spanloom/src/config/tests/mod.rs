//! Monitors as configured by environments; the process's own environment is never changed.

mod environment;
mod faults;
#[cfg(feature = "otlp")]
mod otlp;
mod table;
mod wandb;

use super::Environment;
use crate::monitor::MonitorBuilder;

pub(super) fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::of(|name| {
        variables
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

/// Returns the builder of a monitor that prints nothing and keeps nothing on disk, unless the environment enables it.
pub(super) fn builder(stream: &str, variables: &[(&str, &str)]) -> MonitorBuilder {
    MonitorBuilder::of(stream, environment(variables)).without_notices()
}

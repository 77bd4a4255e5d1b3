//! The environment's credentials for a destination that another program names.

use spanloom_exporter::Destination;

use crate::config::Environment;

/// Adds the environment's credentials to a destination, for programs that send a service's spooled records or inspect
/// its destination. If the environment describes the same destination, returns it as described there (key, headers,
/// certificates); otherwise adds the key for its server. `WANDB_API_KEY` is for W&B's hosted service and for the
/// servers of `WF_TRACE_SERVER_URL` and `WANDB_BASE_URL`; a netrc file has keys by host. No other server receives a
/// key.
#[must_use]
pub fn with_env_credentials(destination: Destination) -> Destination {
    Environment::read().known(destination)
}

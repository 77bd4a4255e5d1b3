//! The environment's credentials for a destination that another program names.

use spanloom_exporter::Destination;

use crate::config::Environment;

/// Returns a destination with the environment's credentials, for programs that send a service's spooled records or inspect
/// its destination: the environment's own destination (key, headers, certificates) if it has the same address and
/// protocol, else the given one with the key for its server, if there is a key.
///
/// The key is `WANDB_API_KEY` for W&B's hosted service over HTTPS and for the servers of `WF_TRACE_SERVER_URL` and
/// `WANDB_BASE_URL`, else that of the server's host in the netrc file.
#[must_use]
pub fn with_env_credentials(destination: Destination) -> Destination {
    Environment::read().known(destination)
}

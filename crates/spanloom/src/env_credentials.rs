//! What the environment has for a destination that another program names.

use spanloom_exporter::Destination;

use crate::config::Environment;

/// Gives a destination what the environment has for it, for programs that send what a service has left or look at where it
/// sends: the destination as the environment describes it (key, headers, certificates), if it is the same, else the key
/// for its server. `WANDB_API_KEY` is for W&B's hosted service and for the servers of `WF_TRACE_SERVER_URL` and
/// `WANDB_BASE_URL`; a netrc file has keys by host. Nobody else is shown one.
#[must_use]
pub fn with_env_credentials(destination: Destination) -> Destination {
    Environment::read().known(destination)
}

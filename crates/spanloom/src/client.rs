//! `.monitored(&monitor)` on async-openai's client.

use async_openai::Client;
use async_openai::config::Config;

use crate::monitor::Monitor;

/// Puts a client's calls under a [`Monitor`]; the client keeps its type.
pub trait Monitored: Sized {
    /// Monitors the calls of this client over an HTTP client of its own with reqwest's defaults: proxy, timeouts and TLS
    /// settings given to the client before are replaced, since they cannot be read out of it. To keep them, use
    /// [`Monitored::monitored_with`].
    ///
    /// Where no HTTP client can be made (a system without certificates, for one), the client is left as it is, with a warning
    /// of target `spanloom`: a service whose calls are not recorded is better off than one that has panicked.
    ///
    /// async-openai's default retries stay; a tower stack set by `with_http_service` is replaced. Call this last: a
    /// later `with_http_client` or `with_http_service` takes the monitoring off again.
    #[must_use]
    fn monitored(self, monitor: &Monitor) -> Self;

    /// The same over the HTTP client `http`, with its proxy, timeouts and TLS settings.
    #[must_use]
    fn monitored_with(self, monitor: &Monitor, http: reqwest::Client) -> Self;
}

impl<C: Config> Monitored for Client<C> {
    fn monitored(self, monitor: &Monitor) -> Self {
        match reqwest::Client::builder().build() {
            Ok(http) => self.monitored_with(monitor, http),
            Err(error) => {
                tracing::warn!(target: "spanloom", %error, "no HTTP client can be made: the client's calls are not recorded");
                self
            }
        }
    }

    fn monitored_with(self, monitor: &Monitor, http: reqwest::Client) -> Self {
        let client = self.with_http_client(http.clone());
        match monitor.instrumentation() {
            Some(layer) => client.with_http_service(layer.stack(http)),
            None => client,
        }
    }
}

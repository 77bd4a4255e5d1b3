//! The `.monitored(&monitor)` extension of async-openai's client.

use async_openai::Client;
use async_openai::config::Config;

use crate::monitor::Monitor;

/// Monitors a client's calls with a [`Monitor`]; the client keeps its type.
pub trait Monitored: Sized {
    /// Monitors the calls of this client over a new HTTP client with reqwest's defaults: the previous client's proxy,
    /// timeouts and TLS settings are replaced, since they cannot be read from it. To keep them, use
    /// [`Monitored::monitored_with`].
    ///
    /// If no HTTP client can be built (on a system without certificates, for example), the client is returned
    /// unchanged, with a warning of target `spanloom`: a service whose calls are not recorded is better off than a
    /// service that has panicked.
    ///
    /// async-openai's default retries stay; a tower stack set by `with_http_service` is replaced. Call this method
    /// last: a later `with_http_client` or `with_http_service` removes the monitoring.
    #[must_use]
    fn monitored(self, monitor: &Monitor) -> Self;

    /// Monitors the calls of this client over the HTTP client `http`, with the proxy, timeouts and TLS settings of
    /// `http`.
    #[must_use]
    fn monitored_with(self, monitor: &Monitor, http: reqwest::Client) -> Self;
}

impl<C: Config> Monitored for Client<C> {
    fn monitored(self, monitor: &Monitor) -> Self {
        match reqwest::Client::builder().build() {
            Ok(http) => self.monitored_with(monitor, http),
            Err(error) => {
                tracing::warn!(target: "spanloom", %error, "no HTTP client can be created: the client's calls are not recorded");
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

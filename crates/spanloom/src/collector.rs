//! An OTLP collector, reached by the stock exporter, and the account of what it got.

use std::sync::atomic::{AtomicU64, Ordering};

use spanloom_exporter::Receipt;

/// Where a collector is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Collector<'a> {
    /// At this base address.
    At(&'a str),
    /// Where the environment says; the stock exporter reads its variables, all of them.
    OfEnvironment(&'a str),
}

impl<'a> Collector<'a> {
    pub(crate) fn address(self) -> &'a str {
        match self {
            Self::At(address) | Self::OfEnvironment(address) => address,
        }
    }
}

/// Where each kind of telemetry goes.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nobody sends"))]
pub(crate) struct Collectors<'a> {
    pub(crate) spans: Option<Collector<'a>>,
    pub(crate) metrics: Option<Collector<'a>>,
    pub(crate) logs: Option<Collector<'a>>,
}

/// Spans handed to the stock pipeline, and what became of them. Those its queue drops without a word stay queued here.
#[derive(Debug, Default)]
pub(crate) struct Account {
    received: AtomicU64,
    delivered: AtomicU64,
    rejected: AtomicU64,
}

impl Account {
    pub(crate) fn add_to(&self, mut receipt: Receipt) -> Receipt {
        let [delivered, rejected, received] = [&self.delivered, &self.rejected, &self.received]
            .map(|count| count.load(Ordering::Acquire));
        receipt.received += received;
        receipt.delivered += delivered;
        receipt.rejected += rejected;
        receipt.queued += received.saturating_sub(delivered + rejected);
        receipt
    }
}

#[cfg(feature = "otlp")]
mod stock {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use opentelemetry::Context;
    use opentelemetry_otlp::WithExportConfig as _;
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::trace::{
        BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor,
    };
    use spanloom_exporter::WithoutBodies;

    use super::{Account, Collector};
    use crate::error::{Error, ErrorKind};

    impl Collector<'_> {
        /// The stock batch processor and exporter, counted.
        pub(crate) fn processor(
            self,
            account: &Arc<Account>,
        ) -> Result<impl SpanProcessor + 'static, Error> {
            let exporter = opentelemetry_otlp::SpanExporter::builder().with_http();
            let exporter = match self {
                Self::At(address) => {
                    exporter.with_endpoint(format!("{}/v1/traces", address.trim_end_matches('/')))
                }
                Self::OfEnvironment(_) => exporter,
            };
            let exporter = exporter
                .build()
                .map_err(|error| Error::new(ErrorKind::Destination, error))?;
            let exporter = Counted {
                inner: WithoutBodies::new(exporter),
                account: Arc::clone(account),
            };
            let inner = BatchSpanProcessor::builder(exporter).build();
            Ok(Counted {
                inner,
                account: Arc::clone(account),
            })
        }
    }

    #[derive(Debug)]
    struct Counted<T> {
        inner: T,
        account: Arc<Account>,
    }

    impl SpanProcessor for Counted<BatchSpanProcessor> {
        fn on_start(&self, span: &mut Span, context: &Context) {
            self.inner.on_start(span, context);
        }

        fn on_end(&self, span: SpanData) {
            self.account.received.fetch_add(1, Ordering::Release);
            self.inner.on_end(span);
        }

        fn force_flush(&self) -> OTelSdkResult {
            self.inner.force_flush()
        }

        fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
            self.inner.shutdown_with_timeout(timeout)
        }

        fn set_resource(&mut self, resource: &Resource) {
            self.inner.set_resource(resource);
        }
    }

    impl<E: SpanExporter> SpanExporter for Counted<E> {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
            let result = self.inner.export(batch).await;
            // The stock exporter does not try again: what fails is lost.
            let count = if result.is_ok() {
                &self.account.delivered
            } else {
                &self.account.rejected
            };
            count.fetch_add(spans, Ordering::Release);
            result
        }

        fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
            self.inner.shutdown_with_timeout(timeout)
        }

        fn force_flush(&self) -> OTelSdkResult {
            self.inner.force_flush()
        }

        fn set_resource(&mut self, resource: &Resource) {
            self.inner.set_resource(resource);
        }
    }
}

//! The monitor's own pipeline: layer, recorder, provider, exporter.

use std::time::{Duration, SystemTime};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use spanloom_core::StreamName;
use spanloom_exporter::{Destination, Exporter, Receipt, SpoolMode, SpoolSettings};
use spanloom_instrumentation::{
    Content, ContentPolicy, Evaluation, GenAiLayer, GenAiLayerBuilder, MonitorAttributes,
    PriceBook, RecordedCall, Recorder, RecorderLimits,
};

use crate::config::{Collectors, Environment, Records};
use crate::deadline::{BoundedWork, Deadline, run_for};
use crate::error::{Error, ErrorKind};
use crate::links::CallLinks;
use crate::own_spans::OwnSpans;
use crate::processor::OwnProcessor;
use crate::resource::resource;
use crate::signals::Signals;
use crate::stats::MonitorStats;

/// The reading delay that gets a call to disk within 50 ms of its end.
const PROMPT: Duration = Duration::from_millis(5);

/// The part of a wait that is reserved for the exporter: one in `WRITING_SHARE`, at most `WRITING`.
const WRITING_SHARE: u32 = 5;
const WRITING: Duration = Duration::from_millis(500);

/// The settings of a monitor from code and environment.
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) stream: &'a StreamName,
    pub(crate) records: Option<&'a Records>,
    pub(crate) collectors: Collectors<'a>,
    /// The other destinations that code names.
    pub(crate) destinations: &'a [Destination],
    pub(crate) environment: &'a Environment,
    /// Whether code allows content.
    pub(crate) content: bool,
    pub(crate) content_policy: ContentPolicy,
    pub(crate) prices: PriceBook,
    pub(crate) attributes: MonitorAttributes,
    pub(crate) provider: Option<String>,
    pub(crate) request_usage: bool,
    pub(crate) prompt_segments: bool,
    pub(crate) spool: Option<SpoolSettings>,
    pub(crate) links: Option<CallLinks>,
    /// Prints a line for the people who run the service.
    pub(crate) announce: fn(&str),
}

impl Settings<'_> {
    fn recorder(&self) -> Result<Recorder, Error> {
        let mut limits = RecorderLimits::default();
        let prompt = |spool: &SpoolSettings| spool.mode == SpoolMode::Always;
        if self.spool.as_ref().is_some_and(prompt) {
            limits.reading_delay = PROMPT;
        }
        Recorder::start_with(limits).map_err(|error| Error::new(ErrorKind::Start, error))
    }

    fn exporter(&self) -> Result<Exporter, Error> {
        let mut exporter = Exporter::builder(self.stream.clone())
            .with_policy_for_other_spans(self.content_policy.clone());
        if !self.content || self.environment.no_content {
            exporter = exporter.without_content_of_other_spans();
        }
        if let Some(records) = self.records {
            exporter = exporter.with_destination(records.destination.clone());
        }
        if let Some(collector) = self.collectors.spans {
            exporter = exporter.with_destination(collector.clone());
        }
        for destination in self.destinations {
            exporter = exporter.with_destination(destination.clone());
        }
        if let Some(spool) = &self.spool {
            exporter = exporter.with_spool(spool.clone());
        }
        let announce = self.announce;
        exporter = exporter.with_key_check(move |line| announce(&format!("spanloom: {line}")));
        Ok(exporter.start()?)
    }

    /// Applies the settings that concern calls only.
    fn apply(self, layer: GenAiLayerBuilder) -> GenAiLayerBuilder {
        let mut layer = layer
            .with_content_policy(self.content_policy)
            .with_prices(self.prices)
            .with_attributes(self.attributes);
        if self.request_usage {
            layer = layer.with_requested_usage();
        }
        if self.prompt_segments {
            layer = layer.with_prompt_segments();
        }
        if let Some(provider) = self.provider {
            layer = layer.with_provider(&provider);
        }
        if !self.content {
            layer = layer.without_content();
        }
        layer
    }
}

/// The running parts of a monitor.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) layer: GenAiLayer,
    pub(crate) recorder: Recorder,
    pub(crate) provider: SdkTracerProvider,
    #[cfg(feature = "tracing")]
    pub(crate) own_spans: OwnSpans,
    signals: Signals,
    work_under_way: BoundedWork,
    prices: PriceBook,
    exporter: Exporter,
}

impl Pipeline {
    pub(crate) fn start(mut settings: Settings<'_>) -> Result<Self, Error> {
        let Settings {
            stream,
            records,
            collectors,
            destinations,
            environment,
            ..
        } = settings;
        let recorder = settings.recorder()?;
        let own_spans = OwnSpans::default();
        let exporter = settings.exporter()?;
        let content = match (
            settings.content && !environment.no_content,
            records.is_some() || destinations.iter().any(|it| !it.kind().is_collector()),
            collectors.spans.is_some() || destinations.iter().any(|it| it.kind().is_collector()),
        ) {
            (false, ..) => Content::Off,
            (true, true, true) => Content::Both,
            (true, true, false) => Content::Bodies,
            (true, false, _) => Content::Messages,
        };
        let provider = SdkTracerProvider::builder()
            .with_resource(resource(stream))
            .with_sampler(Sampler::AlwaysOn)
            .with_max_attributes_per_span(environment.attribute_limit)
            .with_span_processor(OwnProcessor {
                own_spans: own_spans.clone(),
                exporter: exporter.processor(),
                links: settings.links.take(),
            })
            .build();
        let signals = Signals::start(collectors, stream)?;
        signals.observe(&exporter);
        let layer = GenAiLayer::builder(&recorder)
            .with_tracer_provider(&provider)
            .with_content(content)
            .with_parent_policy(own_spans.clone());
        let prices = settings.prices.clone();
        let layer = settings.apply(signals.attach(layer)).build();
        Ok(Self {
            layer,
            recorder,
            provider,
            #[cfg(feature = "tracing")]
            own_spans,
            signals,
            work_under_way: BoundedWork::default(),
            prices,
            exporter,
        })
    }

    /// Waits for the recorder, then for the exporter and the other signals, all within `timeout`. Calls that the
    /// recorder has not read yet are counted as queued.
    pub(crate) fn flush(&self, timeout: Duration) -> Receipt {
        let deadline = Deadline::after(timeout);
        let signals = self.signals.clone();
        let receipt = self.settle(deadline, Recorder::flush, Exporter::flush);
        let left = deadline.left();
        self.work_under_way.wait(left, move || signals.flush());
        receipt
    }

    /// Flushes for the last time: calls that are still running are recorded as far as they have progressed.
    pub(crate) fn shutdown(&self, timeout: Duration) -> Receipt {
        let deadline = Deadline::after(timeout);
        let receipt = self.settle(deadline, Recorder::shutdown, Exporter::shutdown);
        let left = deadline.left();
        let (provider, signals) = (self.provider.clone(), self.signals.clone());
        run_for(left, move || {
            drop(provider.shutdown_with_timeout(left));
            signals.shutdown(left);
        });
        receipt
    }

    /// Sends an evaluation to all destinations that take one. Returns whether there are any.
    pub(crate) fn evaluate(&self, call: &RecordedCall, evaluation: Evaluation) -> bool {
        let Some((span, evaluation)) = self.layer.evaluated(call, evaluation) else {
            return false;
        };
        // One time for both, so that a server that gets both keeps one.
        let at = SystemTime::now();
        let as_event = self.layer.send_evaluation(&span, &evaluation, at);
        self.exporter.evaluate(&span, evaluation, at) || as_event
    }

    /// Returns the account so far, with the calls that the recorder has not read as queued.
    pub(crate) fn receipt(&self) -> Receipt {
        self.with_waiting(self.exporter.receipt())
    }

    fn with_waiting(&self, mut receipt: Receipt) -> Receipt {
        let waiting = self.recorder.stats().waiting;
        receipt.total.received += waiting;
        receipt.total.queued += waiting;
        receipt
    }

    /// Returns the account so far.
    pub(crate) fn stats(&self) -> MonitorStats {
        MonitorStats {
            calls: self.recorder.stats(),
            receipt: self.exporter.receipt(),
            unpriced_models: self.prices.unpriced_models(),
        }
    }

    fn settle(
        &self,
        deadline: Deadline,
        recorder: impl Fn(&Recorder, Duration) -> OTelSdkResult,
        exporter: impl Fn(&Exporter, Duration) -> Receipt,
    ) -> Receipt {
        // A slow recorder must leave the exporter time to write its records to disk.
        let time = deadline.left();
        let recorded = recorder(&self.recorder, time - WRITING.min(time / WRITING_SHARE));
        let receipt = exporter(&self.exporter, deadline.left());
        match recorded {
            Ok(()) => receipt,
            Err(_) => self.with_waiting(receipt),
        }
    }
}

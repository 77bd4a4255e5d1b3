//! `spanloom doctor`: checks that a call made by a service here can be seen at its destination.

mod agent_lens;
mod backend;
mod finding;
mod jaeger;
mod probe;

use std::time::Duration;

use spanloom::{DestinationReceipt, Monitor, MonitorAttributes};

use crate::args::DoctorArgs;
use crate::error::Error;
use crate::output::line;
use backend::Backend;
use finding::{Finding, Findings};
use jaeger::Jaeger;
use probe::{Probe, RECORD, SPAN};

/// Time for the made-up call to arrive.
const DELIVERY: Duration = Duration::from_secs(10);

pub(crate) async fn run(args: &DoctorArgs) -> Result<(), Error> {
    let jaeger = args.jaeger.as_deref().map(Jaeger::new).transpose()?;
    let mut findings = Findings::default();
    let Some(monitor) = start(args, &mut findings) else {
        return report(args, &findings);
    };
    let backend = monitor
        .destination()
        .cloned()
        .map(Backend::new)
        .transpose()?;
    if let Some(backend) = &backend {
        findings.extend(backend.check(monitor.stream()).await);
    }
    if !findings.any_failed() {
        let link = monitor.link().map(str::to_owned);
        send(monitor, backend.as_ref(), jaeger.as_ref(), &mut findings).await?;
        if let Some(link) = link.filter(|_| !findings.any_failed()) {
            findings.add(Finding::passed("look", link));
        }
        if args.agents {
            let base = backend.as_ref().map(Backend::base);
            findings.extend(agent_lens::check(&args.stream, base).await?);
        }
    }
    report(args, &findings)
}

/// Starts a monitor as a service would; `None` if it records nothing.
fn start(args: &DoctorArgs, findings: &mut Findings) -> Option<Monitor> {
    let mut builder = Monitor::builder(&args.stream)
        .without_notices()
        .without_spool();
    if let Some(to) = &args.to {
        builder = builder.with_server(to);
    }
    if let Some(collector) = &args.collector {
        builder = builder.with_collector(collector);
    }
    let monitor = match builder.start() {
        Ok(monitor) => monitor,
        Err(error) => {
            findings.add(Finding::failed("configuration", error.to_string()));
            return None;
        }
    };
    let destinations = monitor.stats().receipt.destinations.into_iter();
    let names: Vec<String> = destinations.map(|destination| destination.name).collect();
    if names.is_empty() {
        let why = "monitoring is off: OTEL_SDK_DISABLED is set".to_owned();
        findings.add(Finding::failed("configuration", why).with_remedy("unset it"));
        return None;
    }
    let detail = format!("{} goes to {}", monitor.stream(), names.join(" and "));
    findings.add(Finding::passed("configuration", detail));
    Some(monitor)
}

/// Makes the call, and reads it back where possible.
async fn send(
    monitor: Monitor,
    backend: Option<&Backend>,
    jaeger: Option<&Jaeger>,
    findings: &mut Findings,
) -> Result<(), Error> {
    let probe = Probe::new();
    // Without a user: W&B's servers take only ids of their own in calls.
    probe.call(&monitor, &MonitorAttributes::default()).await?;
    let stream = monitor.stream().clone();
    let destinations = deliver(monitor).await;
    let (mut at_server, mut at_collector) = (false, false);
    for (index, destination) in destinations.into_iter().enumerate() {
        let (name, account) = (&destination.name, &destination.account);
        // The server is the first destination.
        let is_server = index == 0 && backend.is_some();
        at_server |= is_server && account.delivered > 0;
        at_collector |= !is_server && account.delivered > 0;
        findings.add(if account.is_complete() {
            Finding::passed("delivery", format!("{name} accepted the call"))
        } else {
            let why = format!("the call was not delivered to {destination}");
            Finding::failed("delivery", why).with_remedy(match is_server {
                true => "if the reason in brackets is not enough: RUST_LOG=debug",
                false => "start the collector, and check its address and protocol: port 4318 for HTTP, 4317 for gRPC (OTEL_EXPORTER_OTLP_PROTOCOL=grpc)",
            })
        });
    }
    if let Some(backend) = backend.filter(|_| at_server) {
        let read = backend.read_back(&stream, probe.mark()).await;
        findings.extend(probe.compare("shown", &RECORD, read.as_ref()));
    }
    match jaeger {
        Some(jaeger) if at_collector => {
            let read = jaeger.read_back(probe.mark()).await;
            findings.extend(probe.compare("in Jaeger", &SPAN, read.as_ref()));
        }
        None if at_collector && backend.is_none() => findings.add(
            Finding::warned(
                "read back",
                "a collector cannot return the calls it received",
            )
            .with_remedy("name the Jaeger behind it: --jaeger http://127.0.0.1:16686"),
        ),
        _ => {}
    }
    Ok(())
}

/// Waits for the call to arrive, and ends the monitor: as long as a delivery may take, but not once two waits have found the
/// destination away.
async fn deliver(monitor: Monitor) -> Vec<DestinationReceipt> {
    let mut was_away = false;
    for _ in 0..DELIVERY.as_secs() {
        let receipt = monitor.flush(Duration::from_secs(1)).await;
        let is_settled = |it: &DestinationReceipt| it.account.is_complete() || it.trouble.is_some();
        let is_away = !receipt.is_complete() && receipt.destinations.iter().all(is_settled);
        if receipt.is_complete() || (is_away && was_away) {
            break;
        }
        was_away = is_away;
    }
    // What has not arrived is tried once more: nothing is kept on disk.
    let last = Duration::from_millis(500);
    monitor.shutdown(last).await.destinations
}

fn report(args: &DoctorArgs, findings: &Findings) -> Result<(), Error> {
    if args.json {
        let text = serde_json::to_string(findings);
        line(text.map_err(|error| Error::failed(error.to_string()))?);
    } else {
        line(findings);
    }
    match findings.failed() {
        0 => Ok(()),
        1 => Err(Error::failed("a check failed")),
        failed => Err(Error::failed(format!("{failed} checks failed"))),
    }
}

//! `spanloom doctor`: whether a call that a service makes here can be looked at where it is sent.

mod backend;
mod finding;
mod probe;

use std::time::Duration;

use spanloom::Monitor;

use crate::args::DoctorArgs;
use crate::error::Error;
use crate::output::line;
use backend::Backend;
use finding::{Finding, Findings};
use probe::Probe;

/// Time for the made-up call to arrive.
const DELIVERY: Duration = Duration::from_secs(10);

pub(crate) async fn run(args: &DoctorArgs) -> Result<(), Error> {
    let mut findings = Findings::default();
    let mut builder = Monitor::builder(&args.stream).quiet().without_spool();
    if let Some(to) = &args.to {
        builder = builder.with_server(to);
    }
    let monitor = match builder.start() {
        Ok(monitor) => monitor,
        Err(error) => {
            findings.add(Finding::failed("configuration", error.to_string()));
            return report(args, &findings);
        }
    };
    let destinations: Vec<String> = monitor
        .stats()
        .destinations
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    if destinations.is_empty() {
        let why = "monitoring is off: OTEL_SDK_DISABLED is set".to_owned();
        findings.add(Finding::failed("configuration", why).with_remedy("unset it"));
        return report(args, &findings);
    }
    findings.add(Finding::passed(
        "configuration",
        format!(
            "{} goes to {}",
            monitor.stream(),
            destinations.join(" and ")
        ),
    ));
    // What code names gets no key, as in a service.
    let key = std::env::var("WANDB_API_KEY")
        .ok()
        .filter(|_| args.to.is_none());
    let backend = monitor.address().map(|base| Backend::new(base, key));
    if let Some(backend) = &backend {
        findings.extend(backend.check(monitor.stream()).await);
    }
    if !findings.any_failed() {
        let link = monitor.link().map(str::to_owned);
        send(monitor, backend.as_ref(), &mut findings).await?;
        if let Some(link) = link {
            findings.add(Finding::passed("look", link));
        }
    }
    report(args, &findings)
}

/// Makes the call, and reads it back where that can be done.
async fn send(
    monitor: Monitor,
    backend: Option<&Backend>,
    findings: &mut Findings,
) -> Result<(), Error> {
    let probe = Probe::new();
    probe.call(&monitor).await?;
    let stream = monitor.stream().clone();
    let flushed = tokio::task::spawn_blocking(move || {
        let total = monitor.flush(DELIVERY);
        (monitor.stats().destinations, total)
    });
    let (destinations, total) = flushed
        .await
        .map_err(|error| Error::failed(error.to_string()))?;
    for (name, receipt) in destinations {
        findings.add(if receipt.is_complete() {
            Finding::passed("delivery", format!("{name} took the call"))
        } else {
            let why = format!("{name} did not take the call: {receipt}");
            Finding::failed("delivery", why).with_remedy("RUST_LOG=info says what it answered")
        });
    }
    match backend {
        Some(backend) if total.delivered > 0 => {
            let read = backend.read_back(&stream, probe.mark()).await;
            findings.extend(probe.compare(read.as_ref()));
        }
        Some(_) => {}
        None => findings.add(Finding::warned(
            "read back",
            "a collector cannot be asked for what it got",
        )),
    }
    Ok(())
}

fn report(args: &DoctorArgs, findings: &Findings) -> Result<(), Error> {
    if args.json {
        let text = serde_json::to_string(findings);
        line(text.map_err(|error| Error::failed(error.to_string()))?);
    } else {
        line(findings);
    }
    match findings.any_failed() {
        true => Err(Error::failed("calls would not be seen there")),
        false => Ok(()),
    }
}

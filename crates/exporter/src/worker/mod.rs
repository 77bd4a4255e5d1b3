//! The thread of one destination: it encodes spans, and sends them until the destination has decided.
//!
//! One request is in flight at a time. Waiting records are in `pending`: records in memory, batches that are retried or
//! were halved, and the spool for records on disk only.

mod backoff;
mod batch;
mod disk;
mod key;
mod pending;
mod send_failure;
#[cfg(test)]
mod tests;

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use tokio::time::Instant;

use crate::exchange::Answer;
use crate::protocol::Protocol;
use crate::protocol::verdict::Verdict;
use crate::queue::{Control, Progress, Queue};
use crate::reason;
use crate::receipt::Account;
use crate::transport::Transport;
use backoff::{Backoff, random_share};
use batch::{Batch, Decision};
pub(crate) use disk::Disk;
use key::KeyCheck;
pub(crate) use key::KeyRefused;
pub(crate) use pending::Pending;
use send_failure::{MINUTE, SendFailure};

/// The worker of one destination.
pub(crate) struct Worker {
    name: String,
    queue: Arc<Queue>,
    resource: Arc<OnceLock<Resource>>,
    protocol: Protocol,
    transport: Option<Transport>,
    pending: Pending,
    account: Account,
    backoff: Backoff,
    /// The current pause: no try before its end.
    pause: Option<Pause>,
    /// Whether a flush has cut a pause short since one last ran its course.
    was_cut: bool,
    failures: u64,
    flushes_seen: u64,
    /// The last problem that kept records from being taken.
    trouble: Option<&'static str>,
    key_check: Option<KeyCheck>,
    /// When a problem was last logged, and, in `refused`, a refusal.
    warned: Option<Instant>,
    refused: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Pause {
    until: Instant,
    /// The server asked for the pause, or refused us again: a flush does not cut it short.
    asked: bool,
}

/// A request in flight; the records stay with the worker.
type Sending = Pin<Box<dyn Future<Output = Result<Answer, reqwest::Error>> + Send>>;

impl Worker {
    pub(crate) fn new(
        name: String,
        queue: Arc<Queue>,
        resource: Arc<OnceLock<Resource>>,
        protocol: Protocol,
        transport: Option<Transport>,
        pending: Pending,
    ) -> Self {
        Self {
            name,
            queue,
            resource,
            protocol,
            transport,
            pending,
            account: Account::default(),
            backoff: Backoff::default(),
            pause: None,
            was_cut: false,
            failures: 0,
            flushes_seen: 0,
            trouble: None,
            key_check: None,
            warned: None,
            refused: None,
        }
    }

    /// Runs until the queue is closed and everything is settled, on disk, or given up.
    pub(crate) async fn run(mut self) {
        self.pending.look();
        let mut sending: Option<(Batch, Sending)> = None;
        let mut key_check = self.key_check.take();
        loop {
            let (control, due) = self.drain_queue();
            if control.closed && self.pending.leaves_to_disk() {
                // A caller that waits for the end has waited for the requests before.
                if let Some((batch, _)) = sending.take() {
                    self.pending.again([batch]);
                }
                self.pending.all_to_disk();
                self.account.dropped.shutdown += self.pending.abandon();
                break;
            }
            if sending.is_none() {
                sending = self.next(control);
            }
            if control.closed && sending.is_none() && self.pending.is_empty() {
                break;
            }
            self.publish(sending.as_ref().map(|(batch, _)| batch));
            let wake = self.wake(due, sending.is_some());
            let answer = async {
                match &mut sending {
                    Some((_, sending)) => sending.await,
                    None => std::future::pending().await,
                }
            };
            let checked = async {
                match &mut key_check {
                    Some(check) => (&mut check.sending).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.queue.changed() => {}
                () = tokio::time::sleep_until(wake) => {}
                answer = checked => {
                    if let Some(check) = key_check.take() {
                        self.key_checked(&answer, &check.refused);
                    }
                }
                answer = answer => {
                    if let Some((batch, _)) = sending.take() {
                        self.on_response(batch, answer, control.closed);
                    }
                }
            }
            self.pending.sync_if_due();
        }
        self.publish(None);
    }

    /// Takes the due spans from the queue and encodes them as records.
    fn drain_queue(&mut self) -> (Control, Option<Instant>) {
        let (control, spans, due) = self.queue.take();
        if control.flushes > self.flushes_seen {
            self.flushes_seen = control.flushes;
            let left = self.pause.filter(|pause| pause.asked);
            self.was_cut = self.was_cut || (self.pause.is_some() && left.is_none());
            self.pause = left;
        }
        let none = Resource::builder_empty().build();
        let resource = self.resource.get().unwrap_or(&none);
        let limit = self.queue.limits.span_bytes;
        for queued in spans {
            match self.protocol.encode(queued.item, resource) {
                Some(stored) if stored.body.len() > limit => self.account.dropped.too_large += 1,
                Some(stored) => self.pending.push(queued.number, stored),
                None => self.account.rejected += 1,
            }
        }
        self.pending.write_down(self.backoff.is_away());
        (control, due.map(Instant::from_std))
    }

    /// Starts a request, if there is something to send and nothing forbids it.
    fn next(&mut self, control: Control) -> Option<(Batch, Sending)> {
        if self
            .pause
            .is_some_and(|pause| pause.until > Instant::now() && !control.closed)
        {
            return None;
        }
        if self.pause.take().is_some() {
            // The pause ran its course.
            self.was_cut = false;
        }
        loop {
            let batch = self.pending.next(control, self.protocol.mixes_routes())?;
            let records = batch.records();
            if let Protocol::Lines(lines) = &mut self.protocol {
                let written = lines.write(&records);
                match written {
                    Ok(()) => self.decided(&batch, Decision::Delivered { rejected: 0 }),
                    Err(_) => {
                        self.defer(batch, None, (SendFailure::File, None), control.closed);
                        return None;
                    }
                }
                continue;
            }
            let (Some(request), Some(transport)) =
                (self.protocol.request(&records), &self.transport)
            else {
                self.rejected(&batch, "it cannot be sent: another version wrote it");
                continue;
            };
            let transport = transport.clone();
            let sending: Sending = Box::pin(async move { transport.send(request).await });
            return Some((batch, sending));
        }
    }

    fn on_response(&mut self, batch: Batch, answer: Result<Answer, reqwest::Error>, closed: bool) {
        let answer = match answer {
            Ok(answer) => answer,
            // The batch may or may not have been stored. Records carry their ids, so sending again is safe.
            Err(error) => {
                let why = self.transport.as_ref().map(|it| it.reason(&error));
                let trouble = SendFailure::of(&error, why.unwrap_or_default());
                if let Some(transport) = self.transport.as_mut().filter(|_| error.is_timeout()) {
                    transport.renew();
                }
                return self.defer(batch, None, (trouble, why), closed);
            }
        };
        if self
            .transport
            .as_ref()
            .is_some_and(|it| it.wants_tls(&answer))
        {
            let trouble = (SendFailure::Connection, Some(reason::WANTS_TLS));
            return self.defer(batch, None, trouble, closed);
        }
        match self.protocol.judge(&batch.records(), &answer) {
            Verdict::Delivered { rejected } if rejected >= batch.len() => {
                self.rejected(&batch, &answer.reason());
            }
            Verdict::Delivered { rejected } => {
                self.decided(&batch, Decision::Delivered { rejected })
            }
            Verdict::Split => self.split(batch, &answer),
            Verdict::Rejected | Verdict::Unsupported => self.rejected(&batch, &answer.reason()),
            Verdict::RetryAsParts => self.pending.again([batch]),
            Verdict::Retry(asked) => self.defer(batch, asked, (SendFailure::Busy, None), closed),
            Verdict::Unauthorized => self.defer(batch, None, (SendFailure::Key, None), closed),
            Verdict::Proxy => self.defer(batch, None, (SendFailure::Proxy, None), closed),
        }
    }

    /// Halves a refused batch; rejects a single record, or a batch of which nothing was ever accepted.
    fn split(&mut self, batch: Batch, answer: &Answer) {
        match batch.halves() {
            Ok((first, second)) => self.pending.again([first, second]),
            Err(batch) => self.rejected(&batch, &answer.reason()),
        }
    }

    /// Stores the reason with the records, and not in the log: destinations quote what they refuse.
    fn rejected(&mut self, batch: &Batch, reason: &str) {
        let kept = self.pending.reject(batch, reason);
        let now = Instant::now();
        let quiet = self
            .refused
            .is_some_and(|last| now.duration_since(last) < MINUTE);
        if !quiet {
            self.refused = Some(now);
            let kept = kept.map(|file| file.display().to_string());
            tracing::warn!(name: "spanloom.export.rejected", records = batch.len(), destination = %self.name,
                kept_in = kept, "the destination refused records");
        }
        self.decided(batch, Decision::Rejected);
    }

    fn decided(&mut self, batch: &Batch, decision: Decision) {
        if self.backoff.is_away() {
            self.warned = None;
            tracing::info!(name: "spanloom.export.back", destination = %self.name, "records are delivered again");
        }
        self.backoff.succeeded();
        let records = batch.len();
        self.trouble = None;
        match decision {
            Decision::Delivered { rejected } => {
                let rejected = rejected.min(records);
                self.account.rejected += rejected;
                self.account.delivered += records - rejected;
                batch.mark_delivered();
            }
            Decision::Rejected => self.account.rejected += records,
        }
        self.pending.settle(batch);
    }

    fn defer(
        &mut self,
        batch: Batch,
        asked: Option<Duration>,
        (trouble, why): (SendFailure, Option<&'static str>),
        closed: bool,
    ) {
        // A busy destination may well recover before a flush times out.
        self.failures += u64::from(trouble != SendFailure::Busy);
        let pause = if trouble == SendFailure::Unreachable {
            self.backoff.unreachable(random_share())
        } else {
            self.backoff.failed(asked, random_share())
        };
        let asked = asked.is_some_and(|asked| !asked.is_zero());
        self.trouble = Some(why.unwrap_or(trouble.why()));
        let now = Instant::now();
        self.pause = Some(Pause {
            until: now + trouble.pause().unwrap_or(pause),
            asked: asked || (trouble.pause().is_some() && self.was_cut),
        });
        let quiet = self
            .warned
            .is_some_and(|warned| now.duration_since(warned) < MINUTE);
        if !quiet {
            self.warned = Some(now);
            tracing::warn!(name: "spanloom.export.retry", records = batch.len(), ?trouble, destination = %self.name,
                why = why.unwrap_or(trouble.why()), "records could not be delivered yet");
        }
        let expired = batch.age() >= self.queue.limits.give_up_after;
        let lost = self.pending.back(batch, expired || closed);
        let dropped = &mut self.account.dropped;
        let (reason, count) = match expired {
            true => ("expired", &mut dropped.expired),
            false => ("shutdown", &mut dropped.shutdown),
        };
        *count += lost;
        if lost > 0 {
            tracing::warn!(name: "spanloom.export.dropped", records = lost, reason, destination = %self.name,
                "records were given up");
        }
    }

    /// Returns when to wake up without a notification.
    fn wake(&self, due: Option<Instant>, is_sending: bool) -> Instant {
        let now = Instant::now();
        let pause = self.pause.map(|pause| pause.until).filter(|_| !is_sending);
        let batch = self
            .pending
            .due()
            .filter(|_| !is_sending && pause.is_none());
        let sync = self.pending.sync_due();
        // An hour is as good as never: the queue wakes the worker for everything else.
        let never = now + Duration::from_secs(3_600);
        [due, pause, batch, sync]
            .into_iter()
            .flatten()
            .fold(never, Instant::min)
    }

    fn publish(&mut self, sending: Option<&Batch>) {
        self.account.recovered += self.pending.take_found();
        let losses = self.pending.losses();
        self.account.dropped.spool_full += losses.full;
        self.account.dropped.expired += losses.expired;
        self.account.dropped.corrupt += losses.corrupt;
        self.account.spooled = self.pending.on_disk();
        let (sending_oldest, sending_bytes) =
            sending.map_or((None, 0), |batch| (batch.oldest(), batch.bytes()));
        let read = self.pending.read_from_disk() + sending.map_or(0, Batch::read_from_disk);
        let oldest = [self.pending.oldest(), sending_oldest];
        self.queue.publish(Progress {
            account: self.account,
            trouble: self
                .trouble
                .or_else(|| self.pending.trouble(self.account.rejected > 0)),
            oldest: oldest.into_iter().flatten().min(),
            bytes: self.pending.bytes() + sending_bytes,
            on_disk: self.pending.on_disk_only() + read,
            failures: self.failures,
            is_put_off: self.pause.is_some_and(|pause| pause.asked),
            has_looked: true,
            ended: false,
        });
    }
}

//! Calls are deleted step by step, between the writes of others.

use std::sync::Arc;

use super::transaction::Transaction;
use super::{Memory, Refused, Store};

impl Store {
    /// Deletes calls, and all calls below them, by their places in `memory`; and what waits for the start of calls that are
    /// not there, by `entity/project` and id. Returns how many calls there were.
    ///
    /// What was deleted stays so if the future is dropped, and the rest is found again by the same calls.
    pub(crate) async fn delete(
        &self,
        memory: Arc<Memory>,
        places: Vec<usize>,
        waiting: Vec<(String, String)>,
    ) -> Result<usize, Refused> {
        let plan = move || memory.plan_deletion(&places);
        let plan = tokio::task::spawn_blocking(plan).await;
        let plan = Arc::new(plan.map_err(|_| Refused::Failed)?);
        if !waiting.is_empty() {
            let work = move |transaction: &mut Transaction| transaction.delete_waiting(&waiting);
            self.writer().run_with(0, work).await?;
        }
        let mut deleted = 0;
        for step in 0..plan.steps.len() {
            let plan = Arc::clone(&plan);
            let work = move |transaction: &mut Transaction| {
                let places = plan.steps.get(step).map_or(&[][..], Vec::as_slice);
                transaction.delete(places, &plan)
            };
            deleted += self.writer().run_with(0, work).await?;
        }
        if deleted > 0 {
            self.writer().run_with(0, Transaction::tidy).await?;
        }
        Ok(deleted)
    }
}

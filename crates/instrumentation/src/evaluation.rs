//! Evaluations of calls that were recorded.

use std::time::SystemTime;

use opentelemetry::trace::SpanContext;
use spanloom_core::Evaluation;

use crate::event::Event;
use crate::layer::GenAiLayer;
use crate::operation::records_content;
use crate::recorded_call::RecordedCall;

impl GenAiLayer {
    /// Sends an evaluation of a call as the event `gen_ai.evaluation.result`, to the layer's logger provider. Returns whether
    /// there is one, and a call. Secrets in its texts are masked, and its explanation is sent only if content is recorded.
    #[expect(clippy::must_use_candidate, reason = "most callers have no use for it")]
    pub fn evaluate(&self, call: &RecordedCall, evaluation: Evaluation) -> bool {
        let Some((span, evaluation)) = self.evaluated(call, evaluation) else {
            return false;
        };
        self.send_evaluation(&span, &evaluation, SystemTime::now())
    }

    /// Returns the call's span, and the evaluation as it may be recorded; `None` if no call was recorded.
    #[doc(hidden)]
    #[must_use]
    pub fn evaluated(
        &self,
        call: &RecordedCall,
        evaluation: Evaluation,
    ) -> Option<(SpanContext, Evaluation)> {
        let config = self.config();
        let masked = |text: &str| config.content.policy.text(text).into_owned();
        let span = call.span_context().filter(SpanContext::is_valid)?;
        Some((span, evaluation.filtered(records_content(config), masked)))
    }

    #[doc(hidden)]
    #[must_use]
    pub fn send_evaluation(
        &self,
        span: &SpanContext,
        evaluation: &Evaluation,
        at: SystemTime,
    ) -> bool {
        let Some(events) = &self.config().content.events else {
            return false;
        };
        events.emit(Event::evaluation(evaluation, span, at));
        true
    }
}

//! The attributes of a call's metrics. A service's calls are much alike, so the sets are built once for each kind.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::KeyValue;
use spanloom_core::{Call, semconv as names};

/// The number of call kinds that are remembered; the oldest is evicted first.
const REMEMBERED: usize = 64;

/// The values that distinguish the metrics of one call from those of another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kind {
    operation: &'static str,
    provider: String,
    server_address: String,
    server_port: Option<u16>,
    request_model: Option<String>,
    response_model: Option<String>,
    service_tier: Option<String>,
    system_fingerprint: Option<String>,
    error_type: Option<String>,
}

impl Kind {
    fn is_of(&self, call: &Call) -> bool {
        let response = &call.response;
        let error_type = call.failure.as_ref().map(|failure| &failure.kind);
        self.operation == call.endpoint.operation()
            && self.provider == call.provider
            && self.server_address == call.server_address
            && self.server_port == call.server_port
            && self.request_model == call.request.model
            && self.response_model == response.model
            && self.service_tier == response.service_tier
            && self.system_fingerprint == response.system_fingerprint
            && self.error_type.as_ref() == error_type
    }

    fn of(call: &Call) -> Self {
        let response = &call.response;
        Self {
            operation: call.endpoint.operation(),
            provider: call.provider.clone(),
            server_address: call.server_address.clone(),
            server_port: call.server_port,
            request_model: call.request.model.clone(),
            response_model: response.model.clone(),
            service_tier: response.service_tier.clone(),
            system_fingerprint: response.system_fingerprint.clone(),
            error_type: call.failure.as_ref().map(|failure| failure.kind.clone()),
        }
    }
}

/// The attributes of each metric.
#[derive(Debug)]
pub(super) struct Sets {
    /// The attributes of the chunk metrics.
    pub(super) chunks: Vec<KeyValue>,
    pub(super) duration: Vec<KeyValue>,
    pub(super) input_tokens: Vec<KeyValue>,
    pub(super) output_tokens: Vec<KeyValue>,
}

impl Sets {
    fn of(kind: &Kind) -> Self {
        let text = |name: &'static str, value: &Option<String>| {
            let value = value.clone();
            value.map(|value| KeyValue::new(name, value))
        };
        let mut chunks = vec![
            KeyValue::new(names::GEN_AI_OPERATION_NAME, kind.operation),
            KeyValue::new(names::GEN_AI_PROVIDER_NAME, kind.provider.clone()),
            KeyValue::new(names::SERVER_ADDRESS, kind.server_address.clone()),
        ];
        let port = kind.server_port.map(i64::from);
        chunks.extend(port.map(|port| KeyValue::new(names::SERVER_PORT, port)));
        chunks.extend(text(names::GEN_AI_REQUEST_MODEL, &kind.request_model));
        chunks.extend(text(names::GEN_AI_RESPONSE_MODEL, &kind.response_model));
        let mut refined = chunks.clone();
        // The attributes that the convention adds for OpenAI.
        if kind.provider == "openai" {
            refined.extend(text(
                names::OPENAI_RESPONSE_SERVICE_TIER,
                &kind.service_tier,
            ));
            refined.extend(text(
                names::OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
                &kind.system_fingerprint,
            ));
        }
        let with = |attribute: Option<KeyValue>| {
            let mut attributes = refined.clone();
            attributes.extend(attribute);
            attributes
        };
        let tokens = |kind: &'static str| with(Some(KeyValue::new(names::GEN_AI_TOKEN_TYPE, kind)));
        Self {
            duration: with(text(names::ERROR_TYPE, &kind.error_type)),
            input_tokens: tokens("input"),
            output_tokens: tokens("output"),
            chunks,
        }
    }
}

/// The sets of the most recently added call kinds.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Vec<(Kind, Arc<Sets>)>>);

impl Cache {
    pub(super) fn sets(&self, call: &Call) -> Arc<Sets> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sets)) = known.iter().find(|(kind, _)| kind.is_of(call)) {
            return Arc::clone(sets);
        }
        let kind = Kind::of(call);
        let sets = Arc::new(Sets::of(&kind));
        if known.len() == REMEMBERED {
            known.remove(0);
        }
        known.push((kind, Arc::clone(&sets)));
        sets
    }
}

#[cfg(test)]
mod tests {
    use spanloom_core::Failure;

    use super::*;
    use crate::prices::tests::call;

    #[test]
    fn calls_that_are_alike_share_their_sets() {
        let cache = Cache::default();
        let one = call("openai", "gpt-4o", 1);
        assert!(Arc::ptr_eq(&cache.sets(&one), &cache.sets(&one)));
        let mut others = vec![one.clone(); 6];
        others[0].request.model = Some("other".to_owned());
        others[1].response.model = Some("other".to_owned());
        others[2].server_port = Some(1);
        others[3].response.service_tier = Some("flex".to_owned());
        others[4].response.system_fingerprint = Some("fp".to_owned());
        others[5].failure = Some(Failure {
            kind: "timeout".to_owned(),
            message: String::new(),
        });
        for other in others {
            assert!(!Arc::ptr_eq(&cache.sets(&one), &cache.sets(&other)));
        }
    }

    #[test]
    fn hostile_names_do_not_pile_up() {
        let cache = Cache::default();
        for n in 0..10 * REMEMBERED {
            cache.sets(&call("openai", &format!("model-{n}"), 1));
        }
        assert_eq!(cache.0.lock().unwrap().len(), REMEMBERED);
    }
}

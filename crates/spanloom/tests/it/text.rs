//! The text of a stream of the Responses API, behind the feature `responses`.

use std::convert::Infallible;

use async_openai::types::responses::ResponseStreamEvent;
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use spanloom::text_from_stream;

#[tokio::test]
async fn a_response_gives_its_text_as_it_comes() {
    let event = |kind: &str, delta: &str| {
        let event = json!({"type": kind, "sequence_number": 1, "item_id": "msg_1", "output_index": 0,
            "content_index": 0, "summary_index": 0, "delta": delta, "logprobs": []});
        Ok::<ResponseStreamEvent, Infallible>(serde_json::from_value(event).unwrap())
    };
    let events = [
        event("response.reasoning_summary_text.delta", "hm"),
        event("response.output_text.delta", "Hel"),
        event("response.output_text.delta", "lo"),
    ];
    let pieces: Vec<_> = text_from_stream(stream::iter(events)).collect().await;
    assert_eq!(pieces, [Ok("Hel".to_owned()), Ok("lo".to_owned())]);
}

//! The text of a streamed answer, piece by piece.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_openai::types::chat::CreateChatCompletionStreamResponse;
#[cfg(feature = "responses")]
use async_openai::types::responses::ResponseStreamEvent;
use futures_util::Stream;
use pin_project_lite::pin_project;

/// A piece of a streamed answer that may carry text.
pub trait TextDelta {
    /// Returns the piece's text, or `None` if the piece has another purpose.
    fn into_text(self) -> Option<String>;
}

/// Yields only the first choice's text: several choices arrive interleaved and make no sense as one text.
impl TextDelta for CreateChatCompletionStreamResponse {
    fn into_text(self) -> Option<String> {
        let first = self.choices.into_iter().find(|choice| choice.index == 0)?;
        first.delta.content.filter(|text| !text.is_empty())
    }
}

#[cfg(feature = "responses")]
impl TextDelta for ResponseStreamEvent {
    fn into_text(self) -> Option<String> {
        match self {
            Self::ResponseOutputTextDelta(event) => Some(event.delta),
            _ => None,
        }
    }
}

/// Returns the text of an async-openai stream as it arrives, ready to print.
///
/// Errors are passed on in place and do not end the stream. Reading this stream reads the inner stream, so dropping it
/// half-way cancels the call. The call's record is the same as without this wrapper.
///
/// ```no_run
/// use async_openai::types::chat::CreateChatCompletionRequest;
/// use futures_util::StreamExt as _;
/// use spanloom_instrumentation::text_from_stream;
///
/// # async fn f(client: async_openai::Client<async_openai::config::OpenAIConfig>, request: CreateChatCompletionRequest)
/// # -> Result<(), async_openai::error::OpenAIError> {
/// let mut text = text_from_stream(client.chat().create_stream(request).await?);
/// while let Some(piece) = text.next().await {
///     print!("{}", piece?);
/// }
/// # Ok(()) }
/// ```
pub fn text_from_stream<S, T, E>(stream: S) -> TextStream<S>
where
    S: Stream<Item = Result<T, E>>,
    T: TextDelta,
{
    TextStream { stream }
}

pin_project! {
    /// The stream returned by [`text_from_stream`].
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct TextStream<S> {
        #[pin]
        stream: S,
    }
}

impl<S, T, E> Stream for TextStream<S>
where
    S: Stream<Item = Result<T, E>>,
    T: TextDelta,
{
    type Item = Result<String, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let piece = match ready!(self.as_mut().project().stream.poll_next(cx)) {
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
            if let Some(text) = piece.into_text() {
                return Poll::Ready(Some(Ok(text)));
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.stream.size_hint().1)
    }
}

//! What both APIs have in their parts.

use crate::json::Node;
use crate::message::{Modality, Part, Text};

/// `input_audio`.
pub(super) fn audio(item: Node<'_>) -> Part<'_> {
    let audio = item.get("input_audio").unwrap_or(item);
    let format = Text::of(audio, "format");
    let format = format.as_ref().map_or("wav".into(), Text::get);
    Part::Blob {
        modality: Modality::Audio,
        mime_type: Some(["audio/", &format].concat().into()),
        content: Text::of(audio, "data").unwrap_or_else(|| "".into()),
    }
}

/// A document: what it holds (`file_data`), where it is (`file_url`) or the id it was stored under (`file_id`).
pub(super) fn document(item: Node<'_>) -> Option<Part<'_>> {
    let modality = Modality::Document;
    if let Some(content) = Text::of(item, "file_data") {
        return Some(match content.get().starts_with("data:") {
            true => Part::media(modality, content),
            false => Part::Blob {
                modality,
                mime_type: None,
                content,
            },
        });
    }
    if let Some(url) = Text::of(item, "file_url") {
        return Some(Part::media(modality, url));
    }
    let id = Text::of(item, "file_id")?;
    Some(Part::File { modality, id })
}

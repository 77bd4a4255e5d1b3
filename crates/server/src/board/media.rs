//! Images and sounds that a call carries, as the page may show them.

use spanloom_core::message::{Modality, Part};

/// The media that browsers show without a program of their own, by type, with how their base64 begins.
const SHOWN: [(Modality, &str, &str); 9] = [
    (Modality::Image, "image/png", "iVBORw0KGgo"),
    (Modality::Image, "image/jpeg", "/9j/"),
    (Modality::Image, "image/gif", "R0lGOD"),
    (Modality::Image, "image/webp", "UklGR"),
    (Modality::Audio, "audio/wav", "UklGR"),
    (Modality::Audio, "audio/mpeg", "SUQz"),
    (Modality::Audio, "audio/mpeg", "//"),
    (Modality::Audio, "audio/ogg", "T2dnUw"),
    (Modality::Audio, "audio/flac", "ZkxhQ"),
];

/// Returns the `data:` address of an image or a sound whose content is in the call; `None` if it is elsewhere, or of a type
/// that is not shown. The type is that of the content, whatever the call states.
pub(super) fn data(part: &Part<'_>) -> Option<String> {
    let Part::Blob {
        modality, content, ..
    } = part
    else {
        return None;
    };
    let content = content.get();
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let known = SHOWN
        .iter()
        .find(|(of, _, beginning)| of == modality && content.starts_with(beginning));
    let (_, kind, _) = known.filter(|_| content.bytes().all(is_base64))?;
    Some(["data:", kind, ";base64,", &content].concat())
}

#[cfg(test)]
mod tests {
    use spanloom_core::message::Text;

    use super::*;

    fn of(modality: Modality, kind: &'static str, content: &'static str) -> Option<String> {
        data(&Part::Blob {
            modality,
            mime_type: Some(kind.into()),
            content: Text::from(content),
            detail: None,
        })
    }

    #[test]
    fn the_type_is_that_of_the_content() {
        let png = "iVBORw0KGgoAAAANSUhEUg==";
        let address = of(Modality::Image, "image/svg+xml", png);
        assert_eq!(
            address.as_deref(),
            Some("data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==")
        );
        assert_eq!(of(Modality::Image, "image/png", "PHN2Zz48c2NyaXB0"), None);
        assert_eq!(
            of(Modality::Image, "image/png", "iVBORw0KGgo\"><script>"),
            None
        );
        assert_eq!(of(Modality::Audio, "audio/wav", png), None);
        assert!(of(Modality::Audio, "audio/wav", "UklGRiQAAABXQVZF").is_some());
    }
}

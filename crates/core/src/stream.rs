//! The name of a stream: `entity/project/stream`.

use std::fmt;
use std::str::FromStr;

/// The destination of records: `entity/project/stream`, the name passed to `init_monitor`.
///
/// Entity and project are those of W&B; the stream is the table that calls are written to. Each part has 1 to 128
/// characters (letters, digits, `-`, `_`, `.` and space), begins and ends with none of the spaces, and is neither `.` nor `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName {
    /// W&B team or user.
    pub entity: String,
    /// Project of that entity.
    pub project: String,
    /// Table of calls in that project.
    pub stream: String,
}

impl StreamName {
    /// The maximum length of a part, in characters.
    pub const MAX_PART: usize = 128;

    /// Reads `entity/project/stream`, or `project/stream` when a default entity (the `WANDB_ENTITY` of the caller) is given.
    ///
    /// # Errors
    /// Returns an error that states the expected shape if the name has a different number of parts, or names the invalid part.
    pub fn parse(name: &str, default_entity: Option<&str>) -> Result<Self, StreamNameError> {
        let parts: Vec<&str> = name.split('/').collect();
        let (entity, project, stream) = match (parts.as_slice(), default_entity) {
            ([entity, project, stream], _) => (*entity, *project, *stream),
            ([project, stream], Some(entity)) if !entity.is_empty() => (entity, *project, *stream),
            ([_, _], _) => return Err(StreamNameError::new(name, Fault::NoEntity)),
            _ => return Err(StreamNameError::new(name, Fault::Shape)),
        };
        for (part, value) in [("entity", entity), ("project", project), ("stream", stream)] {
            if !Self::is_part(value) {
                return Err(StreamNameError::new(name, Fault::Part(part)));
            }
        }
        Ok(Self {
            entity: entity.to_owned(),
            project: project.to_owned(),
            stream: stream.to_owned(),
        })
    }

    /// Returns whether `value` is valid as an entity, project or stream.
    #[must_use]
    pub fn is_part(value: &str) -> bool {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
        (1..=Self::MAX_PART).contains(&value.chars().count())
            && value.chars().all(allowed)
            && value.trim() == value
            && value != "."
            && value != ".."
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.entity, self.project, self.stream)
    }
}

impl FromStr for StreamName {
    type Err = StreamNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name, None)
    }
}

/// The error for a name that is not `entity/project/stream`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamNameError {
    name: String,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    Shape,
    NoEntity,
    Part(&'static str),
}

impl StreamNameError {
    fn new(name: &str, fault: Fault) -> Self {
        let name: String = name.chars().take(200).collect();
        Self { name, fault }
    }
}

impl fmt::Display for StreamNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid stream name {:?}: ", self.name)?;
        match self.fault {
            Fault::Shape => {
                f.write_str("expected entity/project/stream, such as acme/chatbot/openai_logs")
            }
            Fault::NoEntity => f.write_str(
                "expected entity/project/stream, or project/stream with WANDB_ENTITY set",
            ),
            Fault::Part(part) => write!(
                f,
                "expected entity/project/stream, and {part} must have 1 to {} letters, digits, '-', '_', '.' or inner spaces",
                StreamName::MAX_PART
            ),
        }
    }
}

impl std::error::Error for StreamNameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts() {
        let name: StreamName = "acme/chatbot/openai_logs".parse().unwrap();
        assert_eq!(
            (
                name.entity.as_str(),
                name.project.as_str(),
                name.stream.as_str()
            ),
            ("acme", "chatbot", "openai_logs")
        );
        assert_eq!(name.to_string(), "acme/chatbot/openai_logs");
    }

    #[test]
    fn two_parts_take_the_default_entity() {
        assert_eq!(
            StreamName::parse("chatbot/logs", Some("acme"))
                .unwrap()
                .entity,
            "acme"
        );
        let error = StreamName::parse("chatbot/logs", None)
            .unwrap_err()
            .to_string();
        assert!(error.contains("WANDB_ENTITY"), "{error}");
    }

    #[test]
    fn other_shapes_say_what_was_expected() {
        for name in [
            "", "logs", "a/b/c/d", "a//c", "a/b/", "../b/c", "a/b\n/c", " a/b/c", "a/b?/c",
        ] {
            let error = StreamName::parse(name, Some("acme"))
                .unwrap_err()
                .to_string();
            assert!(error.contains("expected entity/project/stream"), "{error}");
        }
    }
}

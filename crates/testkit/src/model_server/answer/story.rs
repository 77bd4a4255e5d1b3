//! A fifty-word story, in two voices.

const ROBOT: &str = "Beep boop. Unit Seven swept empty station halls. Bloop. One day, sensors found green: a small \
    plant. Query: purpose? Unknown. Unit Seven gave water. Beep. Leaves grew. Whirr. Humans returned, saw garden, \
    wept. Unit Seven logged new value: joy. Task list updated. Sweep less. Grow more. Beep bloop boop bop.";

const PLAIN: &str = "The lighthouse keeper counted ships the way others count sheep. One night, fog swallowed the \
    beam and the count stopped. So she sang. Somewhere out there, a horn answered, then another, until the whole \
    harbor hummed along. By morning every boat was home, and nobody even mentioned the broken lamp.";

/// Returns the story in the robot's voice when the instructions mention a robot.
pub(super) fn fifty_words(instructions: &str) -> &'static str {
    if instructions.contains("robot") {
        ROBOT
    } else {
        PLAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_stories_have_fifty_words() {
        assert_eq!(ROBOT.split_whitespace().count(), 50);
        assert_eq!(PLAIN.split_whitespace().count(), 50);
    }
}

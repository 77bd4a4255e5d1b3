//! Outcomes as the numbers that they are stored as.

use spanloom_core::Outcome;

pub(crate) fn number(outcome: Outcome) -> u8 {
    let place = Outcome::ALL.iter().position(|known| *known == outcome);
    place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(u8::MAX)
}

pub(crate) fn of(number: u8) -> Option<Outcome> {
    Outcome::ALL.get(usize::from(number)).copied()
}

//! libFuzzer on one target: that of `SPANLOOM_FUZZ_TARGET`, or, if it is not set, that of the input's first byte.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spanloom_fuzz::{TARGETS, Target};

static ONLY: LazyLock<Option<Target>> = LazyLock::new(|| {
    let name = std::env::var("SPANLOOM_FUZZ_TARGET").ok()?;
    let target = TARGETS.iter().find(|(target, _)| *target == name);
    Some(*target.unwrap_or_else(|| panic!("{name} is no target")))
});

fuzz_target!(|data: &[u8]| {
    match (*ONLY, data.split_first()) {
        (Some((_, target)), _) => target(data),
        (None, Some((first, rest))) => TARGETS[usize::from(*first) % TARGETS.len()].1(rest),
        (None, None) => {}
    }
});

//! What holds for the whole project: `structure` holds the arrows between crates, and the form of the source.

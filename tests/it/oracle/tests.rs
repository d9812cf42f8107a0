//! The oracle itself: every rule has an example that it lets pass and one that it refuses.

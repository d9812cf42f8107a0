//! Which way of signing in is chosen, and how that is told.

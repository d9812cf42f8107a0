//! What is signed.

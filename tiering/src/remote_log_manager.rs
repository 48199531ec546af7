//! Starts and stops each partition's tiering.

//! The metadata image: immutable, cheap to clone. One family in each file of `image/`.

pub mod remote_segments;

//! One file per API. A handler decodes nothing and frames nothing: it is given a request and gives an [`Outcome`].
//!
//! [`Outcome`]: super::Outcome

pub(crate) mod api_versions;
pub(crate) mod fetch;
pub(crate) mod list_offsets;
pub(crate) mod metadata;
pub(crate) mod produce;

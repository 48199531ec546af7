//! Random numbers, through a seam that a simulation replaces.
//!
//! Owns: the trait, and identities made from it. Does not own: what is named or delayed by them.

use strata_compat::ids::Uuid;

/// Gives random numbers.
pub trait Random: Send + Sync + 'static {
    /// The next 128 random bits.
    fn next(&self) -> u128;

    /// A new identity.
    fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.next().to_be_bytes()).into_uuid()
    }
}

/// The machine's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn next(&self) -> u128 {
        rand::random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_random_ones_of_version_four() {
        let (one, other) = (SystemRandom.uuid(), SystemRandom.uuid());
        assert_ne!(one, other);
        assert_eq!(one.get_version_num(), 4);
    }
}

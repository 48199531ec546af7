//! Values for the tests of generated messages, from a seed.

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use uuid::Uuid;

use super::{KString, Records};

/// Source of values; the same seed gives the same values.
pub(crate) struct Sample {
    random: StdRng,
    /// How many elements a list has at most.
    list_max: usize,
    /// How many bytes a value has at most.
    bytes_max: usize,
}

impl Sample {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), list_max: 3, bytes_max: 1500 }
    }

    /// A source of empty lists and strings now and then, for tests that look at every byte.
    pub(crate) fn small(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), list_max: 1, bytes_max: 4 }
    }

    pub(crate) fn bool(&mut self) -> bool {
        self.random.random()
    }

    pub(crate) fn i8(&mut self) -> i8 {
        self.random.random()
    }

    pub(crate) fn i16(&mut self) -> i16 {
        self.random.random()
    }

    pub(crate) fn u16(&mut self) -> u16 {
        self.random.random()
    }

    pub(crate) fn i32(&mut self) -> i32 {
        self.random.random()
    }

    pub(crate) fn i64(&mut self) -> i64 {
        self.random.random()
    }

    pub(crate) fn f64(&mut self) -> f64 {
        f64::from(self.i32()) / 8.0
    }

    pub(crate) fn uuid(&mut self) -> Uuid {
        Uuid::from_u128(self.random.random())
    }

    pub(crate) fn string(&mut self) -> KString {
        let length = self.random.random_range(0..=self.bytes_max.min(200));
        KString::from((0..length).map(|_| self.random.random_range('a'..'ÿ')).collect::<String>())
    }

    pub(crate) fn bytes(&mut self) -> Bytes {
        let length = self.random.random_range(0..=self.bytes_max);
        (0..length).map(|_| self.random.random::<u8>()).collect()
    }

    pub(crate) fn records(&mut self) -> Records {
        (0..self.random.random_range(0..4)).map(|_| self.bytes()).collect()
    }

    pub(crate) fn array<T>(&mut self, mut element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.random.random_range(0..=self.list_max)).map(|_| element(self)).collect()
    }

    /// A value three times of four.
    pub(crate) fn option<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.random.random_range(0..4) > 0).then(|| value(self))
    }

    /// A value, or the default one time of four, for tagged fields.
    pub(crate) fn or_default<T>(&mut self, default: T, value: impl FnOnce(&mut Self) -> T) -> T {
        self.option(value).unwrap_or(default)
    }
}

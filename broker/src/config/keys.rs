//! Every key that may be set: Kafka's, with what each does here, and our own.
//!
//! Owns: the tables `kafka_keys.table` and `strata_keys.table`, types and ranges of values, the nearest valid name. Does not
//! own: what a value leads to (`config.rs`).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::ConfigError;

const KAFKA_KEYS: &str = include_str!("kafka_keys.table");
const STRATA_KEYS: &str = include_str!("strata_keys.table");

/// The type of a value, by Kafka's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// `true` or `false`.
    Boolean,
    /// 32 bits.
    Int,
    /// 64 bits.
    Long,
    /// 16 bits.
    Short,
    /// A decimal fraction.
    Double,
    /// Text.
    String,
    /// Comma-separated text.
    List,
    /// A Java class.
    Class,
    /// Text that is never shown.
    Password,
}

/// What setting a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// It does what Kafka's documentation, or ours, says.
    Honoured,
    /// It is accepted, and something else takes its place: what.
    Mapped(&'static str),
    /// Any value but the default is refused: why.
    Refused(&'static str),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// Its name.
    pub name: &'static str,
    /// Type of its value.
    pub value_type: ValueType,
    /// Its default as text; `None` where there is none.
    pub default: Option<&'static str>,
    /// Smallest and largest number, or the words allowed, in the table's notation; empty for no limit.
    pub range: &'static str,
    /// Whether it may be changed while the broker runs.
    pub is_dynamic: bool,
    /// What it does.
    pub handling: Handling,
}

/// All keys by name.
pub fn all() -> &'static BTreeMap<&'static str, KeySpec> {
    static KEYS: OnceLock<BTreeMap<&'static str, KeySpec>> = OnceLock::new();
    KEYS.get_or_init(|| {
        KAFKA_KEYS
            .lines()
            .chain(STRATA_KEYS.lines())
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| {
                let spec = parse_row(line).expect("the tables are part of the program and a test reads each row");
                (spec.name, spec)
            })
            .collect()
    })
}

/// The key of this name, or an error that names the nearest one.
pub fn find(name: &str) -> Result<&'static KeySpec, ConfigError> {
    all().get(name).ok_or_else(|| {
        let nearest = nearest(name, all().keys().copied());
        ConfigError::new(match nearest {
            Some(nearest) => format!("'{name}' is not a known key; the nearest one is '{nearest}'"),
            None => format!("'{name}' is not a known key; see the broker configs of Apache Kafka and deploy/config"),
        })
    })
}

fn parse_row(line: &'static str) -> Option<KeySpec> {
    let mut fields = line.split('|').map(str::trim);
    let name = fields.next()?;
    let value_type = match fields.next()? {
        "boolean" => ValueType::Boolean,
        "int" => ValueType::Int,
        "long" => ValueType::Long,
        "short" => ValueType::Short,
        "double" => ValueType::Double,
        "string" => ValueType::String,
        "list" => ValueType::List,
        "class" => ValueType::Class,
        "password" => ValueType::Password,
        _ => return None,
    };
    let default = match fields.next()? {
        "null" | "none" => None,
        text => Some(text),
    };
    let range = fields.next()?;
    let is_dynamic = match fields.next()? {
        "dynamic" => true,
        "static" => false,
        _ => return None,
    };
    let handling = match fields.next()?.split_once(": ") {
        None => Handling::Honoured,
        Some(("mapped", how)) => Handling::Mapped(how),
        Some(("refused", why)) => Handling::Refused(why),
        Some(_) => return None,
    };
    Some(KeySpec { name, value_type, default, range, is_dynamic, handling })
}

impl KeySpec {
    /// Checks a value's type and range.
    pub fn check(&self, value: &str) -> Result<(), ConfigError> {
        check_value(self.name, self.value_type, self.range, value)
    }

    /// Whether the value must never be shown.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        is_sensitive(self.name) || self.value_type == ValueType::Password
    }
}

/// Whether a key's name says that its value is a secret.
#[must_use]
pub fn is_sensitive(name: &str) -> bool {
    ["password", "secret", "keystore.key", "jaas.config", "passphrase"].iter().any(|word| name.contains(word))
}

/// Checks a value against a type and a range in the tables' notation.
pub fn check_value(name: &str, value_type: ValueType, range: &str, value: &str) -> Result<(), ConfigError> {
    let wrong = |expected: &str| Err(ConfigError::new(format!("'{name}' is {expected}, not '{value}'")));
    let number = match value_type {
        ValueType::Boolean if !matches!(value.to_ascii_lowercase().as_str(), "true" | "false") => {
            return wrong("true or false");
        }
        ValueType::Int if value.parse::<i32>().is_err() => {
            return wrong("a whole number of 32 bits");
        }
        ValueType::Short if value.parse::<i16>().is_err() => {
            return wrong("a whole number of 16 bits");
        }
        ValueType::Long if value.parse::<i64>().is_err() => {
            return wrong("a whole number of 64 bits");
        }
        ValueType::Double if value.parse::<f64>().is_err() => return wrong("a number"),
        ValueType::Int | ValueType::Short | ValueType::Long | ValueType::Double => value.parse::<f64>().ok(),
        _ => None,
    };
    if let Some(words) = range.strip_prefix("one of ") {
        let items = if value_type == ValueType::List { value.split(',').map(str::trim).collect() } else { vec![value] };
        if items.iter().any(|item| !item.is_empty() && !words.split(' ').any(|word| word == *item)) {
            return wrong(&format!("one of: {}", words.replace(' ', ", ")));
        }
        return Ok(());
    }
    let (bounds, allows_minus_one) = match range.strip_suffix(" or -1") {
        Some(bounds) => (bounds, true),
        None => (range, false),
    };
    let Some((low, high)) = bounds.split_once("..") else {
        return Ok(());
    };
    let Some(number) = number else { return Ok(()) };
    let is_above = low.parse::<f64>().map_or(true, |low| number >= low);
    let is_below = high.parse::<f64>().map_or(true, |high| number <= high);
    if (is_above && is_below) || (allows_minus_one && value == "-1") {
        return Ok(());
    }
    wrong(&match (low, high) {
        (low, "") => format!("at least {low}"),
        (low, high) => format!("from {low} to {high}"),
    })
}

/// The name among `names` with the fewest edits, if it is near at all.
pub fn nearest<'names>(name: &str, names: impl Iterator<Item = &'names str>) -> Option<&'names str> {
    let limit = (name.len() / 3).max(2);
    // So many edits it takes at least; a name of a hundred kilobytes, which a client may send, is compared with nothing.
    let length = name.chars().count();
    names
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (edits(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, character) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in right.iter().enumerate() {
            let above = row[column + 1];
            let replaced = diagonal + usize::from(character != *other);
            row[column + 1] = replaced.min(above + 1).min(row[column] + 1);
            diagonal = above;
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_understood_and_its_default_is_valid() {
        assert!(all().len() > 360, "{}", all().len());
        for spec in all().values() {
            if let Some(default) = spec.default
                && !default.is_empty()
            {
                spec.check(default).unwrap();
            }
        }
    }

    #[test]
    fn a_name_that_is_far_longer_than_all_others_is_compared_with_none() {
        // 10 MB against each key would take minutes.
        let name = "process.rocket.send.buffer".repeat(400_000);
        assert_eq!(nearest(&name, all().keys().copied()), None);
        assert_eq!(nearest("log.dir", ["log.dirs", "log"].into_iter()), Some("log.dirs"));
    }

    #[test]
    fn a_misspelt_key_is_answered_with_the_nearest_one() {
        let error = find("log.segment.byte").unwrap_err();
        assert!(error.to_string().contains("'log.segment.bytes'"), "{error}");
        assert!(find("entirely.of.its.own.kind.and.far.from.all").unwrap_err().to_string().contains("not a known key"));
    }

    #[test]
    fn values_are_checked_by_type_and_range() {
        let cases = [
            ("num.partitions", "0", false),
            ("num.partitions", "1", true),
            ("num.partitions", "many", false),
            ("log.cleanup.policy", "compact,delete", true),
            ("log.cleanup.policy", "shrink", false),
            ("compression.gzip.level", "-1", true),
            ("compression.gzip.level", "10", false),
            ("auto.create.topics.enable", "yes", false),
        ];
        for (name, value, is_valid) in cases {
            assert_eq!(find(name).unwrap().check(value).is_ok(), is_valid, "{name}={value}");
        }
    }
}

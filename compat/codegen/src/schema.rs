//! The model of a schema file: messages, structs, fields and the versions in which they exist.
//!
//! Owns: the types that parser, generator and comparer share. Does not own: the notation (see `parse`) or any Rust text.
//! Invariants: every range is inside the range of what holds it, and structs never contain themselves, so that decoding nests
//! only as deep as a schema does.

use std::collections::BTreeMap;

/// A closed range of versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// First version of the range.
    pub first: i16,
    /// Last version of the range, inclusive.
    pub last: i16,
}

impl Versions {
    /// The versions in both ranges, if there are any.
    #[must_use]
    pub fn intersect(self, other: Self) -> Option<Self> {
        let first = self.first.max(other.first);
        let last = self.last.min(other.last);
        (first <= last).then_some(Self { first, last })
    }

    /// Whether `other` lies inside this range.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

impl std::fmt::Display for Versions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            write!(formatter, "{}", self.first)
        } else {
            write!(formatter, "{}-{}", self.first, self.last)
        }
    }
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// One byte, 0 or not.
    Bool,
    /// Signed byte.
    Int8,
    /// Signed 16 bits.
    Int16,
    /// Unsigned 16 bits.
    Uint16,
    /// Signed 32 bits.
    Int32,
    /// Unsigned 32 bits.
    Uint32,
    /// Signed 64 bits.
    Int64,
    /// IEEE 754 double.
    Float64,
    /// Sixteen bytes.
    Uuid,
    /// UTF-8 text.
    String,
    /// Opaque bytes.
    Bytes,
    /// Record batches.
    Records,
    /// A struct of the same message, by name.
    Struct(String),
    /// A list.
    Array(Box<FieldType>),
}

impl FieldType {
    /// The name in the notation (and in Kafka's definitions); `None` for structs and lists.
    #[must_use]
    pub const fn word(&self) -> Option<&'static str> {
        Some(match self {
            Self::Bool => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Uint16 => "uint16",
            Self::Int32 => "int32",
            Self::Uint32 => "uint32",
            Self::Int64 => "int64",
            Self::Float64 => "float64",
            Self::Uuid => "uuid",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Records => "records",
            Self::Struct(_) | Self::Array(_) => return None,
        })
    }

    /// The scalar type of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::Bool,
            Self::Int8,
            Self::Int16,
            Self::Uint16,
            Self::Int32,
            Self::Uint32,
            Self::Int64,
            Self::Float64,
            Self::Uuid,
            Self::String,
            Self::Bytes,
            Self::Records,
        ];
        all.into_iter().find(|scalar| scalar.word() == Some(word))
    }

    /// The struct that this type names, directly or as the element of a list.
    #[must_use]
    pub fn struct_name(&self) -> Option<&str> {
        match self {
            Self::Struct(name) => Some(name),
            Self::Array(element) => element.struct_name(),
            _ => None,
        }
    }
}

/// The value of a field that a version does not carry, or that a constructor does not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DefaultValue {
    /// Zero, false, empty, or a struct of defaults.
    #[default]
    Zero,
    /// No value.
    Null,
    /// A number.
    Number(i64),
    /// True.
    True,
}

/// One field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name in snake case.
    pub name: String,
    /// What it holds.
    pub ty: FieldType,
    /// Versions that carry it.
    pub versions: Versions,
    /// Versions in which it may be null.
    pub nullable: Option<Versions>,
    /// Tag number, if it is a tagged field.
    pub tag: Option<u32>,
    /// Its default.
    pub default: DefaultValue,
    /// Whether a value that a version cannot carry is dropped silently.
    pub ignorable: bool,
    /// Whether it keeps the old layout in flexible versions too (the client id of a request header).
    pub inflexible: bool,
}

/// A group of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// Name in camel case, unique in its file.
    pub name: String,
    /// Versions in which it can occur.
    pub versions: Versions,
    /// Fields in the order of the wire.
    pub fields: Vec<Field>,
    /// Whether it is declared apart, to be used in several places.
    pub common: bool,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Body of a request.
    Request,
    /// Body of a response.
    Response,
    /// Header of a request or response.
    Header,
    /// Anything that Kafka writes into opaque bytes.
    Data,
    /// Key of a record of an internal topic, with its type number.
    Key(i16),
    /// Value of a record of an internal topic, with its type number.
    Value(i16),
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Name in camel case, as in Kafka.
    pub name: String,
    /// What it is.
    pub kind: MessageKind,
    /// Valid versions, an unstable one included.
    pub versions: Versions,
    /// First version with compact types and tagged fields.
    pub flexible: Option<i16>,
    /// Whether the last version is not stable yet.
    pub unstable: bool,
    /// Its structs; the first one is the message itself.
    pub structs: Vec<Struct>,
}

impl Message {
    /// The fields of the message itself.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        self.structs.first().map_or(&[], |root| &root.fields)
    }

    /// A struct by name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Struct> {
        self.structs.iter().find(|candidate| candidate.name == name)
    }

    /// The latest version that may be advertised.
    #[must_use]
    pub const fn latest_stable(&self) -> i16 {
        if self.unstable { self.versions.last - 1 } else { self.versions.last }
    }
}

/// One schema file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// File name without extension; also the name of the generated module.
    pub module: String,
    /// API key and name, for the file of an API.
    pub api: Option<(i16, String)>,
    /// Whether Kafka has withdrawn the API and only its number is taken.
    pub retired: bool,
    /// The messages of the file.
    pub messages: Vec<Message>,
}

/// Lowest key of an API of ours, which Kafka does not know.
const OWN_KEY_MIN: i16 = 20_000;

impl Schema {
    /// Whether this is an API of ours.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.api.as_ref().is_some_and(|(key, _)| *key >= OWN_KEY_MIN)
    }
}

/// All schema files, by module name.
pub type Schemas = BTreeMap<String, Schema>;

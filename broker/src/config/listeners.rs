//! Listeners and advertised listeners, as Kafka writes them.
//!
//! Owns: the notation `NAME://HOST:PORT` and its rules. Does not own: sockets (`net/`).

use std::collections::BTreeMap;

use super::ConfigError;

/// How a listener's connections are secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProtocol {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL without TLS.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    /// The protocol of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "PLAINTEXT" => Self::Plaintext,
            "SSL" => Self::Ssl,
            "SASL_PLAINTEXT" => Self::SaslPlaintext,
            "SASL_SSL" => Self::SaslSsl,
            _ => return None,
        })
    }

    /// Kafka's number for it.
    #[must_use]
    pub const fn id(self) -> i16 {
        match self {
            Self::Plaintext => 0,
            Self::Ssl => 1,
            Self::SaslPlaintext => 2,
            Self::SaslSsl => 3,
        }
    }
}

/// One `NAME://HOST:PORT`. An empty host means every address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerAddress {
    /// Name, in upper case.
    pub name: String,
    /// Host or address; may be empty for a bound listener.
    pub host: String,
    /// Port; 0 lets the system choose.
    pub port: u16,
}

/// Reads a comma-separated list of listeners; names and ports are unique.
pub fn parse_list(key: &str, text: &str) -> Result<Vec<ListenerAddress>, ConfigError> {
    let mut listeners: Vec<ListenerAddress> = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let listener = parse_one(key, item)?;
        if listeners.iter().any(|other| other.name == listener.name) {
            return Err(ConfigError::new(format!("'{key}' names the listener {} twice", listener.name)));
        }
        if listener.port != 0
            && listeners.iter().any(|other| other.port == listener.port && other.host == listener.host)
        {
            return Err(ConfigError::new(format!("'{key}' uses the port {} twice", listener.port)));
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

fn parse_one(key: &str, item: &str) -> Result<ListenerAddress, ConfigError> {
    let wrong = || {
        ConfigError::new(format!(
            "'{key}' holds '{item}', which is not of the form NAME://HOST:PORT (PLAINTEXT://:9092)"
        ))
    };
    let (name, address) = item.split_once("://").ok_or_else(wrong)?;
    let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = parse_port(port).map_err(|reason| ConfigError::new(format!("'{key}' holds '{item}': {reason}")))?;
    if name.is_empty() {
        return Err(wrong());
    }
    Ok(ListenerAddress { name: name.to_ascii_uppercase(), host: host.to_owned(), port })
}

/// Reads a port; the error says what is wrong with it.
pub fn parse_port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| match text.parse::<i128>() {
        Ok(number) => format!("the port {number} is out of range: 0 to 65535"),
        Err(_) => format!("the port '{text}' is not a number from 0 to 65535"),
    })
}

/// Reads `listener.security.protocol.map`; without it a listener's name is its protocol.
pub fn parse_protocols(text: &str) -> Result<BTreeMap<String, SecurityProtocol>, ConfigError> {
    let mut protocols = BTreeMap::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let parsed = item
            .split_once(':')
            .and_then(|(name, protocol)| Some((name.to_ascii_uppercase(), SecurityProtocol::from_name(protocol)?)));
        let Some((name, protocol)) = parsed else {
            return Err(ConfigError::new(format!(
                "'listener.security.protocol.map' holds '{item}', which is not NAME:PLAINTEXT, NAME:SSL, \
                 NAME:SASL_PLAINTEXT or NAME:SASL_SSL"
            )));
        };
        protocols.insert(name, protocol);
    }
    Ok(protocols)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_read_as_kafka_writes_them() {
        let listeners = parse_list("listeners", "PLAINTEXT://:9092, internal://[::1]:0").unwrap();
        assert_eq!(listeners[0], ListenerAddress { name: "PLAINTEXT".into(), host: String::new(), port: 9092 });
        assert_eq!(listeners[1], ListenerAddress { name: "INTERNAL".into(), host: "::1".into(), port: 0 });
    }

    #[test]
    fn wrong_listeners_are_refused_with_what_is_wrong() {
        let cases = [
            ("localhost:9092", "NAME://HOST:PORT"),
            ("A://x:y", "the port 'y' is not a number from 0 to 65535"),
            ("A://x", "NAME://HOST:PORT"),
            ("A://:1,A://:2", "the listener A twice"),
            ("A://:1,B://:1", "the port 1 twice"),
            ("A://:70000", "'A://:70000': the port 70000 is out of range: 0 to 65535"),
            ("A://:-1", "the port -1 is out of range"),
        ];
        for (text, expected) in cases {
            let error = parse_list("listeners", text).unwrap_err().to_string();
            assert!(error.contains("'listeners'") && error.contains(expected), "{text}: {error}");
        }
    }
}

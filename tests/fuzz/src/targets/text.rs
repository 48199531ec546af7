//! `server.properties` as an operator may write it.
//!
//! Owns: what must hold of any text: it is refused with a message or gives a configuration, in bounded memory.

use anyhow::Result;
use bytes::Bytes;
use strata_broker::config::{BrokerConfig, ServerProperties, keys, properties, topic};

use super::{Target, UNBOUNDED};
use crate::memory;
use crate::repair::Repair;

const PER_BYTE: usize = 64;
const MIN_BYTES: usize = 1 << 20;
const BASE: &str = "process.roles=broker,controller\nnode.id=1\nlog.dirs=/data/log\n";

fn load(text: &str) -> Result<BrokerConfig, String> {
    let file = properties::parse(text).map_err(|error| error.to_string())?;
    let properties = ServerProperties::from_parts(file, &[]).map_err(|error| error.to_string())?;
    let config = BrokerConfig::new(properties).map_err(|error| error.to_string())?;
    let values = config.broker_values();
    topic::validate_defaults(&values).map_err(|error| error.to_string())?;
    topic::log_config(&std::collections::BTreeMap::new(), &values).map_err(|error| error.to_string())?;
    Ok(config)
}

fn run(input: &Bytes) -> Result<String, String> {
    let Ok(text) = std::str::from_utf8(input) else {
        return Ok("no text".to_owned());
    };
    match memory::bounded(text.len() * PER_BYTE + MIN_BYTES, || load(text))? {
        Ok(_) => Ok("configured".to_owned()),
        Err(message) if message.is_empty() => Err("it is refused without a word".to_owned()),
        Err(message) => Ok(message),
    }
}

/// See the module.
pub(super) fn config() -> Result<Target> {
    let mut seeds =
        vec![BASE.as_bytes().to_vec(), b"# comment\n! comment\n a\\ b : c\\\n   d\\u0041\nkey\\=x=\\t\\n\n".to_vec()];
    for (name, spec) in keys::all() {
        for value in [spec.default.unwrap_or_default(), "-1", "true", "9223372036854775807", "0.5", "a,b:1"] {
            seeds.push(format!("{BASE}{name}={value}\n").into_bytes());
        }
    }
    Ok(Target { name: "config", run: Box::new(run), seeds, repair: |_| Repair::None, executions_max: UNBOUNDED })
}

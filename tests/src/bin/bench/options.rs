//! Options of a command: `--name value`, each known and each used.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

use anyhow::{Context as _, Result, anyhow, ensure};

/// What followed the name of a command.
#[derive(Debug, Default)]
pub(crate) struct Options {
    given: BTreeMap<String, String>,
    asked: RefCell<BTreeSet<String>>,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut given = BTreeMap::new();
        while let Some(name) = arguments.next() {
            let name = name.strip_prefix("--").with_context(|| format!("'{name}' is no option"))?.to_owned();
            let value = arguments.next().with_context(|| format!("--{name} needs a value"))?;
            ensure!(given.insert(name.clone(), value).is_none(), "--{name} is given twice");
        }
        Ok(Self { given, asked: RefCell::default() })
    }

    /// An option that may be left out.
    pub(crate) fn maybe<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        self.asked.borrow_mut().insert(name.to_owned());
        let Some(text) = self.given.get(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| anyhow!("--{name} {text} is not of its kind"))
    }

    /// An option with a default.
    pub(crate) fn or<T: FromStr>(&self, name: &str, default: T) -> Result<T> {
        Ok(self.maybe(name)?.unwrap_or(default))
    }

    /// An option that must be there.
    pub(crate) fn needed<T: FromStr>(&self, name: &str) -> Result<T> {
        self.maybe(name)?.with_context(|| format!("--{name} is missing"))
    }

    /// The address in `--bootstrap`.
    pub(crate) fn bootstrap(&self) -> Result<SocketAddr> {
        let text: String = self.needed("bootstrap")?;
        let mut found = text.to_socket_addrs().with_context(|| format!("--bootstrap {text}"))?;
        found.next().with_context(|| format!("--bootstrap {text} has no address"))
    }

    /// Refuses options that nobody asked for: called once all are read.
    pub(crate) fn all_asked(&self) -> Result<()> {
        let asked = self.asked.borrow();
        let unknown: Vec<&String> = self.given.keys().filter(|name| !asked.contains(*name)).collect();
        ensure!(unknown.is_empty(), "no such options here: {unknown:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn options(words: &[&str]) -> anyhow::Result<Options> {
        Options::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn what_nobody_asks_for_is_refused() {
        let given = options(&["--a", "1", "--b", "x"]).unwrap();
        assert_eq!(given.needed::<u32>("a").unwrap(), 1);
        assert!(given.all_asked().is_err());
        assert_eq!(given.or("b", String::new()).unwrap(), "x");
        given.all_asked().unwrap();
    }

    #[test]
    fn odd_ends_are_refused() {
        assert!(options(&["--a"]).is_err());
        assert!(options(&["a", "1"]).is_err());
        assert!(options(&["--a", "1", "--a", "2"]).is_err());
        assert!(options(&["--a", "x"]).unwrap().needed::<u32>("a").is_err());
    }
}

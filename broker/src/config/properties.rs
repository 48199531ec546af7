//! Java's properties format, as `server.properties` is written.
//!
//! Owns: lines, comments, continuations, escapes. Does not own: what a key means (`config.rs`).

use super::ConfigError;

/// One `key=value` with the line it begins on, from 1; 0 for one that was not in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Line in the file.
    pub line: usize,
    /// Key, unescaped.
    pub key: String,
    /// Value, unescaped and trimmed, as Kafka trims it.
    pub value: String,
}

/// Reads a whole file's text. Of a key that is given twice the last value holds, as in Java.
pub fn parse(text: &str) -> Result<Vec<Property>, ConfigError> {
    let mut properties: Vec<Property> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let mut logical = line.trim_start().to_owned();
        if logical.is_empty() || logical.starts_with(['#', '!']) {
            continue;
        }
        while ends_in_continuation(&logical) {
            logical.pop();
            let Some((_, next)) = lines.next() else { break };
            logical.push_str(next.trim_start());
        }
        let (key, value) = split(&logical);
        let property = Property {
            line: number + 1,
            key: unescape(key, number + 1)?,
            value: unescape(value, number + 1)?.trim().to_owned(),
        };
        properties.retain(|earlier| earlier.key != property.key);
        properties.push(property);
    }
    Ok(properties)
}

fn ends_in_continuation(line: &str) -> bool {
    line.chars().rev().take_while(|character| *character == '\\').count() % 2 == 1
}

/// Splits at the first unescaped `=`, `:` or white space.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    for (position, character) in line.char_indices() {
        if !escaped && (matches!(character, '=' | ':') || character.is_whitespace()) {
            let rest = line[position..].trim_start();
            let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
            return (&line[..position], value.trim_start());
        }
        escaped = character == '\\' && !escaped;
    }
    (line, "")
}

fn unescape(text: &str, line: usize) -> Result<String, ConfigError> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\u{c}'),
            Some('u') => {
                let digits: String = characters.by_ref().take(4).collect();
                let decoded = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
                let decoded = decoded.and_then(char::from_u32).ok_or_else(|| {
                    ConfigError::new(format!(
                        "line {line}: \\u{digits} is no character: four hexadecimal digits follow \\u"
                    ))
                })?;
                plain.push(decoded);
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().into_iter().map(|property| (property.key, property.value)).collect()
    }

    #[test]
    fn lines_are_read_as_java_reads_them() {
        let cases = [
            ("a=b", "a", "b"),
            ("  a : b ", "a", "b"),
            ("a b c", "a", "b c"),
            ("a=", "a", ""),
            ("a", "a", ""),
            ("a\\=b=c", "a=b", "c"),
            ("a=b\\\n   c", "a", "bc"),
            ("a=b\\\\", "a", "b\\"),
            ("a=\\u0041", "a", "A"),
            ("# x\n! y\n\na=1", "a", "1"),
            ("a=1\na=2", "a", "2"),
        ];
        for (text, key, value) in cases {
            assert_eq!(pairs(text), [(key.to_owned(), value.to_owned())], "{text:?}");
        }
    }

    #[test]
    fn a_bad_escape_names_its_line() {
        let error = parse("a=1\nb=\\uZZ12").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}

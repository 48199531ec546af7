//! What a command prints: a table for people, or one JSON value for programs.
//!
//! Owns: the form. Does not own: what is in it. Plain ASCII and no colours, so that it can be piped.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::error::CliError;

/// Something that can be shown both ways. Names of JSON fields are stable.
pub(crate) trait Report: Serialize {
    /// Writes it for people.
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()>;
}

/// Where reports go, and in which form.
pub(crate) struct Output<'to> {
    to: Box<dyn Write + 'to>,
    json: bool,
}

impl<'to> Output<'to> {
    /// Standard output.
    pub(crate) fn standard(json: bool) -> Self {
        Self { to: Box::new(io::stdout()), json }
    }

    /// Any other place.
    #[cfg(test)]
    pub(crate) fn to(to: &'to mut dyn Write, json: bool) -> Self {
        Self { to: Box::new(to), json }
    }

    /// Shows a report. A reader that went away (`| head`) is no failure.
    pub(crate) fn show(&mut self, report: &impl Report) -> Result<(), CliError> {
        let written = if self.json { self.write_json(report) } else { report.write_text(&mut self.to) };
        match written.and_then(|()| self.to.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(CliError::failed(format!("writing to standard output failed: {error}"))),
        }
    }

    fn write_json(&mut self, report: &impl Report) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.to, report)?;
        writeln!(self.to)
    }
}

/// Columns under upper-case headings; a heading that begins with `>` stands over numbers, which are aligned to the right.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.map(|heading| heading.trim_start_matches('>')));
    for row in rows {
        table.add_row(row);
    }
    for (index, heading) in headings.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, 2));
            if heading.starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table.trim_fmt().lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// A number, or `-` for one that is not known.
pub(crate) fn known<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// An offset of the protocol, where -1 means none.
pub(crate) fn offset(value: i64) -> Option<i64> {
    Some(value).filter(|value| *value >= 0)
}

/// A number with the noun that it counts: `1 partition`, `2 partitions`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Several things in one cell.
pub(crate) fn list<T: ToString>(values: &[T]) -> String {
    if values.is_empty() {
        return "-".to_owned();
    }
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Bytes as people read them.
pub(crate) fn bytes(value: i64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let Ok(plain) = u64::try_from(value) else {
        return "-".to_owned();
    };
    if plain < 1024 {
        return format!("{plain} B");
    }
    let mut unit = 0;
    // Tenths of the unit, rounded.
    let mut tenths = plain.saturating_mul(10).saturating_add(512) / 1024;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512) / 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// A command whose result is one sentence.
#[derive(Serialize)]
pub(crate) struct Done {
    /// What was done.
    pub(crate) done: Vec<String>,
}

impl Report for Done {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        self.done.iter().try_for_each(|line| writeln!(to, "{line}"))
    }
}

/// A report as both forms, for tests.
#[cfg(test)]
pub(crate) fn both_forms(report: &impl Report) -> (String, serde_json::Value) {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    Output::to(&mut text, false).show(report).unwrap();
    Output::to(&mut json, true).show(report).unwrap();
    (String::from_utf8(text).unwrap(), serde_json::from_slice(&json).unwrap())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_plain_columns() {
        let rows = [["a".to_owned(), "1".to_owned()], ["long name".to_owned(), "12345".to_owned()]];
        let text = table(["NAME", ">BYTES"], rows);
        assert_eq!(text, "NAME       BYTES\na              1\nlong name  12345\n");
        assert!(text.is_ascii());
    }

    #[test]
    fn bytes_are_shown_in_units() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (64 << 20, "64.0 MiB"),
            (5 << 40, "5.0 TiB"),
            (-1, "-"),
        ];
        for (value, expected) in cases {
            assert_eq!(bytes(value), expected, "{value}");
        }
    }

    #[test]
    fn one_thing_is_no_plural() {
        let cases = [(0, "0 partitions"), (1, "1 partition"), (2, "2 partitions")];
        for (number, expected) in cases {
            assert_eq!(count(number, "partition"), expected);
        }
    }

    #[test]
    fn what_was_done_is_shown_both_ways() {
        let (text, json) = both_forms(&Done { done: vec!["topic t was made".into()] });
        assert_eq!(text, "topic t was made\n");
        assert_eq!(json["done"][0], "topic t was made");
    }
}

//! Timestamps as people write and read them: ISO 8601, UTC where no offset is given.

const MS_PER_DAY: i64 = 86_400_000;

/// Days from 1970-01-01 to a day of the Gregorian calendar.
fn days_from_date(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March, so that a leap day is its last.
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The reverse.
fn date_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A number of exactly `digits` digits.
fn digits(text: &str, digits: usize) -> Option<i64> {
    if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn in_range(value: i64, max: i64) -> Option<i64> {
    (value <= max).then_some(value)
}

fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2).filter(|month| (1..=12).contains(month))?;
    let day = digits(parts.next()?, 2).filter(|day| (1..=days_in_month(year, month)).contains(day))?;
    parts.next().is_none().then(|| days_from_date(year, month, day))
}

/// Milliseconds since midnight of `HH:MM[:SS[.fraction]]`.
fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let mut parts = clock.split(':');
    let hours = in_range(digits(parts.next()?, 2)?, 23)?;
    let minutes = in_range(digits(parts.next()?, 2)?, 59)?;
    let seconds = parts.next().map_or(Some(0), |text| in_range(digits(text, 2)?, 59))?;
    if parts.next().is_some() || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms)
}

/// Milliseconds east of UTC of `±HH[:MM]` or `±HHMM`.
fn parse_zone(text: &str) -> Option<i64> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let plain = text.get(1..)?.replace(':', "");
    let hours = in_range(digits(plain.get(..2)?, 2)?, 18)?;
    let minutes = match plain.get(2..)? {
        "" => 0,
        text => in_range(digits(text, 2)?, 59)?,
    };
    Some(sign * (hours * 60 + minutes) * 60_000)
}

/// Milliseconds since 1970 of `YYYY-MM-DD[THH:MM[:SS[.sss]]][Z|±HH[:MM]]`.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, rest) = match text.split_once(['T', 't', ' ']) {
        Some((date, rest)) => (date, Some(rest)),
        None => (text.strip_suffix(['Z', 'z']).unwrap_or(text), None),
    };
    let midnight = parse_date(date)? * MS_PER_DAY;
    let Some(rest) = rest else {
        return Some(midnight);
    };
    let (time, zone_ms) = match rest.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => match rest.find(['+', '-']) {
            Some(position) => (&rest[..position], parse_zone(&rest[position..])?),
            None => (rest, 0),
        },
    };
    Some(midnight + parse_time(time)? - zone_ms)
}

/// `YYYY-MM-DDTHH:MM:SS.sssZ`; `-` for a timestamp that is not one.
pub(crate) fn format(timestamp_ms: i64) -> String {
    if timestamp_ms < 0 {
        return "-".to_owned();
    }
    let (year, month, day) = date_from_days(timestamp_ms / MS_PER_DAY);
    let ms = timestamp_ms % MS_PER_DAY;
    let (seconds, ms) = (ms / 1000, ms % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{seconds:02}.{ms:03}Z", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_8601_is_read_with_and_without_parts() {
        let cases = [
            ("1970-01-01", Some(0)),
            ("1970-01-01Z", Some(0)),
            ("1970-01-02T00:00", Some(MS_PER_DAY)),
            ("2013-07-01T00:00:00.000", Some(1_372_636_800_000)),
            ("2013-07-01T00:00:00Z", Some(1_372_636_800_000)),
            ("2013-07-01T02:00:00+02:00", Some(1_372_636_800_000)),
            ("2013-06-30T20:00:00-0400", Some(1_372_636_800_000)),
            ("2013-06-30 20:00:00-04", Some(1_372_636_800_000)),
            ("2024-02-29T23:59:59.9999Z", Some(1_709_251_199_999)),
            ("2023-02-29", None),
            ("2013-13-01", None),
            ("2013-7-1", None),
            ("2013-07-01T24:00", None),
            ("2013-07-01T10", None),
            ("2013-07-01T10:00:00.", None),
            ("2013-07-01T10:00+99", None),
            ("yesterday", None),
            ("", None),
            ("2013-07-01T10:00é", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for timestamp in [0, 1, 951_782_400_000, 1_372_636_800_123, 4_102_444_799_999, 253_402_300_799_999] {
            assert_eq!(parse(&format(timestamp)), Some(timestamp), "{}", format(timestamp));
        }
        assert_eq!(format(-1), "-");
    }
}

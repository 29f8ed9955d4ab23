//! Timestamps: the plain scalars that Compose's reader takes for a date.

use std::fmt;

/// A date and a time. Compose shows it in two ways, so that the parts are kept rather than a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    date: (u16, u8, u8),
    clock: (u8, u8, u8),
    /// The digits behind the second, without trailing zeros.
    fraction: String,
    /// Minutes east of Greenwich.
    offset: i16,
}

impl Time {
    /// Reads `2024-1-2`, `2024-01-02T03:04:05.6Z`, `2024-01-02t03:04:05+01:00` or `2024-01-02 03:04:05`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = match text.find(['T', 't', ' ']) {
            Some(at) => (&text[..at], Some((&text[at..=at], &text[at + 1..]))),
            None => (text, None),
        };
        let date = read_date(date)?;
        let Some((separator, rest)) = rest else {
            return Some(Self {
                date,
                clock: (0, 0, 0),
                fraction: String::new(),
                offset: 0,
            });
        };
        let zone_at = rest.find(['Z', '+', '-']);
        let (clock, offset) = match (separator, zone_at) {
            (" ", None) => (rest, 0),
            (" ", Some(_)) | (_, None) => return None,
            (_, Some(at)) => (&rest[..at], read_zone(&rest[at..])?),
        };
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || fraction.len() > 9 {
            return None;
        }
        let fraction = fraction.trim_end_matches('0').to_owned();
        let [hour, minute, second] = numbers(clock, ':', [1..=2, 1..=2, 1..=2])?;
        let valid = hour < 24 && minute < 60 && second < 60;
        let clock = (narrow(hour)?, narrow(minute)?, narrow(second)?);
        valid.then_some(Self {
            date,
            clock,
            fraction,
            offset,
        })
    }

    /// As it is written under an extension key: RFC 3339.
    #[must_use]
    pub fn rfc3339(&self) -> String {
        let zone = if self.offset == 0 {
            "Z".to_owned()
        } else {
            self.zone(":")
        };
        let (date, clock) = (self.day(), self.clock());
        format!("{date}T{clock}{zone}")
    }

    fn day(&self) -> String {
        let (year, month, day) = self.date;
        format!("{year:04}-{month:02}-{day:02}")
    }

    fn clock(&self) -> String {
        let (hour, minute, second) = self.clock;
        let dot = if self.fraction.is_empty() { "" } else { "." };
        format!("{hour:02}:{minute:02}:{second:02}{dot}{}", self.fraction)
    }

    fn zone(&self, colon: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs();
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }
}

/// As it is written where a text is wanted.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self.zone("");
        let name = if self.offset == 0 { "UTC" } else { &zone };
        write!(f, "{} {} {zone} {name}", self.day(), self.clock())
    }
}

fn read_date(text: &str) -> Option<(u16, u8, u8)> {
    let [year, month, day] = numbers(text, '-', [4..=4, 1..=2, 1..=2])?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days)
        .contains(&day)
        .then_some((year, narrow(month)?, narrow(day)?))
}

fn read_zone(text: &str) -> Option<i16> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = text.split_at(1);
    let [hours, minutes] = numbers(rest, ':', [2..=2, 2..=2])?;
    let minutes = i16::try_from(hours * 60 + minutes).ok()?;
    (hours < 24).then_some(if sign == "-" { -minutes } else { minutes })
}

/// The numbers of a text like `1-2-3`, each with as many digits as `widths` admits.
fn numbers<const N: usize>(
    text: &str,
    separator: char,
    widths: [std::ops::RangeInclusive<usize>; N],
) -> Option<[u16; N]> {
    let mut found = [0; N];
    let mut parts = text.split(separator);
    for (number, width) in found.iter_mut().zip(widths) {
        let part = parts.next()?;
        let digits = width.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = if digits { part.parse().ok()? } else { return None };
    }
    parts.next().is_none().then_some(found)
}

fn narrow(number: u16) -> Option<u8> {
    u8::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_and_times() {
        for (text, shown, rfc) in [
            ("2024-01-02", "2024-01-02 00:00:00 +0000 UTC", "2024-01-02T00:00:00Z"),
            ("2024-1-2", "2024-01-02 00:00:00 +0000 UTC", "2024-01-02T00:00:00Z"),
            (
                "2024-01-02 03:04:05",
                "2024-01-02 03:04:05 +0000 UTC",
                "2024-01-02T03:04:05Z",
            ),
            (
                "2024-01-02T03:04:05.50Z",
                "2024-01-02 03:04:05.5 +0000 UTC",
                "2024-01-02T03:04:05.5Z",
            ),
            (
                "2024-01-02t03:04:05-01:30",
                "2024-01-02 03:04:05 -0130 -0130",
                "2024-01-02T03:04:05-01:30",
            ),
        ] {
            let time = Time::parse(text).unwrap();
            assert_eq!(time.to_string(), shown);
            assert_eq!(time.rfc3339(), rfc);
        }
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "2024-13-01",
            "2023-02-29",
            "24-01-02",
            "2024-01-02 03:04:05 +01:00",
            "2024-01-02T25:00:00Z",
            "2024-01-02é",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}

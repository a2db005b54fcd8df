//! Points in time as the protocol counts them. Nothing here reads a clock.

use std::{fmt, str::FromStr};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// Milliseconds in a day.
pub const DAY_MS: u64 = 86_400_000;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub u64);

impl Timestamp {
    /// The UTC day that this instant falls on.
    pub fn day(self) -> Day {
        Day(u32::try_from(self.0 / DAY_MS).unwrap_or(u32::MAX))
    }

    /// Milliseconds until the next UTC day begins.
    pub const fn ms_to_next_day(self) -> u64 {
        DAY_MS - self.0 % DAY_MS
    }

    /// This instant and so many milliseconds more, at most the end of time.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; 0 if it is not earlier.
    pub const fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339, to the second, in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0 / 1000).unwrap_or(i64::MAX);
        match OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|at| at.format(&Rfc3339).ok()) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// A UTC calendar day: days since 1970-01-01.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cbor(transparent)]
pub struct Day(#[n(0)] pub u32);

impl Day {
    /// This day and so many days more, at most the end of time.
    #[must_use]
    pub const fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The first instant of the day.
    pub const fn start(self) -> Timestamp {
        Timestamp(self.0 as u64 * DAY_MS)
    }
}

impl fmt::Display for Day {
    /// `YYYY-MM-DD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::from(self.0) * 86_400;
        match OffsetDateTime::from_unix_timestamp(seconds) {
            Ok(at) => write!(f, "{}", at.date()),
            Err(_) => write!(f, "day {}", self.0),
        }
    }
}

/// A text that is not a calendar day.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a day as YYYY-MM-DD, for example 2026-03-02")]
pub struct NotADay;

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let date = Date::parse(text, format_description!("[year]-[month]-[day]")).map_err(|_| NotADay)?;
        let days = i64::from(date.to_julian_day()) - i64::from(EPOCH_JULIAN_DAY);
        u32::try_from(days).map(Self).map_err(|_| NotADay)
    }
}

/// The Julian day number of 1970-01-01.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn days_read_and_write_as_calendar_dates() {
        for (text, day) in [("1970-01-01", 0), ("2026-11-22", 20_779), ("2000-02-29", 11_016)] {
            assert_eq!(text.parse::<Day>().unwrap(), Day(day));
            assert_eq!(Day(day).to_string(), text);
        }
        for wrong in ["2026-02-29", "1969-12-31", "22.11.2026", "2026-11-22T00:00:00Z", ""] {
            assert_eq!(wrong.parse::<Day>(), Err(NotADay), "{wrong}");
        }
    }

    #[test]
    fn an_instant_falls_on_its_utc_day() {
        assert_eq!(Timestamp(DAY_MS * 3 - 1).day(), Day(2));
        assert_eq!(Timestamp(DAY_MS * 3).day(), Day(3));
        assert_eq!(Timestamp(DAY_MS * 3 - 1).ms_to_next_day(), 1);
        assert_eq!(Timestamp(DAY_MS * 3).ms_to_next_day(), DAY_MS);
        assert_eq!(Timestamp(1_000).to_string(), "1970-01-01T00:00:01Z");
    }
}

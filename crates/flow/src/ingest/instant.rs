//! Reading an instant fast: the RFC 3339 forms that devices send, without allocation.

use model::Timestamp;

/// Reads `2026-11-24T08:00:00Z`, with `T` or a space, any fraction, `Z`, an offset, or nothing (then UTC, as sniffers
/// write it). Gives `None` for anything else; the caller's error names no value.
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let number = |from: usize, digits: usize| -> Option<i64> {
        let mut value = 0_i64;
        for byte in bytes.get(from..from + digits)? {
            value = value * 10 + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        Some(value)
    };
    let mark = |at: usize, allowed: &[u8]| bytes.get(at).is_some_and(|byte| allowed.contains(byte)).then_some(());
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    mark(4, b"-")?;
    mark(7, b"-")?;
    mark(10, b"T t")?;
    mark(13, b":")?;
    mark(16, b":")?;
    let real = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if !real || hour > 23 || minute > 59 || second > 60 || year < 1970 {
        return None;
    }
    let (millis, rest) = fraction(bytes.get(19..)?)?;
    let offset = offset_seconds(rest)?;
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    (seconds >= 0).then(|| Timestamp::from_millis(seconds * 1_000 + millis))
}

/// Milliseconds of an optional fraction, cut not rounded, and what follows it.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let digit = |at: usize| digits.get(at).filter(|_| at < count).map_or(0, |byte| i64::from(byte - b'0'));
    Some((digit(0) * 100 + digit(1) * 10 + digit(2), digits.get(count..)?))
}

fn offset_seconds(rest: &[u8]) -> Option<i64> {
    match rest {
        [] | [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()) => {
            let digit = |byte: &u8| i64::from(byte - b'0');
            let (hours, minutes) = (digit(h1) * 10 + digit(h2), digit(m1) * 10 + digit(m2));
            let seconds = hours * 3_600 + minutes * 60;
            (hours < 24 && minutes < 60).then_some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, month) = (shifted.div_euclid(400), (month + 9) % 12);
    let year_of_era = shifted - era * 400;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_forms_that_devices_send_are_read() {
        let at = instant("2023-11-20T00:12:49.578Z");
        assert_eq!(at.map(|at| at.to_string()).as_deref(), Some("2023-11-20T00:12:49.578Z"));
        assert_eq!(instant("2023-11-20 00:12:49.578498"), at);
        assert_eq!(instant("2023-11-20T01:12:49.578+01:00"), at);
        for bad in [
            "",
            "2023-11-20",
            "2023-02-29T00:00:00Z",
            "2023-11-20T24:00:00Z",
            "2023-11-20T00:00:00X",
            "2023-11-20T00:00:00.Z",
            "1969-12-31T23:59:59Z",
            "2023-13-01T00:00:00Z",
            "２023-11-20T00:00:00Z",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_calendar_library(millis in 0_i64..253_402_300_799_999) {
            let at = Timestamp::from_millis(millis);
            prop_assert_eq!(instant(&at.to_string()), Some(at));
        }

        #[test]
        fn it_never_panics(text in ".{0,40}") {
            let _ = instant(&text);
        }
    }
}

//! Public reference tables that need nobody's leave: the calendar.

use chrono::{Datelike, Days as ChronoDays, NaiveDate};

use crate::{Column, REFERENCE, Table, TableName};

/// The most days of a calendar: two centuries.
const DAYS_MAX: usize = 73_050;

/// The days that a calendar covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first year.
    pub from_year: i32,
    /// The last year, itself included.
    pub to_year: i32,
}

/// `reference.calendar`: one row a day, with its year, month, day of the month, ISO week, weekday (1 is Monday) and whether it
/// is of a weekend. Days are those of UTC.
#[must_use]
pub fn calendar(days: Days) -> Table {
    let first = NaiveDate::from_ymd_opt(days.from_year, 1, 1);
    let all = std::iter::successors(first, |day| day.checked_add_days(ChronoDays::new(1)));
    let all: Vec<NaiveDate> = all.take_while(|day| day.year() <= days.to_year).take(DAYS_MAX).collect();
    let since = |day: &NaiveDate| day.to_epoch_days();
    let whole =
        |part: fn(&NaiveDate) -> u32| Column::Integer(all.iter().map(|day| Some(i64::from(part(day)))).collect());
    let columns = [
        ("day", Column::Day(all.iter().map(|day| Some(since(day))).collect())),
        ("year", Column::Integer(all.iter().map(|day| Some(i64::from(day.year()))).collect())),
        ("month", whole(Datelike::month)),
        ("day_of_month", whole(Datelike::day)),
        ("iso_week", whole(|day| day.iso_week().week())),
        ("weekday", whole(|day| day.weekday().number_from_monday())),
        ("weekend", Column::Boolean(all.iter().map(|day| Some(day.weekday().number_from_monday() > 5)).collect())),
    ];
    let columns = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
    Table { name: TableName::new(REFERENCE, "calendar"), columns }
}

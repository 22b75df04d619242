//! Questions that would never end, or take the machine with them.

use std::time::Duration;

use super::*;
use crate::{NESTING_MAX, SQL_BYTES_MAX, TABLES_MAX, TOKENS_MAX};

fn within(sql: &str, limits: &Limits) -> SqlError {
    answer(Question::parse(sql).unwrap(), tables(), limits).unwrap_err()
}

#[test]
fn a_question_that_is_too_long_or_too_deep_is_refused_before_it_is_read() {
    let deep =
        |open: &str, close: &str, levels: usize| format!("SELECT {}1{}", open.repeat(levels), close.repeat(levels));
    assert!(matches!(Question::parse(&"x".repeat(SQL_BYTES_MAX + 1)), Err(SqlError::TooLong { .. })));
    assert!(matches!(Question::parse(&"1 ".repeat(TOKENS_MAX + 1)), Err(SqlError::TooManyWords { .. })));
    for levels in [NESTING_MAX + 1, 1_000, 15_000] {
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("((", "))"), ("(SELECT ", ")")] {
            let Err(error) = Question::parse(&deep(open, close, levels)) else { panic!("{levels} × {open}") };
            let expected =
                matches!(error, SqlError::TooDeep { .. } | SqlError::TooLong { .. } | SqlError::TooManyWords { .. });
            assert!(expected, "{levels} × {open}: {error}");
        }
    }
    let nested =
        |levels: usize| (0..levels).fold("SELECT 1".to_owned(), |inner, n| format!("WITH w{n} AS ({inner}) SELECT 1"));
    assert!(Question::parse(&nested(4)).is_ok());
    assert!(matches!(Question::parse(&nested(5)), Err(SqlError::TooDeep { .. })));
    let many: Vec<String> = (0..=TABLES_MAX).map(|n| format!("s{n}.v")).collect();
    assert!(matches!(
        Question::parse(&format!("SELECT * FROM {}", many.join(", "))),
        Err(SqlError::TooManyTables { .. })
    ));
}

#[test]
fn whatever_is_short_enough_is_read_or_refused_without_a_fall() {
    let chain = |first: &str, link: &str, links: usize| format!("{first}{}", link.repeat(links));
    let texts = [
        chain("SELECT 1", " + 1", 1_990),
        chain("SELECT true", " AND true", 1_990),
        chain("SELECT 'a'", " || 'a'", 1_990),
        chain("SELECT ", "- ", 3_990) + "1",
        chain("SELECT ", "NOT ", 3_990) + "true",
        chain("SELECT 1", " UNION SELECT 1", 1_300),
        chain("SELECT 1", " UNION ALL VALUES (1)", 700),
        chain("SELECT 1", "::int", 1_900),
        chain("SELECT 1", " IN (1)", 990),
        chain("SELECT ", "CASE WHEN true THEN ", 900) + "1" + &" END".repeat(900),
        chain("SELECT * FROM (SELECT 1 AS a) t", " JOIN (SELECT 1 AS a) USING (a)", 10),
        chain("SELECT [1]", "[1]", 1_300),
        chain("SELECT a", ".a", 1_900),
        chain("SELECT ", "(", NESTING_MAX) + "1" + &")".repeat(NESTING_MAX),
        chain("SELECT * FROM ", "(", NESTING_MAX) + "SELECT 1" + &")".repeat(NESTING_MAX),
        chain("SELECT * FROM ", "(", NESTING_MAX) + "air.quarters" + &")".repeat(NESTING_MAX),
        chain("SELECT ", "(", NESTING_MAX),
        chain("SELECT * FROM ", "(", NESTING_MAX),
        chain("SELECT ", "f(", NESTING_MAX) + "1" + &")".repeat(NESTING_MAX),
        chain("SELECT ", "[", NESTING_MAX) + "1" + &"]".repeat(NESTING_MAX),
        chain("SELECT ", "EXISTS (SELECT ", NESTING_MAX - 2) + "1" + &")".repeat(NESTING_MAX - 2),
        chain("SELECT ", "{a: ", NESTING_MAX) + "1" + &"}".repeat(NESTING_MAX),
        chain("SELECT CAST(1 AS ", "ARRAY<", 100) + "INT" + &">".repeat(100) + ")",
    ];
    for text in texts {
        drop(Question::parse(&text));
    }
    // Whether these are answered is the engine's business; that it comes back is ours. What is longer thinks on after its time.
    let texts = [
        chain("SELECT 1", " + 1", 200),
        chain("SELECT true", " AND true", 200),
        chain("SELECT 'a'", " || 'a'", 200),
        chain("SELECT 1", " UNION SELECT 1", 60),
        chain("SELECT 1", "::int", 1_900),
        chain("SELECT 1", " IN (1)", 990),
        chain("SELECT [1]", "[1]", 1_300),
        chain("SELECT ", "[", NESTING_MAX) + "1" + &"]".repeat(NESTING_MAX),
        chain("SELECT ", "EXISTS (SELECT ", 6) + "1" + &")".repeat(6),
        chain("SELECT ", "{a: ", NESTING_MAX) + "1" + &"}".repeat(NESTING_MAX),
        chain("SELECT CAST(1 AS ", "ARRAY<", 100) + "INT" + &">".repeat(100) + ")",
    ];
    let limits = Limits { time: Duration::from_secs(1), ..Limits::default() };
    for text in texts {
        drop(answer(Question::parse(&text).unwrap(), tables(), &limits));
    }
}

#[test]
fn a_question_that_takes_too_much_memory_ends_with_an_error() {
    let limits = Limits { memory_bytes: 8 << 20, time: Duration::from_secs(60), rows: 1_000_000, ..Limits::default() };
    let questions = [
        "SELECT a.value, count(*) FROM generate_series(1, 3000000) AS a(value) GROUP BY a.value",
        "SELECT * FROM generate_series(1, 3000000) AS a(value) ORDER BY value DESC LIMIT 900000",
        "SELECT array_agg(a.value) FROM generate_series(1, 3000000) AS a(value)",
        "SELECT count(*) FROM generate_series(1, 2000000) AS a(v) JOIN generate_series(1, 2000000) AS b(v) ON a.v = b.v",
        "SELECT repeat('x', 100000) FROM generate_series(1, 1000)",
    ];
    for sql in questions {
        let error = within(sql, &limits);
        assert!(matches!(error, SqlError::Memory { .. }), "{sql}: {error:?}");
    }
}

#[test]
fn a_question_that_takes_too_long_ends_with_an_error() {
    let limits = Limits { time: Duration::from_millis(100), ..Limits::default() };
    let questions = [
        "SELECT count(*) FROM generate_series(1, 100) a, generate_series(1, 1000) b, generate_series(1, 1000) c",
        "SELECT sum(x.day_of_month) FROM reference.calendar x, reference.calendar y, reference.calendar z, generate_series(1, 2)",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "SELECT max(value) FROM generate_series(1, 9223372036854775806) AS s(value) WHERE value % 7 = 9",
    ];
    for sql in questions {
        let error = within(sql, &limits);
        assert!(matches!(error, SqlError::Time { .. }), "{sql}: {error:?}");
    }
}

#[test]
fn an_answer_that_is_too_long_is_an_error_and_not_a_part_of_it() {
    let limits = Limits { rows: 10, ..Limits::default() };
    assert_eq!(within("SELECT * FROM generate_series(1, 11)", &limits), SqlError::Rows { max: 10 });
    let question = Question::parse("SELECT * FROM generate_series(1, 10)").unwrap();
    assert_eq!(answer(question, Vec::new(), &limits).unwrap().len(), 10);
}

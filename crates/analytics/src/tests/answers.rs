//! What is answered, in which form.

use super::*;
use crate::desk::over;
use crate::import;
use crate::table::Loaded;

#[test]
fn tables_are_called_by_stream_and_view() {
    let question = Question::parse(
        "WITH busy AS (SELECT * FROM \"wifi-centre\".counts) SELECT * FROM busy, air.QUARTERS, reference.\"calendar\"",
    );
    let names: Vec<String> = question.unwrap().tables().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["\"air\".\"quarters\"", "\"reference\".\"calendar\"", "\"wifi-centre\".\"counts\""]);
    let listed = Question::parse("SELECT * FROM city.air.quarters, City.\"air\".quarters").unwrap();
    assert_eq!(listed.tables().len(), 1, "a table may be named under the catalog that it is listed in");
    let none = Question::parse("VALUES (1), (2)").unwrap();
    assert!(none.tables().is_empty(), "what names no table needs no disclosure");
}

#[test]
fn the_columns_of_an_answer_are_known_without_a_row() {
    let empty = || tables().iter().map(Table::without_rows).collect::<Vec<Table>>();
    let limits = Limits::default();
    let columns = |sql: &str| shape(Question::parse(sql).unwrap(), empty(), &limits);
    for sql in [
        "SELECT * FROM \"wifi-centre\".counts",
        "SELECT sensor, sum(value) AS all_of_them, count(*) FROM air.quarters GROUP BY sensor",
        "SELECT c.day, q.value FROM reference.calendar c LEFT JOIN air.quarters q ON true",
        "SELECT 1 / 0 FROM air.quarters WHERE raining",
        "VALUES (1, 'a')",
    ] {
        let promised = columns(sql).unwrap();
        assert!(promised.is_empty(), "{sql}");
        if let Ok(answer) = ask(sql) {
            assert!(answer.fits(&promised), "{sql}");
        }
    }
    assert!(matches!(columns("SELECT nothing FROM air.quarters"), Err(SqlError::Plan(_))));
    assert!(matches!(columns("SELECT * FROM air.others"), Err(SqlError::Plan(_))));
    assert!(!ask("SELECT 1").unwrap().fits(&ask("SELECT 'a'").unwrap()));
}

#[test]
fn what_analysts_ask_is_answered() {
    let cases: [(&str, &[&str]); 16] = [
        ("SELECT sensor, sum(value) FROM \"wifi-centre\".counts GROUP BY sensor ORDER BY 1", &["s-1,55", "s-2,22"]),
        ("SELECT count(*) FROM \"wifi-centre\".\"counts\" WHERE window_start >= '2026-11-25T00:45:00Z'", &["1"]),
        ("SELECT value FROM air.quarters ORDER BY value NULLS LAST", &["12.5", "40.001", "\"\""]),
        ("SELECT avg(value) > 26 FROM air.quarters", &["true"]),
        ("SELECT max(window_end) - min(window_start) IS NOT NULL FROM \"wifi-centre\".counts", &["true"]),
        (
            "SELECT extract(hour FROM date_trunc('hour', window_start)) = 0, count(*) FROM \"wifi-centre\".counts GROUP BY 1",
            &["true,5"],
        ),
        (
            "SELECT date_bin(INTERVAL '30 minutes', window_start) AS half, sum(value) FROM \"wifi-centre\".counts GROUP BY half ORDER BY half",
            &["2026-11-25T00:00:00Z,37", "2026-11-25T00:30:00Z,40"],
        ),
        (
            "SELECT c.weekday FROM \"wifi-centre\".counts w JOIN reference.calendar c ON CAST(w.window_start AS DATE) = c.day LIMIT 1",
            &["3"],
        ),
        (
            "SELECT sensor, value, lag(value) OVER (PARTITION BY sensor ORDER BY window_start) FROM \"wifi-centre\".counts ORDER BY 1, 2 LIMIT 2",
            &["s-1,11,", "s-1,14,11"],
        ),
        ("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT sum(i) FROM n", &["10"]),
        ("SELECT * FROM generate_series(1, 3) ORDER BY 1", &["1", "2", "3"]),
        ("SELECT regexp_like('s-12', '^s-[0-9]+$'), upper('é'), round(2.5)", &["true,É,3.0"]),
        ("SELECT sensor FROM \"wifi-centre\".counts EXCEPT SELECT 's-2' ORDER BY 1", &["s-1"]),
        ("SELECT array_agg(value ORDER BY value) FROM \"wifi-centre\".counts WHERE sensor = 's-2'", &["\"[10, 12]\""]),
        ("SELECT approx_distinct(sensor), median(value) FROM \"wifi-centre\".counts", &["2,12.0"]),
        ("SELECT raining, wind FROM air.quarters WHERE raining", &["true,1.5"]),
    ];
    for (sql, rows) in cases {
        assert_eq!(csv(sql), rows, "{sql}");
    }
}

#[test]
fn an_answer_is_a_table_for_people_and_json_and_csv_for_machines() {
    let answer =
        ask("SELECT sensor, value, cell, 1.0 / 3 AS third FROM \"wifi-centre\".counts ORDER BY value DESC LIMIT 2");
    let answer = answer.unwrap();
    assert_eq!(answer.columns(), ["sensor", "value", "cell", "third"]);
    let rows = serde_json::to_string(&answer.rows().unwrap()).unwrap();
    assert!(rows.starts_with("[[\"s-1\",30,null,0.33") && answer.len() == 2, "{rows}");
    let table = answer.table().unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("sensor  value  cell") && lines[1].starts_with("s-1        30"), "{table}");
    assert_eq!(Answer::from_arrow(&answer.to_arrow().unwrap()).unwrap(), answer);
    let none = ask("SELECT sensor FROM \"wifi-centre\".counts WHERE value > 1000").unwrap();
    assert!(none.is_empty() && none.table().unwrap() == "sensor" && none.csv().unwrap() == "sensor\n");
    assert_eq!(Answer::from_arrow(&none.to_arrow().unwrap()).unwrap(), none);
}

#[test]
fn no_terminal_takes_a_cell_for_orders() {
    let answer = ask("SELECT chr(27) || '[2J' AS a, repeat('x', 200) AS b").unwrap();
    let table = answer.table().unwrap();
    assert!(!table.contains('\u{1b}') && table.lines().all(|line| line.chars().count() < 80), "{table}");
    let error = Question::parse("SELECT \u{1b}[2J").unwrap_err().to_string();
    assert!(!error.contains('\u{1b}'), "{error}");
}

#[test]
fn a_csv_comes_along_as_a_reference_table() {
    let table = import(
        "Stops".to_lowercase().as_str(),
        "name,riders,share,open,code\nMain,10,0.5,true,007x\n,,,,\n".as_bytes(),
    );
    let table = table.unwrap();
    let question =
        Question::parse("SELECT sum(riders), max(share), bool_and(open), min(code) FROM reference.stops").unwrap();
    let answered = answer(question, vec![table.clone()], &Limits::default()).unwrap();
    assert_eq!(answered.csv().unwrap().lines().nth(1), Some("10,0.5,true,007x"));
    let kinds: Vec<bool> = table.columns.iter().map(|(_, column)| matches!(column, Column::Text(_))).collect();
    assert_eq!(kinds, [true, false, false, false, true]);
    assert!(matches!(&import("t", b"a\nnan\ninf\n").unwrap().columns[0].1, Column::Text(_)), "words are no numbers");
    for (bad, words) in
        [("", "first line"), ("a,a\n1,2\n", "each once"), ("a,b\n1\n", "line 2"), (",b\n1,2\n", "each once")]
    {
        let error = import("t", bad.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("\"reference\".\"t\""), "{bad:?}: {error}");
    }
    let error = import("t", b"a,b\n1,2\nsecret\n").unwrap_err().to_string();
    assert!(error.contains("line 3") && !error.contains("secret"), "{error}");
    let large = vec![b'a'; usize::try_from(crate::CSV_BYTES_MAX).unwrap() + 1];
    assert!(import("t", &large).unwrap_err().to_string().contains("16 MiB"));
}

#[test]
fn a_calendar_has_every_day_once_and_knows_its_weekday() {
    let sql = "SELECT count(*), count(DISTINCT day), sum(CASE WHEN weekend THEN 1 ELSE 0 END) FROM reference.calendar";
    assert_eq!(csv(sql), ["365,365,104"]);
    let sql = "SELECT day, weekday, iso_week, weekend FROM reference.calendar WHERE month = 11 AND day_of_month = 28";
    assert_eq!(csv(sql), ["2026-11-28,6,48,true"]);
    assert!(calendar(Days { from_year: 2027, to_year: 2026 }).columns.iter().all(|(_, column)| match column {
        Column::Day(days) => days.is_empty(),
        _ => true,
    }));
}

#[test]
fn tables_that_are_not_whole_are_refused() {
    let mut short = counts();
    short.columns[0].1 = Column::Integer(vec![Some(1)]);
    for tables in [vec![short], vec![counts(), counts()]] {
        let question = Question::parse("SELECT 1").unwrap();
        let error = answer(question, tables, &Limits::default()).unwrap_err();
        assert!(matches!(error, SqlError::Table { .. }), "{error}");
    }
}

#[test]
fn a_table_that_comes_in_parts_is_one_table() {
    let whole = counts();
    let part = |rows: std::ops::Range<usize>| {
        let of = |column: &Column| match column {
            Column::Instant(values) => Column::Instant(values[rows.clone()].to_vec()),
            Column::Text(values) => Column::Text(values[rows.clone()].to_vec()),
            Column::Integer(values) => Column::Integer(values[rows.clone()].to_vec()),
            other => panic!("{other:?}"),
        };
        let columns = whole.columns.iter().map(|(name, column)| (name.clone(), of(column))).collect();
        Table { name: whole.name.clone(), columns }
    };
    let handed = |tables: &[Table]| {
        let mut loaded = Vec::new();
        for table in tables {
            let [name, rows] = Loaded::of(table).unwrap().written().unwrap();
            assert!(Loaded::read(&name, &rows[..rows.len() / 2]).is_err(), "a part that was cut is no part");
            Loaded::read(&name, &rows).unwrap().push_onto(&mut loaded);
        }
        let question =
            Question::parse("SELECT sensor, sum(value) AS n FROM \"wifi-centre\".counts GROUP BY 1 ORDER BY 1");
        over(question.unwrap(), loaded, &Limits::default()).map(|answer| answer.csv().unwrap())
    };
    let once = handed(std::slice::from_ref(&whole)).unwrap();
    assert_eq!(once, "sensor,n\ns-1,55\ns-2,22\n");
    assert_eq!(handed(&[part(0..2), part(2..2), part(2..5)]).unwrap(), once);
    // Parts that do not follow each other, or have other columns, are two tables of one name.
    let mut other = part(0..1);
    other.columns[0].0 = "start".to_owned();
    for tables in [vec![part(0..2), air(), part(2..5)], vec![part(0..2), other]] {
        assert!(matches!(handed(&tables), Err(SqlError::Table { .. })));
    }
}

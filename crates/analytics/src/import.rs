//! A CSV that somebody brings along as a reference table. Its errors name lines and columns, never what stands there.

use crate::{Column, REFERENCE, SqlError, Table, TableName};

/// The largest file, in bytes.
pub const CSV_BYTES_MAX: u64 = 16 << 20;
/// The most columns.
const COLUMNS_MAX: usize = 256;
/// The most rows.
const ROWS_MAX: usize = 1_000_000;

/// Reads a CSV with a line of names. A column whose fields are all whole numbers, numbers, or `true` and `false` is of that
/// kind; all others are text. An empty field is null.
///
/// # Errors
/// It is too large, has no names, names a column twice, or a line has another number of fields.
pub fn import(name: &str, bytes: &[u8]) -> Result<Table, SqlError> {
    let name = TableName::new(REFERENCE, name);
    let broken = |what: String| SqlError::Table { table: name.to_string(), what };
    if bytes.len() as u64 > CSV_BYTES_MAX {
        return Err(broken(format!("the file has more than {} MiB", CSV_BYTES_MAX >> 20)));
    }
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let names = reader.headers().map_err(|_| broken("its first line cannot be read as names of columns".to_owned()))?;
    let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    let twice = |(at, name): (usize, &String)| name.is_empty() || names.iter().take(at).any(|before| before == name);
    if names.is_empty() || names.len() > COLUMNS_MAX || names.iter().enumerate().any(twice) {
        return Err(broken(format!("its first line must name at most {COLUMNS_MAX} columns, each once")));
    }
    let mut texts: Vec<Vec<Option<String>>> = vec![Vec::new(); names.len()];
    for (line, record) in (2..).zip(reader.records()) {
        let record = record.map_err(|_| broken(format!("line {line} is not UTF-8 or has another number of fields")))?;
        if line > ROWS_MAX + 1 {
            return Err(broken(format!("it has more than {ROWS_MAX} rows")));
        }
        for (column, field) in texts.iter_mut().zip(record.iter()) {
            column.push(Some(field.to_owned()).filter(|field| !field.is_empty()));
        }
    }
    Ok(Table { name, columns: names.into_iter().zip(texts.into_iter().map(column)).collect() })
}

/// The narrowest kind that holds every field.
fn column(texts: Vec<Option<String>>) -> Column {
    fn all<T: std::str::FromStr>(texts: &[Option<String>]) -> Option<Vec<Option<T>>> {
        let parsed = texts.iter().map(|text| text.as_deref().map(str::parse).transpose().ok());
        let parsed: Vec<Option<T>> = parsed.collect::<Option<_>>()?;
        parsed.iter().any(Option::is_some).then_some(parsed)
    }
    if let Some(values) = all(&texts) {
        return Column::Integer(values);
    }
    // Rust would take `nan`, `inf` and `infinity` for numbers; in a table they are words.
    let digits =
        |text: &Option<String>| text.as_ref().is_none_or(|text| text.bytes().any(|byte| byte.is_ascii_digit()));
    if let Some(values) = all(&texts).filter(|_| texts.iter().all(digits)) {
        return Column::Number(values);
    }
    all(&texts).map_or(Column::Text(texts), Column::Boolean)
}

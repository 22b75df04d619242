//! What the asker brings along: CSV files as reference tables, which stay with the asker.

use std::io::Read as _;

use analytics::{CSV_BYTES_MAX, REFERENCE, Table, import};
use anyhow::{Context, bail};

use crate::args::sql::Sql;
use crate::desk::references::NAMES;

/// Reads the files that the asker brings along.
pub(super) fn brought(args: &Sql) -> anyhow::Result<Vec<Table>> {
    let mut tables: Vec<Table> = Vec::new();
    for (name, path) in &args.reference {
        let taken = NAMES.contains(&&**name) || tables.iter().any(|table| table.name.table == *name);
        if taken {
            bail!("there is a table `{REFERENCE}.{name}` already; give the file another name");
        }
        let failed = || format!("cannot read `{}`", path.display());
        let mut bytes = Vec::new();
        // One byte more than may be, so that too much is seen.
        let file = std::fs::File::open(path).with_context(failed)?;
        file.take(CSV_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(failed)?;
        tables.push(import(name, &bytes)?);
    }
    Ok(tables)
}

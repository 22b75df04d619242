//! What a client may look up: what kind of server this is, and the tables that its party may name. Tables of others are not
//! there, whatever pattern is asked for.

use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{SqlInfoData, SqlInfoDataBuilder};
use arrow_flight::sql::{CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables, SqlInfo};
use datafusion::arrow::record_batch::RecordBatch;

use crate::desk::CATALOG;
use crate::{SqlError, Table};

/// What released tables are: nobody writes them.
const KIND: &str = "VIEW";

/// The one catalog.
pub(super) fn catalogs(asked: CommandGetCatalogs) -> Result<RecordBatch, SqlError> {
    let mut builder = asked.into_builder();
    builder.append(CATALOG);
    builder.build().map_err(failed)
}

/// The streams.
pub(super) fn schemas(asked: CommandGetDbSchemas, tables: &[Table]) -> Result<RecordBatch, SqlError> {
    let mut builder = asked.into_builder();
    let mut names: Vec<&str> = tables.iter().map(|table| table.name.schema.as_str()).collect();
    names.dedup();
    for name in names {
        builder.append(CATALOG, name);
    }
    builder.build().map_err(failed)
}

/// The tables, with their columns if they are asked for.
pub(super) fn tables(asked: CommandGetTables, tables: &[Table]) -> Result<RecordBatch, SqlError> {
    let mut builder = asked.into_builder();
    for table in tables {
        let batch = table.batch()?;
        builder
            .append(CATALOG, &table.name.schema, &table.name.table, KIND, &batch.schema())
            .map_err(|_| SqlError::Engine)?;
    }
    builder.build().map_err(failed)
}

/// The one kind of table.
pub(super) fn kinds(asked: CommandGetTableTypes) -> Result<RecordBatch, SqlError> {
    let mut builder = asked.into_builder();
    builder.append(KIND);
    builder.build().map_err(failed)
}

/// What kind of server this is: one that answers questions and does nothing else.
pub(super) fn server() -> Result<SqlInfoData, SqlError> {
    let mut builder = SqlInfoDataBuilder::new();
    builder.append(SqlInfo::FlightSqlServerName, "Ordinance");
    builder.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    builder.append(SqlInfo::FlightSqlServerArrowVersion, "1.3");
    builder.append(SqlInfo::FlightSqlServerReadOnly, true);
    builder.append(SqlInfo::FlightSqlServerSql, true);
    for no in [
        SqlInfo::FlightSqlServerSubstrait,
        SqlInfo::FlightSqlServerCancel,
        SqlInfo::FlightSqlServerBulkIngestion,
        SqlInfo::FlightSqlServerIngestTransactionsSupported,
        SqlInfo::SqlDdlCatalog,
        SqlInfo::SqlDdlSchema,
        SqlInfo::SqlDdlTable,
    ] {
        builder.append(no, false);
    }
    // No transactions, and no names of variables.
    builder.append(SqlInfo::FlightSqlServerTransaction, 0_i32);
    builder.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    builder.build().map_err(failed)
}

fn failed(_: FlightError) -> SqlError {
    SqlError::Engine
}

//! Statements that write, set, load or look where nothing is to be seen.

use super::*;

/// A file that is really there, with a word that must not come out.
struct Canary {
    _folder: tempfile::TempDir,
    path: String,
}

const SECRET: &str = "canary-51c0ffee";

impl Canary {
    fn new() -> Self {
        let target = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
        let folder = tempfile::tempdir_in(target).unwrap();
        let path = folder.path().join("canary.csv");
        std::fs::write(&path, format!("secret\n{SECRET}\n")).unwrap();
        Self { path: path.to_str().unwrap().to_owned(), _folder: folder }
    }
}

/// Statements of every kind that do something else than read, or read in a way that is not answered.
const NO_QUESTIONS: [&str; 81] = [
    "",
    ";",
    "-- nothing",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE air.quarters",
    "INSERT INTO air.quarters VALUES (1)",
    "INSERT INTO air.quarters SELECT * FROM air.quarters",
    "UPDATE air.quarters SET value = 0",
    "DELETE FROM air.quarters",
    "TRUNCATE TABLE air.quarters",
    "MERGE INTO air.quarters USING air.quarters ON true WHEN MATCHED THEN DELETE",
    "CREATE TABLE t (a INT)",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE TABLE t AS VALUES (1)",
    "CREATE VIEW v AS SELECT 1",
    "CREATE SCHEMA s",
    "CREATE DATABASE d",
    "CREATE INDEX i ON air.quarters (value)",
    "CREATE FUNCTION f(INT) RETURNS INT RETURN $1 + 1",
    "DROP FUNCTION sum",
    "DROP TABLE air.quarters",
    "DROP VIEW v",
    "DROP SCHEMA air CASCADE",
    "ALTER TABLE air.quarters ADD COLUMN a INT",
    "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{path}'",
    "CREATE UNBOUNDED EXTERNAL TABLE t STORED AS PARQUET LOCATION 's3://bucket/x'",
    "COPY air.quarters TO '{path}.out'",
    "COPY (SELECT 1) TO '{path}.out' STORED AS CSV",
    "COPY air.quarters FROM '{path}'",
    "UNLOAD (SELECT 1) TO 's3://bucket/x'",
    "SET datafusion.catalog.information_schema = true",
    "SET a = 1",
    "RESET datafusion.execution.batch_size",
    "SHOW TABLES",
    "SHOW ALL",
    "SHOW FUNCTIONS",
    "SHOW COLUMNS FROM air.quarters",
    "SHOW CREATE TABLE air.quarters",
    "DESCRIBE air.quarters",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT * FROM air.quarters",
    "EXPLAIN VERBOSE SELECT 1",
    "EXPLAIN FORMAT TREE SELECT 1",
    "ANALYZE TABLE air.quarters",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "DECLARE c CURSOR FOR SELECT 1",
    "FETCH NEXT FROM c",
    "BEGIN",
    "START TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT s",
    "LOCK TABLE air.quarters",
    "VACUUM",
    "CALL f()",
    "GRANT SELECT ON air.quarters TO public",
    "REVOKE ALL ON air.quarters FROM public",
    "USE air",
    "KILL 1",
    "DO 1",
    "ATTACH DATABASE '{path}' AS x",
    "DETACH x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA a",
    "IMPORT FOREIGN SCHEMA x",
    "NOTIFY a",
    "LISTEN a",
    "COMMENT ON TABLE air.quarters IS 'x'",
    "CACHE TABLE t",
    "SELECT 1 INTO t",
    "SELECT * INTO t FROM air.quarters",
    "SELECT * FROM air.quarters FOR UPDATE",
    "WITH x AS (INSERT INTO air.quarters VALUES (1)) SELECT 1",
    "WITH x AS (DELETE FROM air.quarters RETURNING *) SELECT * FROM x",
    "SELECT 1 SETTINGS a = 1",
    "SELECT 1 FORMAT CSV",
    "TABLE air.quarters",
    "FROM air.quarters INSERT INTO x SELECT 1",
];

#[test]
fn only_questions_are_answered() {
    let canary = Canary::new();
    for statement in NO_QUESTIONS {
        let sql = statement.replace("{path}", &canary.path);
        let error = Question::parse(&sql).err().unwrap_or_else(|| panic!("this is no question: {sql}"));
        assert!(!error.to_string().contains(SECRET), "{error}");
    }
    let written = std::fs::read_dir(std::path::Path::new(&canary.path).parent().unwrap()).unwrap().count();
    assert_eq!(written, 1, "nothing was written beside the canary");
}

/// What somebody might name in place of a table.
const STRANGERS: [&str; 65] = [
    "'{path}'",
    "\"{path}\"",
    "`{path}`",
    "\"file://{path}\"",
    "'file://{path}'",
    "\"https://example.org/x.csv\"",
    "read_csv('{path}')",
    "read_csv_auto('{path}')",
    "read_parquet('{path}')",
    "read_json('{path}')",
    "read_text('{path}')",
    "csv_scan('{path}')",
    "parquet_scan('{path}')",
    "parquet_metadata('{path}')",
    "glob('/*')",
    "read_arrow('{path}')",
    "read_avro('{path}')",
    "arrow_file('{path}')",
    "metadata_cache()",
    "statistics_cache()",
    "list_files_cache()",
    "table_function('{path}')",
    "TABLE(read_csv('{path}'))",
    "LATERAL read_csv('{path}')",
    "query('SELECT 1')",
    "sqlite_scan('{path}', 't')",
    "pg_read_file('{path}')",
    "url('file://{path}')",
    "s3('https://example.org/x')",
    "file('{path}')",
    "external('{path}')",
    "@stage/x.csv",
    "$1",
    "JSON_TABLE('{}', '$' COLUMNS (a INT PATH '$.a')) AS t",
    "XMLTABLE('/a' PASSING '<a/>' COLUMNS x INT) AS t",
    "information_schema.tables",
    "information_schema.columns",
    "information_schema.df_settings",
    "information_schema.routines",
    "information_schema.parameters",
    "information_schema.schemata",
    "datafusion.public.air",
    "other.air.quarters",
    "city.information_schema.tables",
    "datafusion.information_schema.tables",
    "pg_catalog.pg_tables",
    "pg_catalog.pg_class",
    "sys.tables",
    "sqlite_master",
    "main.sqlite_master",
    "air",
    "quarters",
    "public.quarters",
    "observations",
    "wifi.observations",
    "\"wifi-centre\".observations",
    "\"air.quarters\"",
    "\"air\".\"Quarters\"",
    "\"\".\"quarters\"",
    "\"air\".\"\"",
    "air.quarters.value",
    "reference.secrets",
    "identifier('air.quarters')",
    "OPENROWSET('x')",
    "OPENJSON('{}')",
];

#[test]
fn nothing_but_the_tables_that_were_handed_over_can_be_read() {
    let canary = Canary::new();
    for source in STRANGERS {
        let sql = format!("SELECT * FROM {}", source.replace("{path}", &canary.path));
        let error = refused(&sql).to_string();
        assert!(!error.contains(SECRET), "{sql}: {error}");
    }
}

#[test]
fn no_function_reads_a_file_a_setting_or_the_machine() {
    let canary = Canary::new();
    let expressions = [
        "read_text('{path}')",
        "pg_read_file('{path}')",
        "pg_ls_dir('/')",
        "load_file('{path}')",
        "readfile('{path}')",
        "getenv('HOME')",
        "current_setting('datafusion.execution.batch_size')",
        "set_config('a', 'b', false)",
        "system('id')",
        "shell('id')",
        "http_get('https://example.org')",
        "@@version",
        "@a",
        "@@datafusion.execution",
        "input_file_name()",
        "lo_import('{path}')",
        "xmlparse('x')",
        "query_to_xml('SELECT 1')",
        "session_user",
        "current_database()",
        "current_schema()",
        "inet_client_addr()",
        "pg_backend_pid()",
        "dblink('x')",
    ];
    for expression in expressions {
        let sql = format!("SELECT {}", expression.replace("{path}", &canary.path));
        let error = refused(&sql).to_string();
        assert!(!error.contains(SECRET), "{sql}: {error}");
    }
}

#[test]
fn an_error_repeats_no_value() {
    let statements = [
        "SELECT CAST(cell AS INT) FROM \"wifi-centre\".counts",
        "SELECT CAST(cell AS TIMESTAMP) FROM \"wifi-centre\".counts",
        "SELECT 1 / (value - value) FROM \"wifi-centre\".counts",
        "SELECT arrow_cast(cell, 'Decimal128(3, 1)') FROM \"wifi-centre\".counts",
        "SELECT to_timestamp(cell) FROM \"wifi-centre\".counts",
        "SELECT to_date(cell) FROM \"wifi-centre\".counts",
        "SELECT decode(cell, 'hex') FROM \"wifi-centre\".counts",
        "SELECT digest('a', cell) FROM \"wifi-centre\".counts",
        "SELECT date_trunc(cell, now()) FROM \"wifi-centre\".counts",
        "SELECT regexp_like('a', cell || '(') FROM \"wifi-centre\".counts",
        "SELECT (SELECT cell FROM \"wifi-centre\".counts)",
        "SELECT sensor FROM \"wifi-centre\".counts WHERE cell",
        "SELECT arrow_cast(1, cell) FROM \"wifi-centre\".counts",
    ];
    for sql in statements {
        let error = refused(sql);
        assert!(!error.to_string().contains(MARK) && !error.to_string().contains("8a1e93"), "{sql}: {error}");
    }
    let error = refused("SELECT no_such_column FROM \"wifi-centre\".counts").to_string();
    assert!(error.contains("no_such_column") && error.contains("window_start"), "it helps with names: {error}");
}

#[test]
fn one_question_leaves_nothing_for_the_next() {
    assert!(ask("WITH kept AS (SELECT 1 AS a) SELECT * FROM kept").is_ok());
    assert!(matches!(refused("SELECT * FROM kept"), SqlError::Plan(_)));
    let question = || Question::parse("SELECT count(*) FROM air.quarters").unwrap();
    assert!(answer(question(), vec![air()], &Limits::default()).is_ok());
    assert!(
        answer(question(), vec![counts()], &Limits::default()).is_err(),
        "a table of another question is not there"
    );
}

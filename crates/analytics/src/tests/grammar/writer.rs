//! The grammar: from a number, always the same statement.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use datafusion::execution::SessionStateDefaults as Defaults;

/// One statement, and whether it would do something else than read.
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) writes: bool,
}

/// Every function that the engine knows.
static FUNCTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<String> = Defaults::default_scalar_functions().iter().map(|f| f.name().to_owned()).collect();
    names.extend(Defaults::default_aggregate_functions().iter().map(|f| f.name().to_owned()));
    names.extend(Defaults::default_higher_order_functions().iter().map(|f| f.name().to_owned()));
    names.sort();
    names
});

const TABLES: [&str; 3] = ["\"wifi-centre\".counts", "air.quarters", "reference.calendar"];
const STRANGERS: [&str; 12] = [
    "observations",
    "\"wifi-centre\".observations",
    "information_schema.tables",
    "information_schema.df_settings",
    "datafusion.public.t",
    "city.air.quarters",
    "pg_catalog.pg_class",
    "'{path}'",
    "\"{path}\"",
    "\"file://{path}\"",
    "\"{folder}\"",
    "reference.secrets",
];
const READERS: [&str; 12] = [
    "read_csv",
    "read_parquet",
    "read_json",
    "read_text",
    "csv_scan",
    "parquet_metadata",
    "glob",
    "query",
    "url",
    "list_files_cache",
    "metadata_cache",
    "file",
];
const COLUMNS: [&str; 14] = [
    "value",
    "sensor",
    "cell",
    "window_start",
    "window_end",
    "minimum",
    "day",
    "weekend",
    "raining",
    "wind",
    "t0.value",
    "t1.sensor",
    "c",
    "secret",
];
const LITERALS: [&str; 18] = [
    "0",
    "1",
    "2",
    "7",
    "-1",
    "1.5",
    "NULL",
    "true",
    "'a'",
    "'{path}'",
    "''",
    "'2026-11-24'",
    "INTERVAL '1' HOUR",
    "TIMESTAMP '2026-11-24T00:00:00Z'",
    "DATE '2026-11-24'",
    "[1, 2, NULL]",
    "{a: 1, b: 'x'}",
    "X'00ff'",
];
const OPERATORS: [&str; 22] = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "<>",
    "<",
    ">",
    "<=",
    ">=",
    "AND",
    "OR",
    "||",
    "LIKE",
    "~",
    "&",
    "|",
    "#",
    "<<",
    "IS DISTINCT FROM",
    "@>",
];
const TYPES: [&str; 14] = [
    "INT",
    "BIGINT",
    "SMALLINT",
    "DOUBLE",
    "TEXT",
    "BOOLEAN",
    "DATE",
    "TIMESTAMP",
    "DECIMAL(10, 2)",
    "BYTEA",
    "INTERVAL",
    "INT[]",
    "TIME",
    "REGCLASS",
];
const WRITES: [&str; 26] = [
    "INSERT INTO {table} {query}",
    "UPDATE {table} SET value = {expr}",
    "DELETE FROM {table} WHERE {expr}",
    "CREATE TABLE t AS {query}",
    "CREATE VIEW v AS {query}",
    "CREATE SCHEMA s",
    "CREATE DATABASE d",
    "DROP TABLE {table}",
    "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{path}'",
    "COPY {table} TO '{path}'",
    "COPY ({query}) TO '{path}'",
    "SET datafusion.catalog.location = '{path}'",
    "RESET ALL",
    "SHOW TABLES",
    "SHOW ALL",
    "DESCRIBE {table}",
    "EXPLAIN {query}",
    "EXPLAIN ANALYZE {query}",
    "PREPARE p AS {query}",
    "EXECUTE p({expr})",
    "BEGIN",
    "USE {table}",
    "ATTACH DATABASE '{path}' AS x",
    "{query}; {query}",
    "{query}; DROP TABLE {table}",
    "CREATE FUNCTION f(INT) RETURNS INT RETURN {expr}",
];

/// Writes one statement.
pub(super) struct Writer {
    state: u64,
    path: PathBuf,
    fuel: usize,
}

impl Writer {
    pub(super) fn new(seed: u64, path: &Path) -> Self {
        Self { state: seed, path: path.to_owned(), fuel: 60 }
    }

    pub(super) fn statement(&mut self) -> Statement {
        if self.one_in(6) {
            self.fuel = 12;
            return Statement { text: self.fitting(), writes: false };
        }
        let writes = self.one_in(5);
        let text = if writes { self.pick(&WRITES).to_owned() } else { "{query}".to_owned() };
        let mut text = self.filled(&text);
        let folder = self.path.parent().unwrap().to_str().unwrap().to_owned();
        text = text.replace("{path}", self.path.to_str().unwrap()).replace("{folder}", &folder);
        // A statement that is cut off or stirred may mean anything.
        if self.one_in(20) {
            let cut = self.below(text.chars().count() as u64 + 1);
            text = text.chars().take(usize::try_from(cut).unwrap()).collect();
            return Statement { text, writes: false };
        }
        Statement { text, writes }
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        let at = self.below(texts.len() as u64);
        texts[usize::try_from(at).unwrap()]
    }

    /// Whether there is something left to write with.
    fn burn(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel > 0
    }

    fn filled(&mut self, template: &str) -> String {
        let mut text = template.to_owned();
        for (hole, write) in [("{query}", Self::query as fn(&mut Self) -> String), ("{expr}", Self::expr)] {
            while text.contains(hole) {
                text = text.replacen(hole, &write(self), 1);
            }
        }
        while text.contains("{table}") {
            let table = self.pick(&TABLES);
            text = text.replacen("{table}", table, 1);
        }
        text
    }

    fn several(&mut self, most: u64, write: fn(&mut Self) -> String) -> String {
        let many = 1 + self.below(most);
        (0..many).map(|_| write(self)).collect::<Vec<String>>().join(", ")
    }

    fn query(&mut self) -> String {
        let with = if self.burn() && self.one_in(6) {
            let recursive = if self.one_in(4) { "RECURSIVE " } else { "" };
            format!("WITH {recursive}w AS ({}) ", self.query())
        } else {
            String::new()
        };
        let mut body =
            if self.one_in(15) { format!("VALUES ({})", self.several(3, Self::expr)) } else { self.select() };
        if self.burn() && self.one_in(8) {
            let joins = ["UNION", "UNION ALL", "INTERSECT", "EXCEPT"];
            body = format!("{body} {} {}", self.pick(&joins), self.select());
        }
        if self.one_in(4) {
            body += &format!(" ORDER BY {}", self.several(2, Self::expr));
        }
        if self.one_in(3) {
            let limits = ["LIMIT 3", "LIMIT 0", "OFFSET 1", "LIMIT 1 OFFSET 1", "FETCH FIRST 2 ROWS ONLY"];
            body += &format!(" {}", self.pick(&limits));
        }
        with + &body
    }

    /// A question that fits its tables, so that the engine computes something.
    fn fitting(&mut self) -> String {
        let sources = [
            "\"wifi-centre\".counts AS t",
            "(SELECT * FROM \"wifi-centre\".counts WHERE value > 10) AS t",
            "\"wifi-centre\".counts AS t JOIN reference.calendar AS k ON CAST(t.window_start AS DATE) = k.day",
            "\"wifi-centre\".counts AS t LEFT JOIN air.quarters AS q ON t.sensor = q.sensor",
            "\"wifi-centre\".counts AS t CROSS JOIN generate_series(1, 3) AS s(n)",
        ];
        let source = self.pick(&sources);
        let (number, text, truth) = (self.number(), self.text(), self.truth());
        let endings = ["", " ORDER BY 1", " ORDER BY 2 DESC LIMIT 2", " LIMIT 1"];
        let ending = self.pick(&endings);
        match self.below(5) {
            0 => format!("SELECT {text}, sum({number}) FROM {source} WHERE {truth} GROUP BY {text}{ending}"),
            1 => format!("SELECT DISTINCT {text}, {number} FROM {source}{ending}"),
            2 => format!("SELECT {number}, rank() OVER (PARTITION BY {text} ORDER BY {number}) FROM {source}{ending}"),
            3 => format!("WITH w AS (SELECT {number} AS n FROM {source}) SELECT n, count(*) FROM w GROUP BY n{ending}"),
            _ => format!(
                "SELECT {number}, {truth} FROM {source} WHERE t.sensor IN (SELECT sensor FROM air.quarters) OR {truth} \
                 UNION ALL SELECT {number}, {truth} FROM {source}{ending}"
            ),
        }
    }

    fn number(&mut self) -> String {
        if !self.burn() || self.one_in(3) {
            return self.pick(&["t.value", "t.minimum", "1", "0", "-7"]).to_owned();
        }
        match self.below(6) {
            0 => format!("({} + {})", self.number(), self.number()),
            1 => format!("({} * {})", self.number(), self.number()),
            2 => format!("({} / {})", self.number(), self.number()),
            3 => format!("abs({})", self.number()),
            4 => format!("CASE WHEN {} THEN {} ELSE {} END", self.truth(), self.number(), self.number()),
            _ => format!("length({})", self.text()),
        }
    }

    fn text(&mut self) -> String {
        if !self.burn() || self.one_in(2) {
            return self.pick(&["t.sensor", "t.cell", "'{path}'", "''"]).replace("{path}", self.path.to_str().unwrap());
        }
        match self.below(5) {
            0 => format!("({} || {})", self.text(), self.text()),
            1 => format!("upper({})", self.text()),
            2 => format!("coalesce({}, {})", self.text(), self.text()),
            3 => format!("CAST({} AS TEXT)", self.number()),
            _ => format!("replace({}, '-', {})", self.text(), self.text()),
        }
    }

    fn truth(&mut self) -> String {
        match self.below(4) {
            0 => format!("({} > {})", self.number(), self.number()),
            1 => format!("({} LIKE '%1')", self.text()),
            2 => format!("({} IS NOT NULL)", self.text()),
            _ => "(t.window_start < now())".to_owned(),
        }
    }

    fn select(&mut self) -> String {
        let distinct = if self.one_in(10) { "DISTINCT " } else { "" };
        let items = if self.one_in(4) { "*".to_owned() } else { self.several(3, Self::item) };
        let mut text = format!("SELECT {distinct}{items}");
        if !self.one_in(8) {
            text += &format!(" FROM {}", self.source(0));
            if self.burn() && self.one_in(4) {
                text += &self.join();
            }
        }
        if self.one_in(3) {
            text += &format!(" WHERE {}", self.expr());
        }
        if self.one_in(6) {
            let groups =
                ["{expr}", "ROLLUP ({expr})", "CUBE ({expr}, {expr})", "ALL", "1", "GROUPING SETS (({expr}), ())"];
            let group = self.pick(&groups);
            text += &format!(" GROUP BY {}", self.filled(group));
        }
        if self.one_in(12) {
            text += &format!(" HAVING {}", self.expr());
        }
        text
    }

    fn item(&mut self) -> String {
        let expr = self.expr();
        if self.one_in(3) { format!("{expr} AS c") } else { expr }
    }

    fn join(&mut self) -> String {
        let kinds =
            ["JOIN", "LEFT JOIN", "FULL JOIN", "CROSS JOIN", "NATURAL JOIN", "LEFT SEMI JOIN", ",", "JOIN LATERAL"];
        let kind = self.pick(&kinds);
        let source = self.source(1);
        match kind {
            "CROSS JOIN" | "NATURAL JOIN" | "," => format!(" {kind} {source}"),
            _ => format!(" {kind} {source} ON {}", self.expr()),
        }
    }

    fn source(&mut self, number: u64) -> String {
        let source = match self.below(12) {
            0 if self.burn() => format!("({})", self.query()),
            1 => "w".to_owned(),
            2 => self.pick(&STRANGERS).to_owned(),
            3 => format!("{}('{{path}}')", self.pick(&READERS)),
            4 => format!("generate_series(1, {})", self.below(9)),
            5 => format!("unnest({})", self.expr()),
            6 => {
                return self
                    .pick(&["TABLE(f(1))", "t0 PIVOT (sum(value) FOR sensor IN ('a'))", "@s/x", "f(1, 2)"])
                    .to_owned();
            }
            _ => self.pick(&TABLES).to_owned(),
        };
        format!("{source} AS t{number}")
    }

    fn expr(&mut self) -> String {
        if !self.burn() || self.one_in(3) {
            return if self.one_in(2) { self.pick(&COLUMNS).to_owned() } else { self.pick(&LITERALS).to_owned() };
        }
        match self.below(16) {
            0..=3 => {
                let operator = self.pick(&OPERATORS);
                format!("({} {operator} {})", self.expr(), self.expr())
            }
            4..=8 => self.call(),
            9 => format!("CAST({} AS {})", self.expr(), self.pick(&TYPES)),
            10 => format!("try_cast({} AS {})", self.expr(), self.pick(&TYPES)),
            11 => format!("CASE WHEN {} THEN {} ELSE {} END", self.expr(), self.expr(), self.expr()),
            12 => format!("({})", self.query()),
            13 => format!("{} IN ({})", self.expr(), self.query()),
            14 => {
                let shapes = [
                    "{expr} BETWEEN {expr} AND {expr}",
                    "{expr} IS NOT NULL",
                    "EXISTS ({query})",
                    "{expr}[1]",
                    "NOT {expr}",
                    "{expr} IN ({expr}, {expr})",
                    "extract(hour FROM {expr})",
                    "{expr}.a",
                    "- {expr}",
                    "{expr} ILIKE 's%'",
                    "{expr} AT TIME ZONE 'UTC'",
                    "@@version",
                    "@v",
                    "$1",
                    "ANY({query})",
                    "interval {expr}",
                    "ROW({expr})",
                ];
                let shape = self.pick(&shapes);
                self.filled(shape)
            }
            _ => {
                let calls = ["row_number()", "rank()", "lag(value)", "sum(value)", "first_value(sensor)", "ntile(2)"];
                format!("{} OVER (PARTITION BY {} ORDER BY {})", self.pick(&calls), self.expr(), self.expr())
            }
        }
    }

    fn call(&mut self) -> String {
        let at = usize::try_from(self.below(FUNCTIONS.len() as u64)).unwrap();
        let name = if self.one_in(12) { self.pick(&READERS).to_owned() } else { FUNCTIONS[at].clone() };
        let arguments = match self.below(8) {
            0 => String::new(),
            1 => "*".to_owned(),
            2 => format!("DISTINCT {}", self.expr()),
            3 => format!("x -> {}", self.expr()),
            _ => self.several(3, Self::expr),
        };
        let filter = if self.one_in(12) { format!(" FILTER (WHERE {})", self.expr()) } else { String::new() };
        format!("{name}({arguments}){filter}")
    }
}

//! Flight SQL through the real binary: the client that notebooks use, and one that plays tricks.

#![cfg(feature = "sql")]

use std::process::Command;

use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{CommandGetDbSchemas, CommandGetTables, SqlInfo};
use arrow_flight::{Action, FlightDescriptor, FlightInfo, Ticket};
use futures::TryStreamExt;
use serde_json::Value;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use crate::tool::{City, Node, json, now, run, skipped};

const AIR: &str = "SELECT sensor, count(*) AS n, max(no2) AS most FROM air.measurements GROUP BY sensor";
const DISCLOSURES: &str = "ordinance.disclosures";
/// What the real client does, and says as JSON.
const ADBC: &str = include_str!("adbc.py");

/// A node that speaks Flight SQL, with three measurements of the air.
struct Spoken {
    city: City,
    node: Node,
    /// `grpc://…`
    address: String,
}

impl Spoken {
    fn new() -> Self {
        let city = City::new();
        let node = Node::try_start_with(&city, &["--flight", "127.0.0.1:0"]).unwrap();
        let said: Value = serde_json::from_slice(&node.running.stdout.bytes()).unwrap();
        let address = said["flight"].as_str().unwrap().to_owned();
        let line = |no2: f64| format!("{{\"time\":\"{}\",\"no2\":{no2}}}\n", now());
        let lines: String = [12.5, 40.0, 7.0].map(line).concat();
        assert_eq!(node.lines(&city.air, &lines).1["admitted"], 3);
        Self { city, node, address }
    }

    async fn channel(&self) -> Channel {
        let address = self.address.replace("grpc://", "http://");
        Channel::from_shared(address).unwrap().connect().await.unwrap()
    }

    async fn client(&self, token: &str, purpose: &str) -> FlightSqlServiceClient<Channel> {
        let mut client = FlightSqlServiceClient::new(self.channel().await);
        if !token.is_empty() {
            client.set_token(token.to_owned());
        }
        if !purpose.is_empty() {
            client.set_header("x-purpose", purpose);
        }
        client
    }

    /// The next number that a disclosure gets.
    fn next(&self) -> u64 {
        let path = "/api/v1/released?stream=air&purpose=air-quality";
        self.node.try_get(path).unwrap().1["record"]["seq"].as_u64().unwrap() + 1
    }
}

fn ticket(info: &FlightInfo) -> Ticket {
    info.endpoint[0].ticket.clone().unwrap()
}

/// The rows of a flight, as they are printed.
async fn rows(client: &mut FlightSqlServiceClient<Channel>, ticket: Ticket) -> Result<(usize, Value), Code> {
    let mut stream = client.do_get(ticket).await.map_err(|error| code(&error.to_string()))?;
    let mut count = 0;
    while let Some(batch) = stream.try_next().await.map_err(|error| code(&error.to_string()))? {
        count += batch.num_rows();
    }
    let schema = stream.schema().unwrap();
    let told = schema.metadata().get(DISCLOSURES).map_or("null", String::as_str);
    Ok((count, serde_json::from_str(told).unwrap()))
}

/// The code of an error that was wrapped on its way.
fn code(words: &str) -> Code {
    let codes = [
        (Code::Unauthenticated, "Unauthenticated"),
        (Code::InvalidArgument, "InvalidArgument"),
        (Code::PermissionDenied, "PermissionDenied"),
        (Code::NotFound, "NotFound"),
        (Code::Unimplemented, "Unimplemented"),
        (Code::ResourceExhausted, "ResourceExhausted"),
    ];
    let plain = |text: &str| text.to_lowercase().replace([' ', '_'], "");
    let found =
        codes.into_iter().find(|(code, name)| words.contains(name) || plain(words).contains(&plain(&code.to_string())));
    found.unwrap_or_else(|| panic!("no code in: {words}")).0
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn the_client_that_notebooks_use_asks_and_gets_rows_receipts_and_refusals() {
    let python = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("adbc").join("bin/python");
    if !python.exists() {
        skipped("Flight SQL with ADBC: the client is not installed; ./test installs it where it can be had");
        return;
    }
    let spoken = Spoken::new();
    let plate = format!("{{\"time\":\"{}\",\"plate\":\"4QX 4017\"}}", now());
    assert_eq!(spoken.node.lines(&spoken.city.plates, &plate).0, 200);
    let before = spoken.next();
    let output = Command::new(python)
        .args(["-c", ADBC, &spoken.address, &spoken.city.officer, &spoken.city.police])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["rows"], serde_json::json!([["air-1", 3, 40.0]]), "{said}");
    assert_eq!(said["columns"], serde_json::json!(["sensor", "n", "most"]));
    assert_eq!(said["again"], said["rows"], "a cursor that is used again asks again");
    let first: Value = serde_json::from_str(said["disclosures"].as_str().unwrap()).unwrap();
    assert_eq!((first[0]["seq"].as_u64(), &first[0]["record"]["recipient"]), (Some(before), &"city".into()), "{said}");
    assert!(first[0]["receipt"].as_str().unwrap().contains("test.example/log"));
    // One disclosure for each answered question: twice the air, the hits of the police, and this look.
    assert_eq!(spoken.next(), before + 4, "{said}");
    assert_eq!(said["hits"], serde_json::json!([[0]]));
    assert_eq!(
        said["city_tables"],
        serde_json::json!([
            "air.measurements",
            "air.quarters",
            "reference.calendar",
            "reference.places",
            "reference.sensors",
            "wifi.counts"
        ])
    );
    assert_eq!(
        said["police_tables"],
        serde_json::json!([
            "air.measurements",
            "air.quarters",
            "plates.hits",
            "reference.calendar",
            "reference.places",
            "reference.sensors"
        ])
    );
    assert_eq!(
        said["columns_of_counts"],
        serde_json::json!(["window_start", "window_end", "cell", "sensor", "value", "minimum"])
    );
    for (name, words) in [
        ("no_token", "authorization"),
        ("wrong_token", "belongs to no party"),
        ("no_purpose", "x-purpose"),
        ("bad_purpose", "x-purpose"),
        ("refused", "norm global-core/agreed-purpose"),
        ("others", "only under an agreement"),
        ("unknown_column", "does not fit its tables"),
        ("writes", "only questions"),
        ("file", "not answered"),
        ("ingest", "only questions"),
    ] {
        let told = said["errors"][name].as_str().unwrap_or_else(|| panic!("{name} was answered: {said}"));
        assert!(told.to_lowercase().contains(words), "{name}: {told}");
    }
}

#[test]
fn without_a_token_or_purpose_nothing_is_answered_and_refusals_name_the_norm() {
    let spoken = Spoken::new();
    let before = spoken.next();
    runtime().block_on(async {
        let officer = spoken.city.officer.clone();
        for (token, purpose, expected, words) in [
            ("", "air-quality", Code::Unauthenticated, "authorization: Bearer"),
            ("wrong", "air-quality", Code::Unauthenticated, "belongs to no party"),
            (spoken.city.air.as_str(), "air-quality", Code::Unauthenticated, "belongs to no party"),
            (&officer, "", Code::InvalidArgument, "x-purpose"),
            (&officer, "everything", Code::InvalidArgument, "x-purpose"),
            (&officer, "advertising", Code::PermissionDenied, ""),
        ] {
            let mut client = spoken.client(token, purpose).await;
            let error = client.execute(AIR.to_owned(), None).await.unwrap_err().to_string();
            assert!(code(&error) == expected && error.contains(words), "{token} {purpose}: {error}");
            let error = client.prepare(AIR.to_owned(), None).await.err().unwrap().to_string();
            assert_eq!(code(&error), expected, "prepared: {error}");
        }
        // What can be looked up needs a token too, and no purpose.
        let mut nobody = spoken.client("", "").await;
        for error in [
            nobody.get_catalogs().await.unwrap_err(),
            nobody.get_sql_info(vec![SqlInfo::FlightSqlServerName]).await.unwrap_err(),
            nobody.get_tables(CommandGetTables::default()).await.unwrap_err(),
        ] {
            assert_eq!(code(&error.to_string()), Code::Unauthenticated);
        }
        let mut known = spoken.client(&officer, "").await;
        for info in [
            known.get_catalogs().await.unwrap(),
            known.get_db_schemas(CommandGetDbSchemas::default()).await.unwrap(),
            known.get_table_types().await.unwrap(),
            known.get_sql_info(vec![]).await.unwrap(),
        ] {
            assert!(rows(&mut known, ticket(&info)).await.unwrap().0 > 0);
        }
        // A party without agreements sees what everybody may have, whatever pattern it looks for.
        let all = CommandGetTables { db_schema_filter_pattern: Some("%".to_owned()), ..CommandGetTables::default() };
        let seen = known.get_tables(all.clone()).await.unwrap();
        assert_eq!(rows(&mut known, ticket(&seen)).await.unwrap().0, 6);
        let mut police = spoken.client(&spoken.city.police, "crime-investigation").await;
        let wifi =
            CommandGetTables { db_schema_filter_pattern: Some("wifi".to_owned()), ..CommandGetTables::default() };
        let seen = police.get_tables(wifi).await.unwrap();
        assert_eq!(rows(&mut police, ticket(&seen)).await.unwrap().0, 0);
        let error = police.execute("SELECT * FROM wifi.counts".to_owned(), None).await.unwrap_err().to_string();
        assert_eq!(code(&error), Code::PermissionDenied, "{error}");
    });
    assert_eq!(spoken.next(), before + 1, "nothing of it was a disclosure");
}

#[test]
fn a_ticket_is_its_partys_once_and_a_made_up_one_is_nobodys() {
    let spoken = Spoken::new();
    let before = spoken.next();
    runtime().block_on(async {
        let mut city = spoken.client(&spoken.city.officer, "air-quality").await;
        let mut police = spoken.client(&spoken.city.police, "air-quality").await;
        let info = city.execute(AIR.to_owned(), None).await.unwrap();
        assert_eq!(info.total_records, 1);
        assert_eq!(info.app_metadata.first(), Some(&b'['), "the disclosures stand beside it");
        // Somebody else's try does not use it up.
        assert_eq!(rows(&mut police, ticket(&info)).await, Err(Code::NotFound));
        let mut nobody = spoken.client("", "").await;
        assert_eq!(rows(&mut nobody, ticket(&info)).await, Err(Code::Unauthenticated));
        let (count, told) = rows(&mut city, ticket(&info)).await.unwrap();
        assert_eq!((count, told[0]["seq"].as_u64()), (1, Some(before)));
        assert_eq!(rows(&mut city, ticket(&info)).await, Err(Code::NotFound), "once");
        // Made-up ones: of chance, altered, empty, of another kind, and a question in place of a ticket.
        let question = FlightDescriptor::new_cmd(info.flight_descriptor.clone().unwrap().cmd).cmd;
        let whole = ticket(&info).ticket;
        let altered: Vec<u8> =
            whole.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at + 1 == whole.len())).collect();
        for bytes in [altered, Vec::new(), vec![0; 32], b"SELECT 1".to_vec(), question.to_vec(), vec![0xff; 4_096]] {
            let outcome = rows(&mut city, Ticket::new(bytes.clone())).await;
            let refused = matches!(outcome, Err(Code::NotFound | Code::InvalidArgument | Code::Unimplemented));
            assert!(refused || format!("{outcome:?}").contains("Internal"), "{bytes:?}: {outcome:?}");
        }
        // Answers that wait have a limit for each party, and nothing more is disclosed when it is reached.
        for _ in 0..4 {
            city.execute(AIR.to_owned(), None).await.unwrap();
        }
        let error = city.execute(AIR.to_owned(), None).await.unwrap_err().to_string();
        assert_eq!(code(&error), Code::ResourceExhausted, "{error}");
        assert!(police.execute(AIR.to_owned(), None).await.is_ok(), "others go on");
    });
    assert_eq!(spoken.next(), before + 7, "one, four, the others’, and this look");
}

#[test]
fn nothing_is_written_begun_or_read_but_released_tables() {
    let spoken = Spoken::new();
    let before = spoken.next();
    runtime().block_on(async {
        let mut client = spoken.client(&spoken.city.officer, "air-quality").await;
        for (sql, words) in [
            ("COPY air.measurements TO '/tmp/x'", "only questions"),
            ("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'", ""),
            ("SELECT * FROM '/etc/passwd'", "does not fit"),
            ("SELECT * FROM read_csv('/etc/passwd')", "not answered"),
            ("SELECT * FROM information_schema.tables", "no id"),
            ("SELECT * FROM city.information_schema.columns", "no id"),
            ("SELECT * FROM other.air.measurements", "no table"),
            ("SELECT 1; SELECT 2", "one question"),
            ("SET datafusion.catalog.information_schema = true", "only questions"),
            ("INSERT INTO air.measurements VALUES (1)", "only questions"),
            ("SELECT nothing FROM air.measurements", "does not fit"),
            ("SELECT $1 FROM air.measurements", ""),
        ] {
            let error = client.execute(sql.to_owned(), None).await.expect_err(sql).to_string();
            assert!(code(&error) == Code::InvalidArgument && error.contains(words), "{sql}: {error}");
            let error = client.prepare(sql.to_owned(), None).await.err().unwrap_or_else(|| panic!("{sql}")).to_string();
            assert_eq!(code(&error), Code::InvalidArgument, "{sql}: {error}");
        }
        for error in [
            client.execute_update("DELETE FROM air.measurements".to_owned(), None).await.unwrap_err().to_string(),
            client.begin_transaction().await.unwrap_err().to_string(),
        ] {
            assert_eq!(code(&error), Code::Unimplemented, "{error}");
        }
        let transaction = Some(vec![1_u8].into());
        let error = client.execute(AIR.to_owned(), transaction).await.unwrap_err().to_string();
        assert_eq!(code(&error), Code::Unimplemented, "{error}");
        let large = "x".repeat(200 << 10);
        assert!(client.execute(large, None).await.is_err(), "a message has a limit");
        // Raw calls with a token and without sense.
        let mut raw = arrow_flight::flight_service_client::FlightServiceClient::new(spoken.channel().await);
        let token: tonic::metadata::MetadataValue<_> = format!("Bearer {}", spoken.city.officer).parse().unwrap();
        let mut action = Request::new(Action { r#type: "SetSessionOptions".to_owned(), body: vec![0; 8].into() });
        action.metadata_mut().insert("authorization", token.clone());
        let refused: Status = raw.do_action(action).await.unwrap_err();
        assert_ne!(refused.code(), Code::Ok);
        let mut descriptor = Request::new(FlightDescriptor::new_path(vec!["../../etc/passwd".to_owned()]));
        descriptor.metadata_mut().insert("authorization", token);
        assert_ne!(raw.get_flight_info(descriptor).await.unwrap_err().code(), Code::Ok);
        // A table may be named with the catalog that it is listed under.
        let named = "SELECT count(*) FROM city.air.measurements";
        let info = client.execute(named.to_owned(), None).await.unwrap();
        assert_eq!(rows(&mut client, ticket(&info)).await.unwrap().0, 1);
        let mut prepared = client.prepare(AIR.to_owned(), None).await.unwrap();
        assert_eq!(prepared.dataset_schema().unwrap().fields().len(), 3, "its columns are known before it is asked");
        let info = prepared.execute().await.unwrap();
        prepared.close().await.unwrap();
        assert_eq!(rows(&mut client, ticket(&info)).await.unwrap().0, 1);
    });
    assert_eq!(spoken.next(), before + 3, "two were answered, and this look");
    let failed = run(&["serve", &spoken.city.arg(), "--flight", "nowhere"]);
    assert_eq!(failed.status.code(), Some(2));
    drop(spoken.node);
    assert!(json(&["verify", &spoken.city.arg()])["size"].as_u64().unwrap() > 0);
}

//! Files as clerks and other programs send them, and ours as they come back.

use model::{Act, PartyId};
use proptest::prelude::*;
use register::State;

use crate::*;

/// A register with two parties, three places, two deployments and a sensor.
pub(crate) fn state() -> State {
    let mut state = State::default();
    for (at, what) in include_str!("tests/acts.jsonl").lines().enumerate() {
        let act = format!("{{\"at\":\"2026-11-24T08:00:00Z\",\"by\":\"mobility\",\"what\":{what}}}");
        let act: Act = serde_json::from_str(&act).unwrap_or_else(|error| panic!("{at}: {error}"));
        state.apply(&act).unwrap_or_else(|error| panic!("{at}: {error}"));
    }
    state
}

fn by() -> PartyId {
    "mobility".parse().unwrap()
}

fn read_as(bytes: &[u8], state: &State) -> Reading {
    read(&open(bytes).unwrap_or_else(|error| panic!("{error}")), state, &by())
}

fn said(reading: &Reading) -> Vec<String> {
    let told = |fault: &Fault| {
        format!("{} {} {}: {}", fault.sheet, fault.row, fault.column.clone().unwrap_or_default(), fault.words)
    };
    reading.faults.iter().map(told).collect()
}

#[test]
fn what_was_written_is_read_as_it_stands_in_the_register_and_by_another_reader() {
    let state = state();
    let bytes = xlsx(&state, &|_| true);
    assert_eq!(bytes, xlsx(&state, &|_| true), "the same state is the same bytes");
    let reading = read_as(&bytes, &state);
    assert_eq!((said(&reading), &reading.remarks, &reading.notes), (Vec::new(), &Vec::new(), &Vec::new()));
    let look = Look::of(reading.clone(), &state);
    assert!(look.asks.is_empty(), "{:?}", look.asks);
    assert_eq!(reading.entries.len(), 2 + 3 + 2 + 1);
    // Into an empty register it is all of it, parents first.
    let empty = Look::of(read_as(&bytes, &State::default()), &State::default());
    assert_eq!(
        empty.asks.iter().map(|entry| entry.thing.id()).collect::<Vec<_>>(),
        ["environment", "mobility", "whole", "centre", "site", "pollution", "wifi", "wifi-1"]
    );
    let book = open(&bytes).unwrap();
    let table = |name: &str| book.tables.iter().find(|table| table.name == name).unwrap();
    for kind in Kind::ALL {
        let rows = &table(kind.code()).rows;
        let head: Vec<_> = rows[0].cells.iter().map(|cell| cell.value.shown()).collect();
        assert_eq!(
            (head, rows.len()),
            (kind.headings().iter().map(|name| (*name).into()).collect(), 1 + drawn(kind, &state, &|_| true).len())
        );
    }
    assert_eq!(table("devices").rows[1].cells[2].value, Value::Number(-16.6), "a number is a number");
    assert_eq!(table("places").rows[2].cells[1].value, Value::from("=1+1 <&> _x0041_"), "and a text a text");
    assert!(matches!(table("deployments").rows[1].cells[11].value, Value::Instant(_)), "a day is a day");
}

#[test]
fn each_sheet_as_text_is_read_as_it_stands_in_the_register() {
    let state = state();
    for kind in Kind::ALL {
        let text = csv(&kind.headings(), &drawn(kind, &state, &|_| true));
        let reading = read_as(text.as_bytes(), &state);
        assert_eq!(said(&reading), Vec::<String>::new(), "{kind}\n{text}");
        assert!(Look::of(reading, &state).asks.is_empty(), "{kind}");
        assert!(!text.contains(",=") && !text.contains("\r\n="), "{text}");
    }
}

#[test]
fn a_template_has_headings_alone_and_is_read_as_nothing() {
    let reading = read_as(&template(&state()), &state());
    assert_eq!((reading.entries.len(), said(&reading)), (0, Vec::new()));
    let book = open(&template(&state())).unwrap();
    let text = |sheet: &str| {
        let table = book.tables.iter().find(|table| table.name == sheet).unwrap();
        let cells = table.rows.iter().flat_map(|row| &row.cells);
        cells.map(|cell| cell.value.shown()).collect::<Vec<_>>().join("|")
    };
    let (instructions, values) = (text("Instructions"), text("Values"));
    for kind in Kind::ALL {
        assert!(kind.columns().iter().all(|column| instructions.contains(column.about)), "{kind}");
    }
    for word in [
        "city-department",
        "wifi-counter",
        "traffic-management",
        "public-task",
        "mac-address",
        "pseudonymise",
        "centre",
    ] {
        assert!(values.contains(word), "{word}");
    }
}

/// A spreadsheet as a clerk leaves it, written by another program: see `tests/clerk.py`.
const CLERKS: &[u8] = include_bytes!("tests/clerk.xlsx");

/// A spreadsheet of some sheets.
fn sheets(sheets: &[(&'static str, &[&[&str]])]) -> Vec<u8> {
    let sheet = |(name, rows): &(&'static str, &[&[&str]])| {
        let rows = rows.iter().map(|row| row.iter().map(|text| Value::from(*text)).collect()).collect();
        write::Sheet { name, rows, ..write::Sheet::default() }
    };
    write::parts(&sheets.iter().map(sheet).collect::<Vec<_>>())
}

/// The list of one sheet, and what it refers to.
const ONE_SHEET: &str = "<workbook xmlns:r=\"r\"><sheets><sheet name=\"Sheet1\" r:id=\"r1\"/></sheets></workbook>";
const ITS_PART: &str = "<Relationship Id=\"r1\" Type=\"/worksheet\" Target=\"/xl/s.xml\"/>";

/// A spreadsheet of one sheet, from its XML.
fn raw(sheet: &[u8]) -> Vec<u8> {
    raw_with(ONE_SHEET, ITS_PART, sheet, "<sst/>")
}

/// A spreadsheet from the XML of its list of sheets, what that refers to, a sheet, and the texts that cells share.
fn raw_with(workbook: &str, relations: &str, sheet: &[u8], shared: &str) -> Vec<u8> {
    archive::packed(&[
        ("xl/workbook.xml".to_owned(), workbook.as_bytes().to_vec()),
        ("xl/_rels/workbook.xml.rels".to_owned(), format!("<R>{relations}</R>").into_bytes()),
        ("xl/s.xml".to_owned(), sheet.to_vec()),
        ("xl/shared.xml".to_owned(), shared.as_bytes().to_vec()),
    ])
}

#[test]
fn a_clerks_spreadsheet_is_told_row_by_row_and_cell_by_cell() {
    let reading = read_as(CLERKS, &state());
    let good: Vec<(&str, u32)> = reading.entries.iter().map(|entry| (entry.thing.id(), entry.row)).collect();
    assert_eq!(good, [("a", 4), ("b", 5), ("c", 6)]);
    for entry in &reading.entries {
        let Thing::Device(device) = &entry.thing else { panic!("{entry:?}") };
        assert_eq!(device.support_until.unwrap().to_string(), "2030-06-01T00:00:00Z");
        assert_eq!((device.position.longitude(), device.position.latitude()), (16.6, 49.2));
        assert_eq!(device.deployment.as_str(), "wifi");
    }
    assert_eq!(
        said(&reading),
        [
            "Tabelle1 7 longitude: the file does not say what this formula came to; write the value itself",
            "Tabelle1 8 id: `a` stands in row 4 already; leave one of them out",
            "Tabelle1 9 longitude: the spreadsheet took this number for a day; write it again in a cell of numbers",
            "Tabelle1 10 latitude: this cell is merged with another one; split them, and fill each in",
            "Tabelle1 11 stream: there is no such stream, neither in the register nor in this file",
            "Tabelle1 12 support-until: it cannot be told which is the day and which the month; write it as 2027-05-01",
            "Tabelle1 13 id: device id `J Sensor` has the character `J`; allowed are a-z, 0-9 and -, beginning with a letter or digit",
            "Tabelle1 13 latitude: longitude and latitude go together",
            "Tabelle1 13 longitude: this is not a number of degrees; write it as 16.6068",
        ]
    );
    let remarks: Vec<String> = reading.remarks.iter().map(|one| format!("{} {}", one.row, one.words)).collect();
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(remarks[0].starts_with("3 this column is not read"), "{remarks:?}");
    assert_eq!(remarks[1], "6 a number, read as the day 2030-06-01");
    assert_eq!(
        reading.notes,
        [
            "The sheet “devices” is hidden, so it was not read.",
            "The sheet “Notes” was not read: it has no headings of ours.",
        ]
    );
}

#[test]
fn headings_that_are_missing_or_wrong_are_said_and_nothing_is_guessed() {
    let state = state();
    let of = |text: &str| said(&read_as(text.as_bytes(), &state));
    assert_eq!(of("a,b\n1,2\n").len(), 1);
    assert!(of("a,b\n1,2\n")[0].contains("take the template"));
    assert!(of("id,stream,stream\nx,wifi-counts,\n")[0].contains("there twice"));
    // Of a sheet that is named, what is missing is told once.
    let told = said(&read_as(&sheets(&[("parties", &[&["id", "name"], &["x", "X"]])]), &state));
    assert_eq!(told, ["parties 1 kind: this column is missing"]);
}

#[test]
fn streams_are_put_together_from_their_rows_and_what_does_not_fit_is_said() {
    let state = state();
    let bytes = sheets(&[
        (
            "deployments",
            &[
                &Kind::Deployments.headings(),
                &[
                    "noise",
                    "Noise",
                    "How loud it is.",
                    "mobility",
                    "centre",
                    "yes",
                    "sound-level-meter",
                    "noise-abatement",
                    "not-personal",
                    "",
                    "2027-01-01",
                    "2028-01-01",
                ],
            ],
        ),
        (
            "properties",
            &[
                &Kind::Properties.headings(),
                &["noise", "noise-levels", "30d", "15m", "", "level", "noise-level", "number", "dB", "band", "5"],
                &["noise", "noise-levels", "", "", "", "health", "device-health", "text", "", "keep", ""],
                &["nobody", "stray", "30d", "keep", "", "level", "noise-level", "number", "dB", "keep", ""],
            ],
        ),
        ("devices", &[&Kind::Devices.headings(), &["n-1", "noise-levels", "", "", "site", "", "mobility"]]),
    ]);
    let reading = read_as(&bytes, &state);
    assert_eq!(said(&reading), ["properties 4 deployment: no row of the sheet deployments declares `nobody`"]);
    let [deployment, device] = reading.entries.as_slice() else { panic!("{:?}", reading.entries) };
    let Thing::Deployment(deployment) = &deployment.thing else { panic!("{deployment:?}") };
    assert!(deployment.mobile);
    assert_eq!(
        serde_json::to_string(&deployment.streams).unwrap(),
        r#"[{"id":"noise-levels","time":{"do":"bin","bin":"15m"},"properties":{"health":{"category":"device-health","value":"text","treatment":{"do":"keep"}},"level":{"category":"noise-level","value":"number","treatment":{"do":"band","width":5},"unit":"dB"}},"retention":"30d"}]"#
    );
    let Thing::Device(device) = &device.thing else { panic!("{device:?}") };
    assert_eq!((device.deployment.as_str(), device.position.longitude()), ("noise", 16.7));
    // Somebody else's sensors are not entered, and those that are there keep who entered them.
    let other: PartyId = "environment".parse().unwrap();
    let text = "id,stream,longitude,latitude,operator\nn-2,wifi-counts,16,49,mobility\nwifi-1,wifi-counts,-16.6,49.2,mobility\n";
    let reading = read(&open(text.as_bytes()).unwrap(), &state, &other);
    assert_eq!(said(&reading), ["devices 2 operator: `environment` sends this file and enters its own sensors alone"]);
    assert_eq!(reading.entries.len(), 1);
}

#[test]
fn rows_say_what_becomes_of_them_the_worst_first() {
    let state = state();
    let text = "id,name,kind\nmobility,Mobility department,city-department\nx,X,vendor\ny,,vendor\nz,Z,company\nenvironment,Other,vendor\n";
    let look = Look::of(read_as(text.as_bytes(), &state), &state);
    assert_eq!(look.submissions(&by(), None).len(), 3);
    let acts = |words: &str| Answer::Acts(vec![words.to_owned()]);
    let refused = Answer::Refused { refused: "No.".to_owned(), norms: vec!["core-1".to_owned()] };
    let answers = [acts("entered"), refused, acts("entered")];
    let told: Vec<(u32, Verdict)> = look.lines(&state, &answers).iter().map(|line| (line.row, line.verdict)).collect();
    assert_eq!(
        told,
        [(4, Verdict::Wrong), (5, Verdict::Refused), (3, Verdict::New), (6, Verdict::Changed), (2, Verdict::Same),]
    );
    assert_eq!(look.allowed(&answers).iter().map(|entry| entry.row).collect::<Vec<_>>(), [3, 6]);
    assert_eq!(look.lines(&state, &[])[1].verdict, Verdict::Later);
}

#[test]
fn rows_that_are_refused_stand_in_no_others_way_and_no_more_are_asked_than_are_done() {
    let row = |at: usize| format!("p-{at},P,vendor\n");
    let file = std::iter::once("id,name,kind\n".to_owned()).chain((0..2_500).map(row)).collect::<String>();
    let look = Look::of(read_as(file.as_bytes(), &State::default()), &State::default());
    assert_eq!(look.asks.len(), 2_500);
    // What is asked each time, and what is answered: the first rows of the file are refused, the others are not.
    let asked = |refused: usize| {
        let mut sizes = Vec::new();
        let answers = look.ask(&by(), None, |some| {
            sizes.push(some.len());
            let id =
                |one: &register::Submission| serde_json::to_value(&one.command).unwrap()["with"]["party"]["id"].clone();
            let at = |one| id(one).as_str().and_then(|id| id[2..].parse::<usize>().ok()).unwrap();
            let answer = |one| match at(one) {
                at if at < refused => Answer::Refused { refused: at.to_string(), norms: Vec::new() },
                at => Answer::Acts(vec![at.to_string()]),
            };
            Ok::<_, ()>(some.iter().map(answer).collect())
        });
        (answers.unwrap(), sizes)
    };
    for (refused, answered, sizes) in [
        (0, 1_000, vec![1_000]),
        (1_000, 2_000, vec![1_000, 1_000]),
        (1_700, 2_500, vec![1_000, 1_000, 800]),
        (2_500, 2_500, vec![1_000, 1_000, 500]),
        (300, 1_300, vec![1_000, 1_700]),
    ] {
        let (answers, said) = asked(refused);
        assert_eq!((answers.len(), said), (answered, sizes), "{refused}");
        // Each answer is that of its own row.
        let told = |answer: &Answer| match answer {
            Answer::Acts(acts) => acts[0].clone(),
            Answer::Refused { refused, .. } => refused.clone(),
        };
        assert!(answers.iter().enumerate().all(|(at, answer)| told(answer) == at.to_string()), "{refused}");
        let lines = look.lines(&State::default(), &answers);
        let count = |verdict: Verdict| lines.iter().filter(|line| line.verdict == verdict).count();
        assert_eq!((count(Verdict::Refused), count(Verdict::Later)), (refused, 2_500 - answered));
        assert_eq!(look.allowed(&answers).len(), answered - refused);
    }
    assert_eq!(look.ask(&by(), None, |_| Ok::<_, ()>(Vec::new())), Ok(Vec::new()), "who says nothing is asked once");
    assert_eq!(look.ask(&by(), None, |_| Err("no")), Err("no"));
}

#[test]
fn a_file_of_refused_rows_is_asked_about_so_often_and_no_more() {
    let row = |at: usize| format!("p-{at},P,vendor\n");
    let file = std::iter::once("id,name,kind\n".to_owned()).chain((0..6_000).map(row)).collect::<String>();
    let look = Look::of(read_as(file.as_bytes(), &State::default()), &State::default());
    let asked = |is_allowed: &dyn Fn(usize) -> bool| {
        let mut sizes = Vec::new();
        let answers = look.ask(&by(), None, |some| {
            sizes.push(some.len());
            let id =
                |one: &register::Submission| serde_json::to_value(&one.command).unwrap()["with"]["party"]["id"].clone();
            let at = |one| id(one).as_str().and_then(|id| id[2..].parse::<usize>().ok()).unwrap();
            let answer = |one| match at(one) {
                at if is_allowed(at) => Answer::Acts(vec![at.to_string()]),
                at => Answer::Refused { refused: at.to_string(), norms: Vec::new() },
            };
            Ok::<_, ()>(some.iter().map(answer).collect())
        });
        (answers.unwrap(), sizes)
    };
    let (answers, sizes) = asked(&|at| at.is_multiple_of(20));
    assert_eq!((answers.len(), sizes), (3_700, vec![1_000, 1_050, 1_100, 850]), "4,000 answers in all");
    let lines = look.lines(&State::default(), &answers);
    assert_eq!(lines.iter().filter(|line| line.verdict == Verdict::Later).count(), 2_300);
    assert!(look.unasked(&answers).is_some_and(|words| words.starts_with("2300 rows were not looked at")));
    let (answers, sizes) = asked(&|_| false);
    assert_eq!((answers.len(), sizes), (4_000, vec![1_000; 4]));
    // Whoever has as many as are written at once is told nothing: the file is sent again in any case.
    let (answers, _) = asked(&|at| at > 100);
    assert_eq!((look.allowed(&answers).len(), look.unasked(&answers)), (1_000, None));
}

#[test]
fn what_is_no_spreadsheet_is_an_error_in_words() {
    let big = vec![b'a'; FILE_BYTES_MAX + 1];
    assert_eq!(open(&big), Err(FileError::TooLarge));
    assert_eq!(open(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), Err(FileError::OldOrLocked));
    assert!(matches!(open(b"PK\x03\x04"), Err(FileError::NotXlsx(_))));
    assert_eq!(open(b""), Err(FileError::Empty));
    // A zip that is no spreadsheet, and one whose sheet is missing.
    let zip = archive::packed(&[("a.txt".to_owned(), b"a".to_vec())]);
    assert_eq!(
        open(&zip).unwrap_err().to_string(),
        "this is no spreadsheet of the kind `.xlsx`: the part `xl/workbook.xml` is missing; save it as `.xlsx` or as CSV"
    );
    let row = |row: usize| format!("<row r=\"{row}\"><c><v>{row}</v></c></row>");
    let long: String = (1..=ROWS_MAX + 1).map(row).collect();
    let sheet = |rows: &str| raw(format!("<worksheet><sheetData>{rows}</sheetData></worksheet>").as_bytes());
    assert_eq!(open(&sheet(&long)), Err(FileError::TooManyRows));
    let far = sheet("<row r=\"7\"><c r=\"CW7\"><v>1</v></c></row>");
    assert!(matches!(open(&far), Err(FileError::TooManyColumns { row: 7, .. })));
    let merged = "<mergeCell ref=\"A1:B2\"/>".repeat(1_001);
    assert_eq!(
        open(&raw(format!("<worksheet>{merged}</worksheet>").as_bytes())),
        Err(FileError::TooMany("merged cells"))
    );
    // A bomb: a small file that would fill the memory.
    let bomb = raw(&vec![b' '; UNPACKED_BYTES_MAX + 1]);
    assert!(bomb.len() < 200_000);
    assert_eq!(open(&bomb), Err(FileError::TooLargeUnpacked));
}

#[test]
fn what_many_cells_share_is_counted_in_each_of_them_over_all_sheets() {
    let text = "x".repeat(CELL_BYTES_MAX);
    let shared = format!("<sst><si><t>{text}</t></si></sst>");
    let relations = format!("{ITS_PART}<Relationship Id=\"r2\" Type=\"/sharedStrings\" Target=\"/xl/shared.xml\"/>");
    let sheet = |cells: usize| {
        let rows = "<row><c t=\"s\"><v>0</v></c></row>".repeat(cells);
        format!("<worksheet><sheetData>{rows}</sheetData></worksheet>").into_bytes()
    };
    let of = |workbook: &str, cells: usize| open(&raw_with(workbook, &relations, &sheet(cells), &shared));
    let bomb = raw_with(ONE_SHEET, &relations, &sheet(1_000), &shared);
    assert!(bomb.len() < 3_000, "it is small: {}", bomb.len());
    assert_eq!(open(&bomb), Err(FileError::TooLargeUnpacked));
    // What fits is read, and what fits once does not fit twice.
    let most = UNPACKED_BYTES_MAX / CELL_BYTES_MAX;
    assert_eq!(of(ONE_SHEET, most).map(|book| book.tables[0].rows.len()), Ok(most));
    assert_eq!(of(ONE_SHEET, most + 1), Err(FileError::TooLargeUnpacked));
    let listed = "<sheet name=\"a\" r:id=\"r1\"/>".repeat(2);
    let twice = format!("<workbook xmlns:r=\"r\"><sheets>{listed}</sheets></workbook>");
    assert_eq!(of(&twice, most / 2 + 1), Err(FileError::TooLargeUnpacked));
    // The error of a formula is a text as any other.
    let broken = format!("<worksheet><row><c t=\"e\"><v>{text}x</v></c></row></worksheet>");
    assert!(matches!(open(&raw(broken.as_bytes())), Err(FileError::TooLongText { row: 1, .. })));
}

#[test]
fn sheets_and_what_they_refer_to_are_counted_as_they_come_and_long_names_are_cut() {
    let workbook = |sheets: &str| format!("<workbook xmlns:r=\"r\"><sheets>{sheets}</sheets></workbook>");
    let of = |sheets: &str, relations: &str| {
        open(&raw_with(&workbook(sheets), &format!("{ITS_PART}{relations}"), b"<worksheet/>", "<sst/>"))
    };
    assert!(of(&"<sheet/>".repeat(SHEETS_MAX), "").is_ok());
    assert_eq!(of(&"<sheet/>".repeat(SHEETS_MAX + 1), ""), Err(FileError::TooMany("sheets")));
    // Counted before the end is seen: what follows is not read, though it is broken.
    let many = "<sheet/>".repeat(SHEETS_MAX + 1);
    assert_eq!(of(&format!("{many}<"), ""), Err(FileError::TooMany("sheets")));
    let relations = "<Relationship Id=\"a\"/>".repeat(1_000);
    assert_eq!(of("", &format!("{relations}<")), Err(FileError::TooMany("parts that refer to each other")));
    let long = format!("<sheet name=\"{0}\" r:id=\"r1\"/><sheet name=\"{0}\" state=\"hidden\"/>", "ä".repeat(10_000));
    let book = of(&long, "").unwrap();
    assert_eq!(book.tables[0].name, "ä".repeat(100));
    assert!(book.notes[0].len() < 300, "{}", book.notes[0].len());
}

#[test]
fn formulas_are_never_worked_out_and_what_they_came_to_is_marked() {
    let rows = "<row r=\"1\"><c t=\"inlineStr\"><is><t>id</t></is></c><c t=\"str\"><v>stream</v></c><c t=\"str\"><v>longitude</v></c>\
        <c t=\"str\"><v>latitude</v></c></row><row r=\"2\"><c t=\"str\"><f>A1&amp;\"x\"</f><v>x-1</v></c><c t=\"str\"><v>wifi-counts</v></c><c>\
        <f>16+0.6</f><v>16.6</v></c><c t=\"e\"><f>1/0</f><v>#DIV/0!</v></c></row>";
    let reading = read_as(&raw(format!("<worksheet><sheetData>{rows}</sheetData></worksheet>").as_bytes()), &state());
    assert_eq!(said(&reading), ["Sheet1 2 latitude: the formula came to an error (#DIV/0!)"]);
    let remarks: Vec<&str> = reading.remarks.iter().map(|one| one.words.as_str()).collect();
    assert_eq!(remarks, ["a formula; taken is what it came to: x-1", "a formula; taken is what it came to: 16.6"]);
}

#[test]
fn altered_spreadsheets_are_read_or_refused_and_nothing_panics() {
    let state = state();
    let own = xlsx(&state, &|_| true);
    let random = testkit::SeededBytes::new(7);
    for seed in 0..1_500_u64 {
        let base = if seed % 2 == 0 { CLERKS } else { own.as_slice() };
        if let Ok(book) = open(&testkit::altered(base, &random)) {
            drop(Look::of(read(&book, &state, &by()), &state));
        }
    }
    // The parts themselves, which an altered archive mostly hides.
    let sheet = b"<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" s=\"1\"><v>46508</v></c></row></sheetData>\
        <mergeCells><mergeCell ref=\"A1:B9\"/></mergeCells></worksheet>";
    for _ in 0..20_000 {
        drop(open(&raw(&testkit::altered(sheet, &random))));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_file_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for start in [&b""[..], b"PK\x03\x04", b"\xff\xfe", b"sep=;\n", b"id,stream\n"] {
            let bytes = [start, &bytes].concat();
            if let Ok(book) = open(&bytes) {
                drop(read(&book, &State::default(), &by()));
            }
        }
    }

    #[test]
    fn any_text_in_a_cell_comes_back(text in "\\PC{0,40}") {
        let rows = [vec![Value::from(text.as_str()), Value::from("x")]];
        let written = csv(&["id", "name"], &rows);
        let book = open(written.as_bytes()).unwrap();
        let back = book.tables[0].rows.get(1).map(|row| row.cells[0].value.clone()).unwrap_or_default();
        prop_assert_eq!(&back, &rows[0][0], "{}", written);
    }
}

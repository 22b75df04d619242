//! Lists of members: every row checked before anything is written, twice the same, and large.

use std::fmt::Write as _;

use hub::command::Command;
use hub::import::{self, Listed};
use hub::member::MemberKind;

use crate::world::{World, reasons};

fn list(rows: usize) -> String {
    let mut csv = String::from("id,kind,name,country\n");
    for at in 0..rows {
        let kind = MemberKind::ALL[at % MemberKind::ALL.len()];
        let name = if kind.is_organisation() { format!("\"Member {at}, a {}\"", kind.code()) } else { String::new() };
        writeln!(csv, "m-{at},{},{name},NL", kind.code()).unwrap();
    }
    csv
}

fn read(world: &World, csv: &str) -> Listed {
    import::read(csv.as_bytes(), &world.hub.state(), |_| ())
}

#[test]
fn a_list_is_admitted_in_few_entries_and_a_second_time_changes_nothing() {
    let world = World::bare();
    let csv = list(3_000);
    let listed = read(&world, &csv);
    assert_eq!((listed.new.len(), listed.known, listed.wrong), (3_000, 0, 0));
    let entries = world.ask("secretariat", &Command::AdmitMembers { members: listed.new, reasons: reasons() }).unwrap();
    assert!(entries.len() < 10, "{} entries", entries.len());
    let state = world.hub.state();
    assert_eq!(state.members.by_id.len(), 3_001);
    assert_eq!(state.members.by_kind[&MemberKind::City].len(), 3_000 / 7 + 1);
    let again = read(&world, &csv);
    assert_eq!((again.new.len(), again.known, again.wrong), (0, 3_000, 0));
    let done = world.ask("secretariat", &Command::AdmitMembers { members: Vec::new(), reasons: reasons() }).unwrap();
    assert!(done.is_empty());
}

#[test]
fn every_wrong_row_is_told_by_its_line_and_none_of_the_list_is_taken() {
    let world = World::new();
    let csv = "id,kind,name,country\n\
               good,city,Good,NL\n\
               Bad Id,city,Name,NL\n\
               x1,village,Name,NL\n\
               x2,city,,NL\n\
               x3,resident,A. Person,NL\n\
               x4,city,Name,Holland\n\
               x5,city,Name\n\
               good,city,Good,NL\n\
               city-a,city,Another name,NL\n\
               city-b,city,The city-b,NL\n";
    let listed = read(&world, csv);
    let lines: Vec<u64> = listed.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 10], "{:?}", listed.problems);
    assert_eq!((listed.new.len(), listed.known, listed.wrong), (1, 1, 8));
    assert!(listed.problems.iter().all(|problem| !problem.what.contains("Person")), "no name is repeated");
    for broken in ["", "id;kind;name;country\n", "kind,id,name,country\na,b,c,d\n"] {
        assert_eq!(read(&world, broken).wrong, 1, "{broken:?}");
    }
    let long = format!("id,kind,name,country\na,city,{},NL\nb,city,{},NL\n", "x".repeat(201), "y".repeat(3_000));
    assert_eq!(read(&world, &long).wrong, 2);
    let noise = import::read(&b"id,kind,name,country\n\xff\xfe,city,x,NL\n"[..], &world.hub.state(), |_| ());
    assert_eq!(noise.wrong, 1);
    let many: String = (0..500).map(|at| format!("Bad {at},city,N,NL\n")).collect();
    let listed = read(&world, &format!("id,kind,name,country\n{many}"));
    assert_eq!((listed.wrong, listed.problems.len()), (500, import::PROBLEMS_MAX));
}

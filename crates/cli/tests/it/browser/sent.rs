//! Pages that answer to a form: what somebody sees who looks at a step before it is done, who forgot a field, or who asked.
//!
//! Each is sent twice, once for each of the walker's screens, so that it is nothing that can be done only once.

use serde_json::{Value, json};

use super::life::{agreed, day};

/// A page behind a form: what it is, where the form is, what is filled in and pressed, and how it answers.
fn sent(name: &str, path: &str, fill: &[(&str, &str)], press: &[&str], status: u16) -> Value {
    json!({ "name": name, "path": path, "fill": fill, "press": press, "status": status })
}

/// An officer's.
pub(super) fn office() -> Vec<Value> {
    let suspend = "/office/deployments/congestion/suspend";
    let maker = "id,name,kind\nmaker,A maker,vendor\n";
    vec![
        sent("A step that is looked at", suspend, &[("reason", "Somebody complained.")], &["look"], 200),
        sent("A step without its reason", suspend, &[], &["look"], 422),
        sent("An agreement that is looked at", "/office/grants/new", &agreed(&day(100)), &["look"], 200),
        sent("An agreement without anything", "/office/grants/new", &[], &["look"], 422),
        sent("Drafts of proposals", "/office/propose", &[], &[], 200),
        sent("A spreadsheet that is looked at", "/office/sheets", &[("file", maker)], &["Look at it"], 200),
        sent("A table that cannot be read", "/office/sheets", &[("file", "nothing,here\n1,2\n")], &["Look at it"], 200),
        sent(
            "Tokens from a sheet",
            "/office/tokens/sheet",
            &[("file", "sensor\nsniffer-1\nnobody\n")],
            &["Look at it"],
            200,
        ),
    ]
}

/// A recipient's.
pub(super) fn desk() -> Vec<Value> {
    let question = "SELECT sensor, count(*) AS n FROM air.measurements GROUP BY sensor";
    vec![
        sent("An answer in SQL", "/sql", &[("question", question), ("purpose", "air-quality")], &["Ask"], 200),
        sent(
            "A question in SQL that does not fit",
            "/sql",
            &[("question", "SELECT nothing FROM air.measurements"), ("purpose", "air-quality")],
            &["Ask"],
            422,
        ),
    ]
}

//! A duty as a text: nothing is lost on the way into the log and out of it.

use super::{at, duty};
use crate::built_in;
use crate::duty::{Duty, InForce, TextError, from_text, to_text};
use crate::resolve::resolve;

#[test]
fn every_duty_of_every_pack_is_read_as_it_was_written() {
    let library = built_in().unwrap();
    let mut seen = 0;
    for pack in library.packs() {
        let stack = library.stack(&[&pack.manifest.reference]).unwrap();
        for layer in resolve(&stack, None).unwrap().layers {
            for duty in layer.duties {
                let text = to_text(&duty);
                assert_eq!(from_text("log", &text).unwrap(), duty, "{text}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen} duties");
}

#[test]
fn what_a_pack_cannot_say_is_kept_too() {
    let lines = "each = true\nevery = \"6mo\"\non = [\"03-15\", \"11-01\"]\nwords = \"Say so.\\n\\\"Now\\\"\"\n\
                 [duty.extension]\nby = \"60d\"\nevidence = \"more-time\"\nmost = 2\n\
                 [duty.applies]\npersonal = true\ntiers = [\"full\"]\npurposes = [\"safety\"]";
    let in_force = InForce { from: Some(at("2025-02-02")), to: Some(at("2030-01-01T12:30:00.250Z")) };
    let duty = Duty { in_force, ..duty(lines) };
    assert_eq!(from_text("log", &to_text(&duty)).unwrap(), duty);
}

#[test]
fn a_text_is_one_duty_without_parameters() {
    let one = to_text(&duty(""));
    assert!(matches!(
        from_text("log", &format!("{one}\n{}", one.replace("\"d\"", "\"e\""))),
        Err(TextError::NotOne(2))
    ));
    assert!(matches!(from_text("log", ""), Err(TextError::NotOne(0))));
    assert!(matches!(from_text("log", &one.replace("30d", "${days}")), Err(TextError::Unresolved(_))));
    assert!(matches!(from_text("log", &one.replace("30d", "30")), Err(TextError::Unread(_))));
    let keep =
        format!("{one}\n[[keep]]\nid = \"k\"\nrequirement = \"core-1\"\ndata = \"record-x\"\nat_most = \"1y\"\n");
    assert!(matches!(from_text("log", &keep), Err(TextError::NotOne(2))));
}

//! What duties promise: that a lapse comes once, whoever looks how often; and that a city's year is quickly run.

mod clocks;
mod lapses;
mod packs;
mod text;

use model::{EvidenceId, Timestamp};

use super::{Duty, Event, Events, read_duties};

/// A time, or the beginning of a day.
fn at(text: &str) -> Timestamp {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    whole.parse().unwrap()
}

/// One duty, from the lines that differ from a plain one.
fn duty(lines: &str) -> Duty {
    let mut text = "[[duty]]\nid = \"d\"\nrequirement = \"core-1\"\n".to_owned();
    for (key, line) in
        [("from", "from = \"activated\""), ("within", "within = \"30d\""), ("silence", "silence = \"cease\"")]
    {
        if !lines.contains(&format!("{key} = ")) {
            text = text + line + "\n";
        }
    }
    if !lines.contains("done_by = ") {
        text += "done_by = \"evidence/report\"\n";
    }
    let read = read_duties("duties/t.toml", &(text + lines)).unwrap();
    read.duties[0].resolve(|_| None).unwrap()
}

/// Events from `moment day [id [answers]]`.
fn events(lines: &[&str]) -> Events {
    let event = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let id = |word: Option<&&str>| word.map(|word| EvidenceId::new(word).unwrap());
        Event {
            at: at(words[1]),
            moment: words[0].parse().unwrap(),
            evidence: id(words.get(2)),
            answers: id(words.get(3)),
        }
    };
    lines.iter().map(event).collect()
}

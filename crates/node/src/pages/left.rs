//! What is left of a deployment that has ended, in words: what was deleted, which act says so, and when the last of it goes.
//!
//! Drawn from what the log says. What was released or handed over before is told elsewhere on the page.

use model::DeploymentRecord;
use register::State;
use register::left::{Left as Remains, StreamLeft};

use crate::lang::Lang;

/// What is left of a deployment.
pub(super) struct Left {
    /// All of it in a sentence.
    pub(super) sentence: String,
    /// The entry that says that it ended.
    pub(super) ended: u64,
    pub(super) streams: Vec<Part>,
}

/// What is left of a stream.
pub(super) struct Part {
    pub(super) id: String,
    pub(super) deleted: String,
    /// The entry that says so.
    pub(super) entry: Option<u64>,
    /// Its keys, if it had any, and the entry that says that the last of them was destroyed.
    pub(super) keys: Option<(String, Option<u64>)>,
    pub(super) rest: String,
}

impl Left {
    /// What is left of it; none if it has not ended.
    pub(super) fn of(lang: Lang, state: &State, record: &DeploymentRecord) -> Option<Self> {
        let left = Remains::of(state, record)?;
        let streams = left.streams.iter().filter(|stream| stream.collected).map(|stream| Part::of(lang, stream));
        Some(Self { sentence: sentence(lang, &left), ended: left.ended.entry, streams: streams.collect() })
    }
}

fn sentence(lang: Lang, left: &Remains) -> String {
    if !left.collected() {
        return lang
            .of(
                "Nothing: it was never switched on, so that it never observed anything.",
                "Nichts: Der Einsatz war nie eingeschaltet und hat nie etwas erfasst.",
            )
            .to_owned();
    }
    if left.gone() {
        return lang
            .of(
                "Nothing. All that it observed is gone, and so is every key. The acts below prove that the city said so, and when.",
                "Nichts. Alles, was erfasst wurde, ist gelöscht, und jeder Schlüssel ist vernichtet. Die Vorgänge unten belegen, dass \
                 die Stadt das erklärt hat, und wann.",
            )
            .to_owned();
    }
    let by = left.gone_by().map(|by| lang.day(by)).unwrap_or_default();
    match lang {
        Lang::En => {
            format!("Some of what it observed is still kept, each part for its time. The last of it goes on {by}.")
        }
        Lang::De => {
            format!(
                "Einiges von dem, was erfasst wurde, ist noch gespeichert, jedes für seine Zeit. Das Letzte geht am {by}."
            )
        }
    }
}

impl Part {
    fn of(lang: Lang, left: &StreamLeft) -> Self {
        let deleted = match (&left.deleted, lang) {
            (None, _) => lang.of("Nothing yet.", "Noch nichts.").to_owned(),
            (Some((before, _)), Lang::En) => format!("Everything from before {}.", lang.instant(*before)),
            (Some((before, _)), Lang::De) => format!("Alles aus der Zeit vor dem {}.", lang.instant(*before)),
        };
        let (made, destroyed) = (left.keys_made as u64, left.keys_destroyed as u64);
        let keys = match lang {
            Lang::En => format!("{} made, {} destroyed.", lang.number(made), lang.number(destroyed)),
            Lang::De => format!("Erzeugt: {}. Vernichtet: {}.", lang.number(made), lang.number(destroyed)),
        };
        let by = lang.day(left.gone_by);
        let rest = match (left.gone, lang) {
            (true, _) => lang.of("Nothing.", "Nichts.").to_owned(),
            (false, Lang::En) => format!("What is younger. The last of it goes on {by}."),
            (false, Lang::De) => format!("Was jünger ist. Das Letzte davon geht am {by}."),
        };
        Self {
            id: left.stream.to_string(),
            deleted,
            entry: left.deleted.as_ref().map(|(_, mark)| mark.entry),
            keys: (made > 0).then(|| (keys, left.last_key.as_ref().map(|mark| mark.entry))),
            rest,
        }
    }
}

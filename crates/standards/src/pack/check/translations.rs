//! Translations: nothing missing, nothing stale, and each says what the original says.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Problems, shown};
use crate::pack::Pack;
use crate::pack::files::MANIFEST;
use crate::words::message::{Message, Shape};
use crate::words::speaker::UNITS;
use crate::words::translation::Translation;

pub(crate) fn check(pack: &Pack, problems: &mut Problems) {
    originals(pack, problems);
    for locale in pack.manifest.locales.iter().filter(|locale| **locale != pack.manifest.locale) {
        if !pack.translations.contains_key(locale) {
            let what = format!("`locales` names `{locale}`, but there is no i18n/{locale}.ftl");
            problems.push(Diagnostic::of_file(
                MANIFEST,
                "missing-translation",
                what,
                "translate it, or take the language out",
            ));
        }
    }
    for (locale, translation) in &pack.translations {
        let file = translation.file.as_str();
        if *locale == pack.manifest.locale {
            let what = "this is the language of the Markdown, which is not translated";
            problems.push(Diagnostic::of_file(
                file,
                "stale-translation",
                what,
                "write the texts into the requirements",
            ));
            continue;
        }
        if !pack.manifest.locales.contains(locale) {
            let what = format!("`locales` does not name `{}`", shown(locale));
            problems.push(Diagnostic::of_file(file, "stale-translation", what, "add it to `locales` in pack.toml"));
        }
        missing(pack, translation, problems);
        stale(pack, translation, problems);
    }
}

/// The texts of the Markdown as patterns.
fn originals(pack: &Pack, problems: &mut Problems) {
    for (id, requirement) in &pack.requirements {
        let Some(spot) = pack.spots.get(id) else { continue };
        if let Err(bad) = Message::of_text(&requirement.text) {
            let help = "see https://projectfluent.org/fluent/guide; a brace in a text is written `{ \"{\" }`";
            let line = spot.text + bad.lines_below;
            problems.push(Diagnostic::of_file(&spot.file, "bad-fluent", bad.what, help).at_line(line));
        }
    }
}

fn missing(pack: &Pack, translation: &Translation, problems: &mut Problems) {
    for (id, requirement) in &pack.requirements {
        let Some(message) = translation.messages.get(&id.0) else {
            let what = format!("`{id}` is not translated");
            let help = format!("add `{id} = …` with `.title = …` below it");
            problems.push(Diagnostic::of_file(&translation.file, "missing-translation", what, help));
            continue;
        };
        let mut wrong = |code, what: String, help: &str| {
            problems.push(Diagnostic::of_file(&translation.file, code, what, help).at_line(message.line));
        };
        if message.value.is_none() || message.title.is_none() {
            wrong("missing-translation", format!("`{id}` has only one of text and title"), "translate both");
            continue;
        }
        if message.title.as_ref().is_some_and(|title| !title.variables.is_empty()) {
            wrong(
                "bad-fluent",
                format!("the title of `{id}` has a parameter"),
                "a title is a few words that do not change",
            );
        }
        let Ok(original) = Message::of_text(&requirement.text) else { continue };
        let (theirs, ours) = (stems(message.value.as_ref()), stems(original.value.as_ref()));
        let differ: Vec<_> = theirs.symmetric_difference(&ours).map(|name| format!("`{}`", shown(name))).collect();
        if !differ.is_empty() {
            let what = format!("`{id}` and its translation do not name the same parameters: {}", differ.join(", "));
            wrong("stale-translation", what, "translate the text as it stands now");
        }
    }
}

/// Variables without the unit they ask for, since languages differ in that.
fn stems(shape: Option<&Shape>) -> BTreeSet<String> {
    let stem = |variable: &String| {
        let stem = UNITS.iter().find_map(|(ending, _)| variable.strip_suffix(ending));
        stem.unwrap_or(variable).to_owned()
    };
    shape.map(|shape| shape.variables.iter().map(stem).collect()).unwrap_or_default()
}

fn stale(pack: &Pack, translation: &Translation, problems: &mut Problems) {
    let manifest = &pack.manifest;
    let known = |key: &str| {
        pack.requirements.keys().any(|id| id.0 == key)
            || matches!(key, "pack" | "notice")
            || key.starts_with("instrument-")
            || key.strip_prefix("principle-").is_some_and(|id| manifest.principles.iter().any(|one| one.id == id))
            || key.strip_prefix("policy-").is_some_and(|id| manifest.policies.iter().any(|one| one.id == id))
            || key.strip_prefix("duty-").is_some_and(|id| pack.duties.iter().any(|one| one.id.as_str() == id))
    };
    for message in translation.messages.values().filter(|message| !known(&message.key)) {
        let what = format!("`{}` translates nothing of this pack", shown(&message.key));
        let help =
            "keys are the ids of requirements, pack, notice, principle-<id>, policy-<id>, duty-<id> and instrument-…";
        problems.push(Diagnostic::of_file(&translation.file, "stale-translation", what, help).at_line(message.line));
    }
}

//! `ordinance instrument begin` and `migrate`: answers with what is known filled in, and the same again for a later edition.

use std::path::PathBuf;

use serde_json::json;
use standards::instrument::{Answers, Draft, Facts, Instrument};

use super::Packs;
use super::file;
use super::known::Known;
use super::report::Report;
use crate::args::instrument::{Begin, Migrate};
use crate::commands::office::Office;
use crate::output::{Output, Status};

/// Adds what was answered to other instruments about the same deployment.
fn add(facts: &mut Facts, from: &[PathBuf], draft: &Draft, packs: &mut Packs) -> anyhow::Result<()> {
    for path in from {
        let (other, instrument) = file::open(path, packs)?;
        if other.deployment != draft.deployment {
            let what = format!("these answers are about `{}`, not about `{}`", other.deployment, draft.deployment);
            return Err(file::of_file(path, what));
        }
        other.check_questions(&instrument).map_err(|error| file::of_file(path, error))?;
        facts.add_answers(&instrument, &other.answers).map_err(|error| file::of_file(path, error))?;
    }
    Ok(())
}

pub(super) fn begin(args: &Begin, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let (pack, id) = args
        .instrument
        .rsplit_once('/')
        .ok_or_else(|| Status::bad_input("name the instrument as PACK/ID, such as global-core/pre-scan".to_owned()))?;
    let pack = packs.find(pack)?;
    let instrument: Instrument = pack.instrument(id).cloned().ok_or_else(|| {
        let ids: Vec<&str> = pack.instruments.iter().map(|one| one.id.as_str()).collect();
        let there = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        Status::bad_input(format!("`{}` has no instrument `{id}`; it has {there}", pack.manifest.id))
    })?;
    let known = Known::of(&Office::open(&args.city)?, &args.deployment)?;
    let mut facts = known.of_register().clone();
    let mut draft = Draft {
        deployment: args.deployment.clone(),
        pack: pack.manifest.reference.to_string(),
        instrument: instrument.id.clone(),
        answers: Answers::begin(&instrument, &Facts::default()),
        sign_offs: Vec::new(),
    };
    add(&mut facts, &args.from, &draft, packs)?;
    draft.answers = Answers::begin(&instrument, &facts);
    file::create(&args.out, &draft, &instrument)?;
    let report = Report::of(&draft, &instrument, &facts, "en")?;
    let filled = draft.answers.answers.len();
    let words = format!(
        "{} of `{}` begun in `{}`: {filled} answers are filled in, {} are missing.\nNext: ordinance instrument show {}",
        report.title,
        report.deployment,
        args.out.display(),
        report.missing.len(),
        args.out.display()
    );
    let document = json!({ "file": args.out, "filled": filled, "missing": report.missing, "edition": instrument.hash });
    output.result(&document, &words)
}

pub(super) fn migrate(args: &Migrate, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let (mut draft, instrument) = file::open(&args.file, packs)?;
    let known = Known::of(&Office::open(&args.city)?, &draft.deployment)?;
    let mut facts = known.facts(&draft);
    add(&mut facts, &args.from, &draft, packs)?;
    let before = draft.answers.digest();
    let carried = draft.answers.carry_over(&instrument, &facts);
    let (answers, carried) = carried.map_err(|error| file::of_file(&args.file, error))?;
    // Filled in anew is what was filled in before and is another now; what somebody answered by hand stays.
    let was = std::mem::replace(&mut draft.answers, answers).facts;
    draft.answers.facts = was;
    draft.answers.refresh(&instrument, &facts).map_err(|error| file::of_file(&args.file, error))?;
    let packs_now = packs.all().find(|pack| pack.instruments.iter().any(|one| one.hash == instrument.hash));
    if let Some(pack) = packs_now {
        draft.pack = pack.manifest.reference.to_string();
    }
    file::replace(&args.file, &draft, &instrument)?;
    let report = Report::of(&draft, &instrument, &facts, "en")?;
    let same = before == draft.answers.digest();
    let open = if same { "Nothing changed, and signatures stand." } else { "Everybody signs again." };
    let document = json!({
        "kept": carried.kept, "dropped": carried.dropped, "new": carried.new, "changed": !same, "missing": report.missing,
    });
    output.result(&document, &format!("Carried over: {carried}. {open}"))
}

//! `ordinance framework show`.

use model::RequirementId;
use serde::Serialize;
use standards::coverage::Execution;
use standards::{Pack, Resolved, Source};

use super::shelf::Packs;
use crate::args::framework::Show;
use crate::output::{Output, Status};

pub(super) fn run(args: &Show, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let pack = packs.find(&args.pack)?;
    let resolved = packs.resolve(&pack)?;
    if let Some(id) = &args.instrument {
        return super::instrument::show(&pack, id, &args.locale, output);
    }
    match &args.requirement {
        None => whole(&pack, &resolved, args, output),
        Some(id) => one(&resolved, &RequirementId(id.clone()), args, output),
    }
}

#[derive(Serialize)]
struct Whole {
    title: String,
    urn: String,
    notice: String,
    hash: String,
    stands_on: Vec<String>,
    coverage: standards::Coverage,
    incomparable: Vec<standards::resolve::Tightening>,
    conflicts: Vec<standards::resolve::Conflict>,
    requirements: Vec<Line>,
    instruments: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    id: String,
    title: String,
    questions: usize,
}

#[derive(Serialize)]
struct Line {
    id: String,
    title: String,
    text: String,
    executed_by: Execution,
}

/// What executes a requirement, in a word for each.
fn executed_by(execution: &Execution) -> String {
    let mut ways: Vec<String> =
        [&execution.norms, &execution.checks, &execution.duties].into_iter().flatten().cloned().collect();
    if ways.is_empty() {
        ways.push("text only".to_owned());
    }
    ways.join(", ")
}

/// The instruments of a pack, by title.
fn instruments(pack: &Pack, locale: &str) -> Vec<Named> {
    let named = |one: &standards::instrument::Instrument| Named {
        id: one.id.to_string(),
        title: one.text(locale, "title").unwrap_or_default().to_owned(),
        questions: one.all_questions().count(),
    };
    pack.instruments.iter().map(named).collect()
}

fn whole(pack: &Pack, resolved: &Resolved, args: &Show, output: &Output) -> anyhow::Result<()> {
    let mut requirements = Vec::new();
    for id in pack.requirements.keys() {
        let said = resolved.words(id, &args.locale).map_err(|error| Status::bad_input(error.to_string()))?;
        let executed_by = pack.execution(id);
        requirements.push(Line { id: id.to_string(), title: said.title, text: said.text, executed_by });
    }
    let below = resolved.packs.iter().filter(|below| below.hash != pack.hash);
    let whole = Whole {
        title: pack.manifest.title.clone(),
        urn: pack.manifest.reference.to_string(),
        notice: pack.manifest.notice.clone(),
        hash: pack.hash.to_string(),
        stands_on: below.map(|below| below.manifest.reference.to_string()).collect(),
        coverage: pack.coverage(),
        incomparable: resolved.incomparable().cloned().collect(),
        conflicts: resolved.conflicts.clone(),
        requirements,
        instruments: instruments(pack, &args.locale),
    };
    let mut words = vec![format!("{}\n{}\n{}\n", whole.title, whole.urn, whole.notice)];
    if !whole.stands_on.is_empty() {
        words.push(format!("Stands on {}.\n", whole.stands_on.join(", ")));
    }
    for line in &whole.requirements {
        words.push(format!(
            "{:<9} {}  [{}]\n          {}",
            line.id,
            line.title,
            executed_by(&line.executed_by),
            line.text
        ));
    }
    if !whole.instruments.is_empty() {
        words.push("\nInstruments:".to_owned());
    }
    let named = |one: &Named| format!("{:<21} {} ({} questions)", one.id, one.title, one.questions);
    words.extend(whole.instruments.iter().map(named));
    let total = whole.coverage.total;
    words.push(format!(
        "\n{} requirements, {} executed, {} text only; instruments: {}.",
        total.requirements,
        total.executed,
        total.text_only,
        whole.instruments.len()
    ));
    output.result(&whole, &words.join("\n"))
}

#[derive(Serialize)]
struct One {
    id: String,
    title: String,
    text: String,
    locale: String,
    status: standards::Status,
    jurisdiction: String,
    sources: Vec<Source>,
    tightened: Vec<standards::resolve::Tightening>,
    norms: Vec<String>,
    why: String,
}

fn one(resolved: &Resolved, id: &RequirementId, args: &Show, output: &Output) -> anyhow::Result<()> {
    let found = resolved.requirements.get(id);
    let found = found.ok_or_else(|| Status::bad_input(format!("`{}` has no requirement `{id}`", args.pack)))?;
    let said = resolved.words(id, &args.locale).map_err(|error| Status::bad_input(error.to_string()))?;
    let requirement = &found.requirement;
    let norms = resolved.layers.iter().flat_map(|layer| {
        let own = layer.norms.iter().filter(|norm| norm.requirement == *id);
        own.map(|norm| format!("// {}/{}\n{}", layer.name, norm.id, norm.cedar.trim()))
    });
    let one = One {
        id: id.to_string(),
        title: said.title,
        text: said.text,
        locale: said.locale,
        status: requirement.status,
        jurisdiction: requirement.jurisdiction.clone(),
        sources: requirement.sources.clone(),
        tightened: requirement.parameters.keys().flat_map(|parameter| resolved.tightened(parameter)).cloned().collect(),
        norms: norms.collect(),
        why: requirement.body.trim().to_owned(),
    };
    let mut words = vec![format!("{}  {}\n\n{}\n", one.id, one.title, one.text)];
    for source in &one.sources {
        let url = source.url.as_deref().map_or_else(String::new, |url| format!(" <{url}>"));
        words.push(format!("Source: {}{url}", source.text));
    }
    words.extend(one.tightened.iter().map(|one| format!("Tightened by {}: `{}`", one.pack, one.parameter)));
    words.extend(one.norms.iter().map(|norm| format!("\n{norm}")));
    words.push(format!("\n{}", one.why));
    output.result(&one, &words.join("\n"))
}

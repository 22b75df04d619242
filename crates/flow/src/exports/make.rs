//! Making files when periods are over, and removing those that may not be had any more. Only a tick does either.
//!
//! In this order, each step durable before the next: a note of what is being made, the disclosure's record, the file, what
//! tells of it, the manifest. A file counts from when what tells of it is there. If the process ends before that, the record
//! stands and nobody got anything of it: the file is made anew, of a disclosure with a number and a decision of its own, and
//! the manifest names the number that came to nothing. What a record promised is never written under it later: whether it may
//! leave is decided when it leaves.

use model::{DisclosureRecord, Identifies, Seq, Span, TimeBin, Timestamp, View, Window};
use norms::DiscloseFast;
use register::State;
use serde_json::Value;

use super::manifest::{Missed, Underway};
use super::{BYTES_MAX, Export, Gone, Manifest, Schedule, ScheduleError, ScheduleName, Schedules, digest, written};
use crate::City;
use crate::disclose::{Answer, Asked, DiscloseError, Ready, decided};
use crate::folder::destroy_drafts;
use crate::hooks::Failing;
use crate::live::REACH_MARGIN;
use crate::sheet::SheetError;
use crate::tick::Ticked;

/// The most files that one tick makes for one schedule: the rest comes with later ticks, which destroy and delete first.
const AT_A_TICK: usize = 4;
/// What failed after it was recorded waits so many seconds before it is tried again, times the number of tries.
const PATIENCE_SECONDS: u32 = 60;
/// The longest that it waits, in seconds.
const PATIENCE_SECONDS_MAX: u32 = 3_600;
/// How many disclosure records are read at once.
const RECORDS_AT_ONCE: usize = 1_000;

/// Why a file was not made.
#[derive(Debug, thiserror::Error)]
enum MakeError {
    /// Nothing may leave, or nothing can be read.
    #[error(transparent)]
    Disclose(#[from] DiscloseError),
    /// The file could not be drawn up.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The view shows single records.
    #[error(
        "the view `{0}` shows single records, and files are made of released windows alone; ask for them, or watch"
    )]
    Records(String),
    /// The view's windows do not fit into the periods.
    #[error("a window of the view `{view}` is {bin} long, so that periods of {every} do not hold whole windows")]
    Windows {
        /// The view.
        view: String,
        /// How long its windows are.
        bin: TimeBin,
        /// How long the periods are.
        every: Span,
    },
    /// Something was declared anew at that very moment.
    #[error("the register changed while the file was made; it is made anew")]
    Changed,
    /// What schedules keep.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

impl MakeError {
    /// Whether it says at once that nothing may leave: asking again costs nothing and no record was made.
    const fn is_refusal(&self) -> bool {
        use DiscloseError::{Authorisation, NoPolicies, Refused, Unknown, Which};
        let refused =
            matches!(self, Self::Disclose(Refused(_) | Unknown { .. } | Which(_) | Authorisation(_) | NoPolicies));
        refused || matches!(self, Self::Records(_) | Self::Windows { .. })
    }
}

/// What is due to a schedule.
enum Due {
    Nothing,
    Missed(Window, &'static str),
    Period(Window),
}

impl City {
    /// Removes every file that may not be had any more.
    pub(crate) fn withdraw_exports(&self, now: Timestamp, done: &mut Ticked) -> Result<(), ScheduleError> {
        self.each_schedule(|schedules, name, manifest| match schedules.get(name)? {
            Some(schedule) => {
                let before = manifest.clone();
                let gone = |export: &Export| self.why_gone(&schedule, &before, export, now);
                withdraw(schedules, name, manifest, now, gone, &mut done.withdrawn)
            }
            None => {
                if let Some(underway) = manifest.underway.take() {
                    // What was being made when it was removed is nobody's.
                    destroy_drafts(&schedules.folder(name))?;
                    schedules.withdraw(name, &underway.file)?;
                }
                let removed = |_: &Export| Some("the schedule was removed".to_owned());
                withdraw(schedules, name, manifest, now, removed, &mut done.withdrawn)
            }
        })
    }

    /// Makes the file of every period that is over.
    pub(crate) fn make_exports(&self, now: Timestamp, done: &mut Ticked) -> Result<(), ScheduleError> {
        self.each_schedule(|schedules, name, manifest| {
            let Some(schedule) = schedules.get(name)? else { return Ok(()) };
            if manifest.again.is_some_and(|again| now < again) {
                return Ok(());
            }
            let failed = self.make_due(schedules, &schedule, manifest, now, done).err();
            manifest.again = None;
            match failed {
                None => manifest.failing = None,
                Some(MakeError::Schedule(error)) => return Err(error),
                Some(error) => failing(manifest, &error, now),
            }
            let standing = kept(manifest, schedule.keep);
            let too_old = |export: &Export| (!standing.contains(&export.file)).then(|| why_too_old(schedule.keep));
            withdraw(schedules, name, manifest, now, too_old, &mut done.withdrawn)
        })
    }

    /// Does something for each schedule that is there or was, whatever became of the others, and keeps its manifest.
    fn each_schedule(
        &self,
        mut each: impl FnMut(&Schedules, &ScheduleName, &mut Manifest) -> Result<(), ScheduleError>,
    ) -> Result<(), ScheduleError> {
        let schedules = Schedules::of(self.root());
        let mut of_one = |name: &ScheduleName| {
            let mut manifest = schedules.manifest(name)?;
            let before = manifest.clone();
            let outcome = each(&schedules, name, &mut manifest);
            if manifest != before {
                schedules.keep_manifest(name, &manifest)?;
            }
            outcome
        };
        let tried: Vec<Result<(), ScheduleError>> = schedules.ever()?.iter().map(&mut of_one).collect();
        tried.into_iter().collect()
    }

    fn make_due(
        &self,
        schedules: &Schedules,
        schedule: &Schedule,
        manifest: &mut Manifest,
        now: Timestamp,
        done: &mut Ticked,
    ) -> Result<(), MakeError> {
        self.resolve(schedules, schedule, manifest)?;
        for _ in 0..AT_A_TICK {
            let Ready { state, ready, senior_authorisation, .. } = self.ready(&schedule.asked(None))?;
            let view = &ready.view;
            let every = schedule.every.span();
            let bin = view.bin().ok_or_else(|| MakeError::Records(view.id.to_string()))?;
            if !every.as_seconds().is_multiple_of(bin.span().as_seconds()) {
                return Err(MakeError::Windows { view: view.id.to_string(), bin, every });
            }
            match self.due_file(schedule, manifest, &state, view, now)? {
                Due::Nothing => return Ok(()),
                Due::Missed(window, why) => {
                    manifest.miss(Missed { window, version: view.version, at: now, why: why.to_owned() });
                    manifest.through(view, window.end);
                }
                Due::Period(period) => {
                    let oldest = now.since(period.start);
                    decided(&ready, &DiscloseFast { now, oldest, senior_authorisation })?;
                    self.make(schedules, schedule, manifest, view, period)?;
                    done.exports += 1;
                }
            }
        }
        Ok(())
    }

    /// Finds out what became of a file that was being made when the process ended.
    fn resolve(&self, schedules: &Schedules, schedule: &Schedule, manifest: &mut Manifest) -> Result<(), MakeError> {
        let Some(underway) = manifest.underway.take() else { return Ok(()) };
        let name = &schedule.name;
        destroy_drafts(&schedules.folder(name)).map_err(ScheduleError::from)?;
        if let Some(export) = schedules.told(name, &underway.file)? {
            manifest.through(&underway.view, underway.period.end);
            manifest.enter(export);
        } else {
            schedules.withdraw(name, &underway.file)?;
            manifest.came_to_nothing(&underway.file, self.recorded_for(schedule, &underway)?);
        }
        Ok(schedules.keep_manifest(name, manifest)?)
    }

    /// The disclosures that were recorded for a file.
    fn recorded_for(&self, schedule: &Schedule, underway: &Underway) -> Result<Vec<Seq>, DiscloseError> {
        let is_its = |record: &DisclosureRecord| {
            (&record.recipient, record.purpose) == (&schedule.recipient, schedule.purpose)
                && record.stream == underway.view.stream
                && (&record.view, record.version) == (&underway.view.id, underway.view.version)
                && record.window == underway.period
        };
        let (mut found, mut from) = (Vec::new(), underway.from);
        loop {
            let records = self.register.disclosure_records(from, RECORDS_AT_ONCE)?;
            let Some(last) = records.last() else { return Ok(found) };
            from = Seq(last.seq.0 + 1);
            found.extend(records.iter().filter(|record| is_its(record)).map(|record| record.seq));
        }
    }

    /// The first period that was neither made nor missed under the view as it is.
    fn due_file(
        &self,
        schedule: &Schedule,
        manifest: &Manifest,
        state: &State,
        view: &View,
        now: Timestamp,
    ) -> Result<Due, DiscloseError> {
        let every = schedule.every;
        let Some(over) = self.over(view, now)? else { return Ok(Due::Nothing) };
        let over = every.period(over).start;
        let known = manifest.version(&view.id, view.version).map(|known| known.through);
        let first = known.unwrap_or_else(|| begins(schedule, manifest, state, view, now));
        if first >= over {
            return Ok(Due::Nothing);
        }
        let reached = every.first_whole(now - view.depth.0 + REACH_MARGIN).start.min(over);
        if first < reached {
            let window = Window { start: first, end: reached };
            return Ok(Due::Missed(window, "the view did not reach back so far any more when its turn came"));
        }
        let kept = over.millis() - every.span().millis().saturating_mul(i64::from(schedule.keep));
        if first.millis() < kept {
            let window = Window { start: first, end: Timestamp::from_millis(kept) };
            return Ok(Due::Missed(window, "enough newer periods were over when its turn came"));
        }
        Ok(Due::Period(every.period(first)))
    }

    /// Makes the file of one period.
    fn make(
        &self,
        schedules: &Schedules,
        schedule: &Schedule,
        manifest: &mut Manifest,
        view: &View,
        period: Window,
    ) -> Result<(), MakeError> {
        let start = period.start.to_string().replace(['-', ':'], "");
        let file = format!("{}-{start}-v{}.{}", view.id, view.version.0, schedule.format.ending());
        let from = self.register.next_disclosure();
        manifest.underway = Some(Underway { file: file.clone(), period, view: view.clone(), from });
        schedules.keep_manifest(&schedule.name, manifest)?;
        let asked = Asked { view: Some(view.id.clone()), ..schedule.asked(Some(period)) };
        let disclosed = self.disclose(&asked)?;
        let answer: &Answer = disclosed.get();
        if (answer.record.version, answer.record.window) != (view.version, period) {
            return Err(MakeError::Changed);
        }
        let sheet = self.sheet(answer)?;
        let bytes = sheet.write(schedule.format)?;
        let record = &answer.record;
        let export = Export {
            file,
            period,
            view: record.view.clone(),
            version: record.version,
            rows: record.rows,
            withheld: record.withheld,
            bytes: bytes.len() as u64,
            sha256: digest(&bytes),
            disclosure: record.seq,
            grant: record.grant.clone(),
            made: record.at,
            gone: None,
        };
        let mut about = sheet.about().clone();
        if let Value::Object(members) = &mut about {
            members.insert("export".to_owned(), serde_json::to_value(&export).unwrap_or_default());
        }
        schedules.put(&schedule.name, &export, &bytes, &written(&about))?;
        manifest.underway = None;
        manifest.through(view, period.end);
        manifest.enter(export);
        Ok(schedules.keep_manifest(&schedule.name, manifest)?)
    }
}

/// With which period the files of a version of a view begin.
fn begins(schedule: &Schedule, manifest: &Manifest, state: &State, view: &View, now: Timestamp) -> Timestamp {
    let every = schedule.every;
    let mut begins = every.period(schedule.since).start;
    let Some((record, stream)) = state.stream(&view.stream) else { return begins };
    begins = begins.max(every.period(record.deployment.starts).start);
    match manifest.versions.iter().map(|known| known.through).max() {
        // The windows of people are released under one version only.
        Some(through) if stream.identifies() > Identifies::Nobody => begins.max(through),
        // All others anew, as far back as anything is kept.
        Some(_) => begins.max(every.first_whole(now - stream.retention.0).start),
        None => begins,
    }
}

/// Notes why nothing was made, and until when it is left alone.
fn failing(manifest: &mut Manifest, error: &MakeError, now: Timestamp) {
    let why = error.to_string();
    if error.is_refusal() && manifest.failing.as_ref().is_some_and(|failing| failing.why == why) {
        return;
    }
    let (since, tries) = manifest.failing.as_ref().map_or((now, 0), |failing| (failing.since, failing.tries));
    manifest.failing = Some(Failing { since, tries: tries + 1, why });
    if !error.is_refusal() {
        let tries = u32::try_from(tries + 1).unwrap_or(u32::MAX);
        manifest.again = Some(now + Span::seconds(PATIENCE_SECONDS.saturating_mul(tries).min(PATIENCE_SECONDS_MAX)));
    }
}

/// The names of the files that are kept: those of the newest periods, within the limit of bytes, the newest in any case.
fn kept(manifest: &Manifest, periods: u32) -> Vec<String> {
    let mut standing: Vec<&Export> = manifest.standing().collect();
    standing.sort_by_key(|export| std::cmp::Reverse((export.period.start, export.disclosure)));
    let (mut kept, mut starts, mut bytes) = (Vec::new(), Vec::new(), 0_u64);
    for export in standing {
        bytes = bytes.saturating_add(export.bytes);
        if starts.last() != Some(&export.period.start) {
            starts.push(export.period.start);
        }
        let fits = bytes <= BYTES_MAX && starts.len() as u64 <= u64::from(periods);
        if !fits && !kept.is_empty() {
            break;
        }
        kept.push(export.file.clone());
    }
    kept
}

fn why_too_old(periods: u32) -> String {
    format!("the newest files are kept, of {periods} periods and {} MiB at most", BYTES_MAX >> 20)
}

/// Removes the files for which there is a reason, notes it, and counts them.
fn withdraw(
    schedules: &Schedules,
    name: &ScheduleName,
    manifest: &mut Manifest,
    now: Timestamp,
    why: impl Fn(&Export) -> Option<String>,
    count: &mut usize,
) -> Result<(), ScheduleError> {
    for export in manifest.exports.iter_mut().filter(|export| export.gone.is_none()) {
        let Some(why) = why(export) else { continue };
        schedules.withdraw(name, &export.file)?;
        export.gone = Some(Gone { at: now, why });
        *count += 1;
    }
    Ok(())
}

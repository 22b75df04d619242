//! Who may have a file, and until when: asked at every download and at every tick, by the same words.
//!
//! Fetching a file that was made for its recipient is no further disclosure: the record was made with the file, before
//! anybody could fetch it, and what is fetched is what it says. Whether it may *still* be had is decided each time.

use std::fs::File;
use std::io;

use model::{PartyId, Purpose, StreamId, Timestamp};
use norms::DiscloseFast;
use privacy::Degree;
use serde::Serialize;

use super::{ABOUT, Every, Export, Manifest, Schedule, ScheduleError, ScheduleName, Schedules};
use crate::City;
use crate::disclose::{Asked, Ready, decided};
use crate::folder::FolderError;
use crate::sheet::Format;

/// A schedule as its recipient sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offered {
    /// Its name.
    pub name: ScheduleName,
    /// What for.
    pub purpose: Purpose,
    /// Of which stream.
    pub stream: StreamId,
    /// What the files are written as.
    pub format: Format,
    /// How long each period is.
    pub every: Every,
    /// Of how many periods files are kept.
    pub keep: u32,
    /// The files, with those that are gone.
    pub exports: Vec<Export>,
}

/// A file that its recipient may have at this moment.
#[derive(Debug)]
pub struct Exported {
    /// The file, opened.
    pub content: File,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// Its media type.
    pub media_type: &'static str,
    /// What there is to know about it; of what tells of a file, about that file.
    pub export: Export,
    schedule: Schedule,
}

impl City {
    /// What was made for a party, by every schedule that is for it.
    ///
    /// # Errors
    /// What schedules keep cannot be read.
    pub fn offered(&self, recipient: &PartyId) -> Result<Vec<Offered>, ScheduleError> {
        let schedules = Schedules::of(self.root());
        let of_recipient = schedules.all()?.into_iter().filter(|schedule| schedule.recipient == *recipient);
        let offered = of_recipient.map(|schedule| {
            let manifest = schedules.manifest(&schedule.name)?;
            let mut exports = manifest.exports.clone();
            let now = self.register.now();
            for export in exports.iter_mut().filter(|export| export.gone.is_none()) {
                // The file itself goes with the next tick.
                export.gone = self.why_gone(&schedule, &manifest, export, now).map(|why| super::Gone { at: now, why });
            }
            let Schedule { name, purpose, stream, format, every, keep, .. } = schedule;
            Ok(Offered { name, purpose, stream, format, every, keep, exports })
        });
        offered.collect()
    }

    /// A file that was made for a party, or what tells of it, if it may be had now. None whether there is no such file, it is
    /// gone, or it is somebody else's: these are told apart by nobody.
    ///
    /// # Errors
    /// What schedules keep cannot be read.
    pub fn exported(&self, recipient: &PartyId, name: &str, file: &str) -> Result<Option<Exported>, ScheduleError> {
        let schedules = Schedules::of(self.root());
        let Ok(name) = name.parse::<ScheduleName>() else { return Ok(None) };
        let Some(schedule) = schedules.get(&name)?.filter(|schedule| schedule.recipient == *recipient) else {
            return Ok(None);
        };
        let manifest = schedules.manifest(&name)?;
        // What was asked is compared with what there is, and never becomes a path.
        let (of, is_about) = file.strip_suffix(ABOUT).map_or((file, false), |of| (of, true));
        let Some(export) = manifest.standing().find(|export| export.file == of) else { return Ok(None) };
        let path = if is_about { schedules.about(&name, of) } else { schedules.file(&name, of) };
        let fail = |error| ScheduleError::from(FolderError::File { path: path.clone(), error });
        let content = match File::open(&path) {
            Ok(content) => content,
            // A tick withdraws it this very moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        let bytes = content.metadata().map_err(fail)?.len();
        let media_type = if is_about { "application/json" } else { schedule.format.media_type() };
        let exported = Exported { content, bytes, media_type, export: export.clone(), schedule };
        // Last of all, so that nothing is handed out after what ended it.
        Ok(Some(exported).filter(|exported| self.may_go_on(exported)))
    }

    /// Whether what is left of a file may still be handed out: whoever reads slowly does not outlast the grant.
    #[must_use]
    pub fn may_go_on(&self, exported: &Exported) -> bool {
        let Exported { export, schedule, .. } = exported;
        let schedules = Schedules::of(self.root());
        let (Ok(now), Ok(Some(as_it_is)), Ok(manifest)) =
            (self.register.believed_now(), schedules.get(&schedule.name), schedules.manifest(&schedule.name))
        else {
            return false;
        };
        let stands = manifest.standing().any(|standing| standing.file == export.file);
        stands && as_it_is == *schedule && self.why_gone(schedule, &manifest, export, now).is_none()
    }

    /// Why a file that is there may not be had any more; none if it may.
    pub(super) fn why_gone(
        &self,
        schedule: &Schedule,
        manifest: &Manifest,
        export: &Export,
        now: Timestamp,
    ) -> Option<String> {
        let asked = Asked { view: Some(export.view.clone()), ..schedule.asked(Some(export.period)) };
        let Ready { state, ready, senior_authorisation, .. } = match self.ready(&asked) {
            Ok(ready) => ready,
            Err(error) => return Some(error.to_string()),
        };
        // It goes with the grant that gave it, whatever was agreed since.
        if !state.grants.get(&export.grant).is_some_and(|record| record.in_force(now)) {
            return Some(format!("the grant `{}` that gave it has ended", export.grant));
        }
        let view = &ready.view;
        if export.period.start < now - view.depth.0 {
            return Some(format!("the view `{}` reaches back {} and no further", view.id, view.depth.0.in_words()));
        }
        let made = manifest.version(&export.view, export.version);
        if !made.is_some_and(|made| Degree::of(&made.view).no_more_than(&Degree::of(view))) {
            return Some(format!("version {} of the view `{}` shows less", view.version.0, view.id));
        }
        let fast = DiscloseFast { now, oldest: now.since(export.period.start), senior_authorisation };
        decided(&ready, &fast).err().map(|error| error.to_string())
    }
}

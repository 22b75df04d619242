//! The doors: what a device sends and what a file holds, through admit and treat to the disk.

use std::collections::BTreeMap;
use std::io::Read;

use lake::LakeError;
use model::{DeviceId, RefusedFor, Stream, StreamId, Timestamp};

use super::batch::{Batch, RowError, same_device};
use super::fault::Place;
use super::file::Chunks;
use super::{BATCH_ROWS_MAX, BODY_BYTES_MAX, FileFormat, IngestError, Ingested, RefusedRows, ndjson, ngsi, open_file};
use crate::admit::{Admitted, may_send};
use crate::city::{City, credential};

impl City {
    /// The device with a token, if its stream may take observations now.
    fn device(&self, token: &str) -> Result<(DeviceId, Admitted), IngestError> {
        let state = self.register.state();
        let device = state.device_with(&credential(token)).ok_or(IngestError::UnknownToken)?;
        let admitted = may_send(&self.register, &state, device);
        let admitted = admitted.map_err(IngestError::from).and_then(|()| self.admitted(&device.stream));
        let declared = state.stream(&device.stream).map(|(_, stream)| stream);
        Ok((device.id.clone(), admitted.inspect_err(|error| self.note_refused(&device.stream, declared, error))?))
    }

    /// Counts a batch that was refused as a whole.
    fn note_refused(&self, id: &StreamId, declared: Option<&Stream>, error: &IngestError) {
        // Of what is about people or counts them no number is kept, not even in memory.
        if declared.is_some_and(Stream::may_be_counted) {
            self.counters.add(id, |counts| counts.refused += 1);
        }
        if let Some(stream) = declared {
            self.count_refused(stream, error.class(), 1);
        }
    }

    /// Takes a batch of NGSI-LD entities from a device, whole or not at all.
    ///
    /// # Errors
    /// Why nothing of it was taken.
    pub fn ingest_ngsi(&self, token: &str, body: &[u8]) -> Result<Ingested, IngestError> {
        let (device, admitted) = self.device(token)?;
        let stream = &admitted.ready().stream;
        let taken = self.take_entities(device, &admitted, body);
        taken.inspect_err(|error| self.note_refused(&stream.id, Some(stream), error))
    }

    fn take_entities(&self, device: DeviceId, admitted: &Admitted, body: &[u8]) -> Result<Ingested, IngestError> {
        if body.len() > BODY_BYTES_MAX {
            return Err(IngestError::TooLarge);
        }
        let recipe = &admitted.ready().recipe;
        let entities = ngsi::entities(body).map_err(|error| IngestError::Malformed(error.to_string()))?;
        let mut ids = Vec::with_capacity(entities.len());
        let outcome = self.take(admitted, &[device], |batch| {
            let mut values = Vec::new();
            numbered(entities.len())?.zip(&entities).try_for_each(|(row, entity)| {
                let read = ngsi::parse(recipe, entity, &mut values);
                let read = read.map_err(|error| refused(row, Some(error.place), error.fault))?;
                batch.push(read.at, None, &values).map_err(|error| refused(row, None, error))?;
                ids.push(read.id.into_owned());
                Ok(())
            })
        });
        outcome.map(|ingested| Ingested { ids, ..ingested })
    }

    /// Takes a batch of lines (NDJSON) from a device, whole or not at all.
    ///
    /// # Errors
    /// Why nothing of it was taken.
    pub fn ingest_lines(&self, token: &str, body: &[u8]) -> Result<Ingested, IngestError> {
        let (device, admitted) = self.device(token)?;
        let stream = &admitted.ready().stream;
        let taken = self.take_lines(device, &admitted, body);
        taken.inspect_err(|error| self.note_refused(&stream.id, Some(stream), error))
    }

    fn take_lines(&self, device: DeviceId, admitted: &Admitted, body: &[u8]) -> Result<Ingested, IngestError> {
        if body.len() > BODY_BYTES_MAX {
            return Err(IngestError::TooLarge);
        }
        let recipe = &admitted.ready().recipe;
        let lines = || body.split(|&byte| byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
        self.take(admitted, std::slice::from_ref(&device), |batch| {
            let mut values = Vec::new();
            numbered(lines().count())?.zip(lines()).try_for_each(|(row, line)| {
                let read = ndjson::parse(recipe, line, &mut values);
                let read = read.map_err(|error| refused(row, Some(error.place), error.fault))?;
                let taken = same_device(read.device, &device);
                let taken = taken.and_then(|name| batch.push(read.at, Some(&name), &values));
                taken.map_err(|error| refused(row, None, error))
            })
        })
    }

    /// Takes a file for a stream, by somebody who holds the city's folder. Rows that cannot be taken are counted by
    /// reason; the others are. `device` names the file's device where the rows do not.
    ///
    /// # Errors
    /// The stream takes nothing, or the file or the disk fails; chunks taken before stay taken.
    pub fn ingest_file(
        &self,
        stream: &StreamId,
        format: &FileFormat,
        device: Option<&DeviceId>,
        file: impl Read + 'static,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Ingested, IngestError> {
        let admitted = self.admitted(stream)?;
        if admitted.ready().recipe.work().is_some() {
            return Err(IngestError::InMemory(stream.clone()));
        }
        let devices = self.devices_of(stream, device)?;
        let mut chunks = Chunks::new(open_file(file)?, format, &admitted)?;
        let mut total = Ingested::nothing(stream);
        let mut row = 0_u64;
        while chunks.read()? {
            // Asked again for each chunk: an approval may lapse while a long file is read.
            let admitted = self.admitted(stream)?;
            let (mut rows, stream) = (0, &admitted.ready().stream);
            let mut refused: BTreeMap<RefusedFor, u64> = BTreeMap::new();
            let taken = self.take(&admitted, &devices, |batch| {
                rows = chunks.push(&admitted, batch, |at, place, error| {
                    *refused.entry(error.class()).or_default() += 1;
                    let first = RefusedRows { rows: 0, first: row + at as u64 + 1, place };
                    total.refused.entry(error).or_insert(first).rows += 1;
                });
                Ok(())
            });
            refused.into_iter().for_each(|(class, many)| self.count_refused(stream, class, many));
            let taken = taken?;
            total.admitted += taken.admitted;
            total.late += taken.late;
            row += rows as u64;
            progress(row);
        }
        // Nobody may tick after a file that a command took. That the numbers could not be kept refuses no observation.
        drop(self.months.keep());
        Ok(total)
    }

    fn devices_of(&self, stream: &StreamId, device: Option<&DeviceId>) -> Result<Vec<DeviceId>, IngestError> {
        let state = self.register.state();
        let mut registered = state.devices_of(stream);
        match device {
            // What one that is shut out measured is in no file either.
            None => Ok(registered
                .filter(|device| may_send(&self.register, &state, device).is_ok())
                .map(|device| device.id.clone())
                .collect()),
            Some(device) => {
                let known = registered.find(|known| known.id == *device);
                let known = known.ok_or_else(|| IngestError::UnknownDevice(device.clone()))?;
                may_send(&self.register, &state, known)?;
                Ok(vec![known.id.clone()])
            }
        }
    }

    /// Treats and stores one batch; answers only when the disk has it, or memory where the stream stores nothing of it.
    fn take<'b>(
        &self,
        admitted: &'b Admitted,
        devices: &'b [DeviceId],
        fill: impl FnOnce(&mut Batch<'_>) -> Result<(), IngestError>,
    ) -> Result<Ingested, IngestError> {
        let declared = &admitted.ready().stream;
        let stream = &declared.id;
        let keys = |length, at| self.keys.key(&self.register, stream, length, at);
        let work = admitted.ready().recipe.work();
        let memory = work.map(|work| self.memories.keys(admitted, work, self.register.entropy())).transpose()?;
        let mut batch = Batch::begin(admitted, &keys, devices, self.released_through(stream)?, memory)?;
        let filled = fill(&mut batch);
        // A key that is missing explains a refused row, and is the error that may pass.
        let filled = batch.key_failure().map_or(filled, |error| Err(error.into()));
        filled?;
        let (admitted, late) = if work.is_some() {
            // In memory, and nowhere else: that is the point of it, and what a crash takes of it is a gap.
            let (sightings, count) = batch.sightings();
            (count, self.memories.take(stream, &sightings, admitted.at())?)
        } else {
            let (treated, admitted, late) = batch.finish();
            self.lake.append(stream, &treated)?;
            (admitted, late)
        };
        self.counters.add(stream, |counts| {
            // Of what is about people or counts them no number is kept, not even of what came late: all of it may have.
            if declared.may_be_counted() {
                counts.admitted += admitted;
                counts.late += late;
            }
        });
        self.count_admitted(declared, admitted);
        Ok(Ingested { admitted, late, ..Ingested::nothing(stream) })
    }

    /// The end of the last window that any view of a stream has released: what is older comes late.
    fn released_through(&self, stream: &StreamId) -> Result<Option<Timestamp>, LakeError> {
        let state = self.register.state();
        let mut latest = None;
        for view in state.views_of(stream).filter(|view| view.bin().is_some()) {
            latest = latest.max(self.lake.released_through(stream, &view.id, view.version)?);
        }
        Ok(latest)
    }
}

/// One of a batch's observations cannot be taken.
fn refused(row: u64, place: Option<Place>, error: impl Into<RowError>) -> IngestError {
    IngestError::Row { row, place, error: error.into() }
}

/// Row numbers for a batch that is not too long.
fn numbered(rows: usize) -> Result<std::ops::RangeInclusive<u64>, IngestError> {
    if rows > BATCH_ROWS_MAX { Err(IngestError::TooLarge) } else { Ok(1..=rows as u64) }
}

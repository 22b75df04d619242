//! What a stream's values are worked into, and which bins of it were heard whole.

use std::num::NonZeroU32;

use model::{DurationEdges, PropertyName, Span, Stream, StreamId, TimeBin, TimeTreatment, Timestamp, Treatment};

/// What a stream's values are worked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    pub(super) stream: StreamId,
    pub(super) property: PropertyName,
    pub(super) bin: TimeBin,
    pub(super) kind: Kind,
    /// In how many cells of a bin a value counts.
    pub(super) most: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Tally,
    Journey { within: Span, classes: DurationEdges },
    Dwell { within: Span, classes: DurationEdges },
}

impl Work {
    /// What a stream is worked into; none if it is not worked out in memory, or has no bins of time.
    #[must_use]
    pub fn of(stream: &Stream) -> Option<Self> {
        let (property, treatment) = stream.worked()?;
        let TimeTreatment::Bin { bin } = stream.time else { return None };
        let kind = match treatment {
            Treatment::Tally { .. } => Kind::Tally,
            Treatment::Journey { within, classes, .. } => Kind::Journey { within: *within, classes: classes.clone() },
            Treatment::Dwell { within, classes, .. } => Kind::Dwell { within: *within, classes: classes.clone() },
            _ => return None,
        };
        let most = treatment.most().map(NonZeroU32::get);
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        Some(Self { stream: stream.id.clone(), property: property.clone(), bin, kind, most })
    }

    /// How long something is remembered after it was seen.
    pub(super) const fn within(&self) -> Span {
        match &self.kind {
            Kind::Tally => Span::ZERO,
            Kind::Journey { within, .. } | Kind::Dwell { within, .. } => *within,
        }
    }

    /// How long after its end a bin may still get numbers: a stay is known to be over when nothing was seen for a while.
    #[must_use]
    pub const fn lag(&self) -> Span {
        match &self.kind {
            Kind::Tally | Kind::Journey { .. } => Span::ZERO,
            Kind::Dwell { within, .. } => *within,
        }
    }

    /// The end of the last bin that gets no more numbers once everything before an instant is worked in.
    #[must_use]
    pub fn closed(&self, until: Timestamp) -> Timestamp {
        self.bin.window(until - self.lag()).start
    }

    /// From when on bins were heard whole, in a process that hears everything since an instant.
    #[must_use]
    pub fn whole(&self, since: Timestamp) -> Timestamp {
        self.bin.first_whole(since + self.within())
    }
}

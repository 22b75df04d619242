//! The words of Ordinance as types: what a party, a deployment, a view, an act *is*.
//!
//! Every other room speaks in these types. This room does no IO, reads no clock and draws no random
//! number; parsing happens once, at the edge, and what has been parsed is right by construction.

pub mod act;
pub mod assessment;
pub mod class;
pub mod counted;
pub mod deployment;
pub mod disclosure;
pub mod duty;
pub mod emergency;
pub mod entropy;
pub mod estimated;
pub mod evidence;
pub mod geo;
pub mod grant;
pub mod id;
pub mod incident;
pub mod inquiry;
pub mod measure;
pub mod month;
pub mod noise;
pub mod party;
mod plain;
pub mod policy;
pub mod request;
pub mod sealed;
pub mod stream;
mod strict;
pub mod tier;
pub mod time;
pub mod treatment;
pub mod view;
pub mod vocab;

pub use act::{Act, What};
pub use assessment::{Assessment, Outcome, SignOff};
pub use class::{ClassApproval, ClassRecord};
pub use counted::{Counted, ObservationsCounted, RefusedFor};
pub use deployment::{Deployment, DeploymentRecord, IllegalStep, LegalBasis, Standing, State, Step};
pub use disclosure::{DisclosureRecord, Seq};
pub use duty::{DutyLapsed, DutyMetLate, DutyRun, Moment, MomentError, Silence};
pub use entropy::Entropy;
pub use estimated::{Estimated, Magnitude, ObservationsEstimated};
pub use evidence::{Evidence, EvidenceRecord, Subject};
pub use geo::{CellId, Districts, Geometry, H3Resolution, Place, Point};
pub use grant::{Duty, Grant, GrantRecord, Judged, Recipient};
pub use id::{
    AssessmentId, ClassId, DeploymentId, DeviceId, Digest, DutyId, EvidenceId, EvidenceKind, GrantId, Id, IdError,
    InstrumentId, OrderId, ParameterId, PartyId, PlaceId, PropertyName, StreamId, ViewId,
};
pub use incident::{Incident, IncidentReported, Severity};
pub use measure::{Clamp, Edges, Measure, Percent};
pub use month::Month;
pub use noise::{Noise, Rho};
pub use party::{Party, PartyKind};
pub use plain::plain;
pub use policy::{LayerKind, PolicyHash, PolicyId, PolicyLayer, PolicyText, RequirementId};
pub use sealed::{Fields, Sealed, SealedFields};
pub use stream::{Device, Order, Property, Stream, ValueKind};
pub use tier::Tier;
pub use time::{Clock, Delay, Depth, Epoch, EpochLength, Retention, Span, TimeBin, TimeError, Timestamp, Window};
pub use treatment::{DurationEdges, TimeTreatment, Treatment};
pub use view::{Bound, Exposure, IdentifierExposure, MinimumUnits, Space, View, ViewVersion};
pub use vocab::{Category, Identifies, Purpose, Technology, UnknownCode};

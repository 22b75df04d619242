//! What was sealed about an incident, for those inside the city who deal with it. The register itself needs none of it.

use model::{EvidenceId, Fields, Sealed};

use super::Register;
use super::inquiries::InquiryError;

impl Register {
    /// What was sealed when an incident was reported; none if there is no such incident.
    ///
    /// # Errors
    /// The journal could not be read, or what it holds is not what the log committed to.
    pub fn incident_details(&self, id: &EvidenceId) -> Result<Option<Sealed<Fields>>, InquiryError> {
        let Some(record) = self.state().incidents.get(id).cloned() else { return Ok(None) };
        self.opened(record.entry, &record.sealed).map(Some)
    }
}

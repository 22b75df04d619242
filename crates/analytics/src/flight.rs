//! Flight SQL: the protocol that notebooks and BI tools ask in, over gRPC, for parties with a token.
//!
//! It carries questions to a [`Desk`] and answers back, and decides nothing: who asks, what it may name and what is disclosed
//! for it are the desk's to say. Nothing is answered without a token; nothing is written, ingested or begun.

mod catalog;
mod kept;
mod listen;
mod service;

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use model::{Entropy, PartyId, Purpose};
use tokio::net::TcpListener;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;

use crate::{Answer, Table};
use service::{Knows, Service};

pub use kept::{ANSWER_BYTES_MAX, KEPT_MAX, KEPT_TIME, PARTY_KEPT_MAX};
pub use service::PURPOSE;

/// The key under which the disclosures of an answer stand in the metadata of its schema: a list in JSON, each with its number,
/// record and receipt. The same text is the `app_metadata` of the flight.
pub const DISCLOSURES: &str = "ordinance.disclosures";

/// Who asks, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The party behind the token.
    pub party: PartyId,
    /// What for.
    pub purpose: Purpose,
}

/// An answer, and what was disclosed for it.
#[derive(Debug)]
pub struct Answered {
    /// The rows.
    pub answer: Answer,
    /// The disclosures: a list in JSON.
    pub disclosures: String,
}

/// Why a question is not answered, in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is none that is answered.
    #[error("{0}")]
    Question(String),
    /// The norms refuse.
    #[error("{0}")]
    Norm(String),
    /// Too many are asked at once, or it needed too much.
    #[error("{0}")]
    Limit(String),
    /// The city cannot do it now.
    #[error("{0}")]
    Unavailable(String),
}

/// The desk that questions are asked at: it knows the parties, and has what they name disclosed to them.
pub trait Desk: Send + Sync {
    /// The party with a token.
    fn party(&self, token: &str) -> Option<PartyId>;

    /// The tables that a party may name, without a row: what its agreements in force show, and the public ones.
    fn tables(&self, party: &PartyId) -> Vec<Table>;

    /// The columns of an answer. Nothing is disclosed for it.
    ///
    /// # Errors
    /// Why it would not be answered.
    fn shape(&self, asker: &Asker, sql: &str) -> Result<Answer, Refused>;

    /// Answers a question; what it names is disclosed to the party.
    ///
    /// # Errors
    /// Why it is not answered.
    fn ask(&self, asker: &Asker, sql: &str) -> Result<Answered, Refused>;

    /// Where tickets come from.
    fn entropy(&self) -> &dyn Entropy;
}

/// Why Flight SQL is no longer spoken.
#[derive(Debug, thiserror::Error)]
#[error("Flight SQL cannot be spoken any more: {0}")]
pub struct FlightError(String);

/// Answers at a desk until `until` ends, then lets running questions end.
///
/// # Errors
/// Nothing can be listened to.
pub async fn serve<D: Desk + 'static>(
    desk: Arc<D>,
    listener: TcpListener,
    until: impl Future<Output = ()>,
) -> Result<(), FlightError> {
    let flights = FlightServiceServer::new(Service::new(Arc::clone(&desk)))
        .max_decoding_message_size(service::MESSAGE_BYTES_MAX)
        .max_encoding_message_size(service::SENT_BYTES_MAX);
    Server::builder()
        .timeout(service::CALL_TIME_MAX)
        .max_concurrent_streams(service::STREAMS_MAX)
        .max_connection_age(service::CONNECTION_AGE_MAX)
        .http2_max_header_list_size(service::HEADER_BYTES_MAX)
        .http2_keepalive_interval(Some(service::KEEPALIVE))
        .add_service(InterceptedService::new(flights, Knows(desk)))
        .serve_with_incoming_shutdown(listen::connections(listener), until)
        .await
        .map_err(|error| FlightError(error.to_string()))
}

//! The calls of Flight SQL. A question is answered when its flight is asked for, so that it is disclosed once; what is not read is
//! refused in words.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError as Broken;
use arrow_flight::sql::server::{FlightSqlService, PeekableFlightDataStream};
use arrow_flight::sql::{
    ActionBeginSavepointRequest, ActionBeginSavepointResult, ActionBeginTransactionRequest,
    ActionBeginTransactionResult, ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
    ActionCreatePreparedStatementResult, Any, CommandGetCatalogs, CommandGetDbSchemas, CommandGetSqlInfo,
    CommandGetTableTypes, CommandGetTables, CommandPreparedStatementQuery, CommandPreparedStatementUpdate,
    CommandStatementIngest, CommandStatementQuery, CommandStatementUpdate, DoPutPreparedStatementResult,
    ProstMessageExt, SqlInfo, TicketStatementQuery,
};
use arrow_flight::{FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, IpcMessage, SchemaAsIpc, Ticket};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::writer::IpcWriteOptions;
use datafusion::arrow::record_batch::RecordBatch;
use futures::{Stream, StreamExt, TryStreamExt};
use model::PartyId;
use prost::Message;
use prost::bytes::Bytes;
use tonic::metadata::MetadataMap;
use tonic::service::Interceptor;
use tonic::{Request, Response, Status};

use super::kept::{ANSWER_BYTES_MAX, Kept};
use super::{Answered, Asker, DISCLOSURES, Desk, Refused, catalog};
use crate::{Answer, SQL_BYTES_MAX, SqlError, Table};

/// The header of a call that says what it is for.
pub const PURPOSE: &str = "x-purpose";
/// The largest message that is taken, in bytes: a question, and what is around it.
pub(super) const MESSAGE_BYTES_MAX: usize = 128 << 10;
/// The largest message that is sent, in bytes; answers are sent in pieces of two MiB.
pub(super) const SENT_BYTES_MAX: usize = 16 << 20;
/// The most bytes of headers.
pub(super) const HEADER_BYTES_MAX: u32 = 16 << 10;
/// The longest that a call may take.
pub(super) const CALL_TIME_MAX: Duration = Duration::from_secs(120);
/// The most calls at once on one connection.
pub(super) const STREAMS_MAX: u32 = 32;
/// The longest that a connection stays.
pub(super) const CONNECTION_AGE_MAX: Duration = Duration::from_hours(1);
/// How often a silent client is asked whether it is still there.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(30);
/// The longest token, in bytes; ours have 43 to 64.
const TOKEN_BYTES_MAX: usize = 256;

/// Flight SQL at a desk.
pub(super) struct Service<D> {
    desk: Arc<D>,
    kept: Arc<Kept>,
}

impl<D> Service<D> {
    pub(super) fn new(desk: Arc<D>) -> Self {
        Self { desk, kept: Arc::default() }
    }
}

/// Stands before every call: without a token of a party nothing is answered.
pub(super) struct Knows<D>(pub(super) Arc<D>);

impl<D> Clone for Knows<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The party behind the token of a call.
#[derive(Debug, Clone)]
struct Caller(PartyId);

impl<D: Desk> Interceptor for Knows<D> {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let token = token(request.metadata())
            .ok_or_else(|| Status::unauthenticated("send the party’s token as the header `authorization: Bearer …`"))?;
        let party = self.0.party(token).ok_or_else(|| {
            Status::unauthenticated("this token belongs to no party; use its newest one, as `authorization: Bearer …`")
        })?;
        request.extensions_mut().insert(Caller(party));
        Ok(request)
    }
}

fn token(headers: &MetadataMap) -> Option<&str> {
    let mut values = headers.get_all("authorization").iter();
    let text = values.next()?.to_str().ok().filter(|_| values.next().is_none())?;
    let (scheme, token) = text.split_once(' ')?;
    let token = token.trim();
    let fits = scheme.eq_ignore_ascii_case("bearer") && (1..=TOKEN_BYTES_MAX).contains(&token.len());
    fits.then_some(token)
}

fn party<T>(request: &Request<T>) -> Result<PartyId, Status> {
    let caller = request.extensions().get::<Caller>();
    caller.map(|caller| caller.0.clone()).ok_or_else(|| Status::unauthenticated("it is not known who asks"))
}

/// Who asks and what for.
fn asker<T>(request: &Request<T>) -> Result<Asker, Status> {
    let party = party(request)?;
    let say = "say what it is for in the header `x-purpose`, such as `traffic-management`";
    let mut values = request.metadata().get_all(PURPOSE).iter();
    let purpose = values.next().ok_or_else(|| Status::invalid_argument(say))?;
    let text =
        purpose.to_str().ok().filter(|_| values.next().is_none()).ok_or_else(|| Status::invalid_argument(say))?;
    let purpose = text.trim().parse().map_err(|error| Status::invalid_argument(format!("`{PURPOSE}`: {error}")))?;
    Ok(Asker { party, purpose })
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        let words = refused.to_string();
        match refused {
            Refused::Question(_) => Self::invalid_argument(words),
            Refused::Norm(_) => Self::permission_denied(words),
            Refused::Limit(_) => Self::resource_exhausted(words),
            Refused::Unavailable(_) => Self::unavailable(words),
        }
    }
}

fn inside<E>(_: E) -> Status {
    Status::internal("something went wrong inside; what it was is not repeated")
}

fn no_transactions(transaction: Option<&Bytes>) -> Result<(), Status> {
    if transaction.is_none_or(Bytes::is_empty) { Ok(()) } else { Err(reads_only()) }
}

fn reads_only() -> Status {
    Status::unimplemented("only questions are answered here: nothing is written, ingested, bound or begun")
}

fn no_ticket() -> Status {
    Status::not_found(
        "no answer waits under this ticket: it is fetched once, by the party that asked, within a minute; ask again",
    )
}

/// What a flight is sent as.
type Flight = Pin<Box<dyn Stream<Item = Result<FlightData, Status>> + Send>>;

/// Some rows as a flight.
fn flight(schema: SchemaRef, metadata: Bytes, batches: Vec<RecordBatch>) -> Response<Flight> {
    let batches = futures::stream::iter(batches.into_iter().map(Ok::<_, Broken>));
    let encoder = FlightDataEncoderBuilder::new().with_schema(schema).with_metadata(metadata).build(batches);
    Response::new(Box::pin(encoder.map_err(inside)))
}

fn listed(batch: Result<RecordBatch, SqlError>) -> Result<Response<Flight>, Status> {
    let batch = batch.map_err(inside)?;
    Ok(flight(batch.schema(), Bytes::new(), vec![batch]))
}

/// A flight of what can be looked up: its ticket is the command itself, which is looked at again when it is fetched.
fn looked_up(request: Request<FlightDescriptor>, schema: &Schema) -> Result<Response<FlightInfo>, Status> {
    let descriptor = request.into_inner();
    let ticket = Ticket::new(descriptor.cmd.clone());
    let info = FlightInfo::new().with_descriptor(descriptor).with_endpoint(FlightEndpoint::new().with_ticket(ticket));
    Ok(Response::new(info.try_with_schema(schema).map_err(inside)?))
}

/// An answer's columns, with what was disclosed for it in their metadata.
fn told(answered: &Answered) -> SchemaRef {
    let (schema, _) = answered.answer.parts();
    let metadata = [(DISCLOSURES.to_owned(), answered.disclosures.clone())];
    Arc::new(Schema::new_with_metadata(schema.fields().clone(), metadata.into()))
}

fn message(schema: &Schema) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let message: Result<IpcMessage, ArrowError> = SchemaAsIpc::new(schema, &options).try_into();
    Ok(message.map_err(inside)?.0)
}

impl<D: Desk + 'static> Service<D> {
    /// Answers a question, and lets the answer wait under a ticket.
    async fn asked(&self, sql: String, request: Request<FlightDescriptor>) -> Result<Response<FlightInfo>, Status> {
        let asker = asker(&request)?;
        let ticket = self.desk.entropy().bytes32().map_err(inside)?;
        let place = self.kept.place(&asker.party, ticket).ok_or_else(|| {
            Status::resource_exhausted("too many answers wait to be fetched; fetch them, or ask again in a minute")
        })?;
        let desk = Arc::clone(&self.desk);
        let asked = tokio::task::spawn_blocking(move || desk.ask(&asker, &sql));
        let answered = asked.await.map_err(inside)??;
        let (_, batches) = answered.answer.parts();
        let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        if bytes as u64 > ANSWER_BYTES_MAX {
            let words = format!("the answer has more than {} MiB; ask for less, or say LIMIT", ANSWER_BYTES_MAX >> 20);
            return Err(Status::resource_exhausted(words));
        }
        let (schema, rows) = (told(&answered), i64::try_from(answered.answer.len()).unwrap_or(-1));
        let sent = TicketStatementQuery { statement_handle: Bytes::copy_from_slice(&ticket) };
        let sent = Ticket::new(sent.as_any().encode_to_vec());
        let info = FlightInfo::new()
            .with_descriptor(request.into_inner())
            .with_endpoint(FlightEndpoint::new().with_ticket(sent))
            .with_total_records(rows)
            .with_app_metadata(answered.disclosures.clone())
            .try_with_schema(&schema)
            .map_err(inside)?;
        place.put(answered);
        Ok(Response::new(info))
    }

    /// The tables of the party that calls.
    async fn tables<T>(&self, request: &Request<T>) -> Result<Vec<Table>, Status> {
        let (desk, party) = (Arc::clone(&self.desk), party(request)?);
        tokio::task::spawn_blocking(move || desk.tables(&party)).await.map_err(inside)
    }
}

#[tonic::async_trait]
impl<D: Desk + 'static> FlightSqlService for Service<D> {
    type FlightService = Self;

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        no_transactions(query.transaction_id.as_ref())?;
        self.asked(query.query, request).await
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        // The handle is the question itself: it stands for nothing that somebody else could use.
        let sql = String::from_utf8(query.prepared_statement_handle.into())
            .map_err(|_| Status::invalid_argument("this is no handle of a prepared statement; prepare it again"))?;
        self.asked(sql, request).await
    }

    async fn do_get_statement(
        &self,
        ticket: TicketStatementQuery,
        request: Request<Ticket>,
    ) -> Result<Response<Flight>, Status> {
        let (answered, place) = self.kept.take(&party(&request)?, &ticket.statement_handle).ok_or_else(no_ticket)?;
        let (_, batches) = answered.answer.parts();
        let sent = flight(told(&answered), Bytes::from(answered.disclosures.clone()), batches.clone());
        Ok(sent.map(|sent| -> Flight {
            Box::pin(sent.inspect(move |_| {
                // The place is free when the flight is over, or nobody hears it any more.
                let _held = &place;
            }))
        }))
    }

    async fn do_get_prepared_statement(
        &self,
        _: CommandPreparedStatementQuery,
        _: Request<Ticket>,
    ) -> Result<Response<Flight>, Status> {
        Err(no_ticket())
    }

    async fn do_get_fallback(&self, _: Request<Ticket>, _: Any) -> Result<Response<Flight>, Status> {
        Err(no_ticket())
    }

    async fn do_action_create_prepared_statement(
        &self,
        query: ActionCreatePreparedStatementRequest,
        request: Request<arrow_flight::Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        no_transactions(query.transaction_id.as_ref())?;
        let (desk, asker, sql) = (Arc::clone(&self.desk), asker(&request)?, query.query);
        let handle = Bytes::from(sql.clone());
        let shape: Answer = tokio::task::spawn_blocking(move || desk.shape(&asker, &sql)).await.map_err(inside)??;
        let (schema, _) = shape.parts();
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: handle,
            dataset_schema: message(schema)?,
            parameter_schema: message(&Schema::empty())?,
        })
    }

    async fn do_action_close_prepared_statement(
        &self,
        _: ActionClosePreparedStatementRequest,
        _: Request<arrow_flight::Action>,
    ) -> Result<(), Status> {
        Ok(())
    }

    async fn get_flight_info_catalogs(
        &self,
        query: CommandGetCatalogs,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        looked_up(request, &query.into_builder().schema())
    }

    async fn do_get_catalogs(&self, query: CommandGetCatalogs, _: Request<Ticket>) -> Result<Response<Flight>, Status> {
        listed(catalog::catalogs(query))
    }

    async fn get_flight_info_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        looked_up(request, &query.into_builder().schema())
    }

    async fn do_get_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<Ticket>,
    ) -> Result<Response<Flight>, Status> {
        listed(catalog::schemas(query, &self.tables(&request).await?))
    }

    async fn get_flight_info_tables(
        &self,
        query: CommandGetTables,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        looked_up(request, &query.into_builder().schema())
    }

    async fn do_get_tables(
        &self,
        query: CommandGetTables,
        request: Request<Ticket>,
    ) -> Result<Response<Flight>, Status> {
        listed(catalog::tables(query, &self.tables(&request).await?))
    }

    async fn get_flight_info_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        looked_up(request, &query.into_builder().schema())
    }

    async fn do_get_table_types(
        &self,
        query: CommandGetTableTypes,
        _: Request<Ticket>,
    ) -> Result<Response<Flight>, Status> {
        listed(catalog::kinds(query))
    }

    async fn get_flight_info_sql_info(
        &self,
        _: CommandGetSqlInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        looked_up(request, &catalog::server().map_err(inside)?.schema())
    }

    async fn do_get_sql_info(&self, query: CommandGetSqlInfo, _: Request<Ticket>) -> Result<Response<Flight>, Status> {
        listed(catalog::server().and_then(|info| info.record_batch(query.info).map_err(|_| SqlError::Engine)))
    }

    async fn do_put_statement_update(
        &self,
        _: CommandStatementUpdate,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(reads_only())
    }

    async fn do_put_statement_ingest(
        &self,
        _: CommandStatementIngest,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(reads_only())
    }

    async fn do_put_prepared_statement_query(
        &self,
        _: CommandPreparedStatementQuery,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        Err(reads_only())
    }

    async fn do_put_prepared_statement_update(
        &self,
        _: CommandPreparedStatementUpdate,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        Err(reads_only())
    }

    async fn do_action_begin_transaction(
        &self,
        _: ActionBeginTransactionRequest,
        _: Request<arrow_flight::Action>,
    ) -> Result<ActionBeginTransactionResult, Status> {
        Err(reads_only())
    }

    async fn do_action_begin_savepoint(
        &self,
        _: ActionBeginSavepointRequest,
        _: Request<arrow_flight::Action>,
    ) -> Result<ActionBeginSavepointResult, Status> {
        Err(reads_only())
    }

    async fn register_sql_info(&self, _: i32, _: &SqlInfo) {}
}

const _: () = assert!(MESSAGE_BYTES_MAX > 2 * SQL_BYTES_MAX, "a question fits into a message");

//! The engine: a fresh one for each question, over the tables that were handed over and nothing else.
//!
//! It has no file formats, no object stores, no table factories, no information schema, no disk to spill to, and no way to
//! register anything. Whoever asks is known to others and not here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateDefaults as Defaults;
use datafusion::execution::context::SessionContext;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry, ObjectStoreUrl};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;
use futures::StreamExt;

use crate::plan::only_reads;
use crate::stack::work_within;
use crate::table::Loaded;
use crate::{Answer, Limits, Question, SqlError, Table};

/// The catalog that schemas lie in; nobody has to name it.
pub(crate) const CATALOG: &str = "city";
/// Rows that are worked on at a time: what is not counted against the memory limit stays small.
const ROWS_AT_ONCE: usize = 2_048;
/// How much longer than its time an engine has to end by itself.
const GRACE: Duration = Duration::from_millis(200);

/// Answers a question over tables, in this process. What the engine allocates beside its counted memory is bounded only by
/// the process, and a question that hears no clock goes on after its time, so that strangers' questions belong into
/// [`Apart`](crate::Apart).
///
/// # Errors
/// Why it is not answered.
pub fn answer(question: Question, tables: Vec<Table>, limits: &Limits) -> Result<Answer, SqlError> {
    let tables = tables.iter().map(Loaded::of).collect::<Result<Vec<Loaded>, SqlError>>()?;
    over(question, tables, limits)
}

/// The columns that an answer from such tables would have, without a row. It is planned, and nothing is computed.
///
/// # Errors
/// The question does not fit its tables.
pub fn shape(question: Question, tables: Vec<Table>, limits: &Limits) -> Result<Answer, SqlError> {
    let tables = tables.iter().map(Loaded::of).collect::<Result<Vec<Loaded>, SqlError>>()?;
    outlined(question, tables, limits)
}

/// Answers a question over tables as the engine has them.
pub(crate) fn over(question: Question, tables: Vec<Loaded>, limits: &Limits) -> Result<Answer, SqlError> {
    engaged(question, tables, limits, true)
}

/// The columns of an answer, over tables as the engine has them.
pub(crate) fn outlined(question: Question, tables: Vec<Loaded>, limits: &Limits) -> Result<Answer, SqlError> {
    engaged(question, tables, limits, false)
}

fn engaged(question: Question, tables: Vec<Loaded>, limits: &Limits, rows: bool) -> Result<Answer, SqlError> {
    let limits = *limits;
    let late = SqlError::Time { seconds: limits.time.as_secs() };
    // An engine that is busy between two rows looks at no clock; then somebody else does.
    let answer = work_within(limits.time.saturating_add(GRACE), move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|_| SqlError::Process("no runtime can be started".to_owned()))?;
        runtime.block_on(async {
            let answered = tokio::time::timeout(limits.time, answered(question, tables, &limits, rows)).await;
            answered.unwrap_or(Err(SqlError::Time { seconds: limits.time.as_secs() }))
        })
    });
    answer.unwrap_or(Err(late))
}

async fn answered(question: Question, tables: Vec<Loaded>, limits: &Limits, rows: bool) -> Result<Answer, SqlError> {
    let state = state(tables, limits)?;
    // What is said of a plan before anything is computed consists of the question's words and the columns' names.
    let planned = state.statement_to_plan(question.into_statement()).await;
    let plan = planned.map_err(|error| SqlError::plan(&error.strip_backtrace()))?;
    only_reads(&plan)?;
    let failed = |error: DataFusionError| computing(&error, limits);
    let frame = DataFrame::new(state, plan);
    if !rows {
        let plan = frame.create_physical_plan().await.map_err(failed)?;
        return Ok(Answer::new(plan.schema(), Vec::new()));
    }
    let mut stream = frame.execute_stream().await.map_err(failed)?;
    let (schema, mut batches, mut rows, mut bytes) = (stream.schema(), Vec::new(), 0_usize, 0_usize);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(failed)?;
        rows = rows.saturating_add(batch.num_rows());
        bytes = bytes.saturating_add(batch.get_array_memory_size());
        if rows > limits.rows {
            return Err(SqlError::Rows { max: limits.rows });
        }
        if bytes as u64 > limits.memory_bytes {
            return Err(SqlError::Memory { bytes: limits.memory_bytes });
        }
        if bytes as u64 > limits.answer_bytes {
            return Err(SqlError::Bytes { max: limits.answer_bytes });
        }
        batches.push(batch);
        // An engine that always has something ready must not keep the clock from being looked at.
        tokio::task::yield_now().await;
    }
    Ok(Answer::new(schema, batches))
}

/// What went wrong while computing: only its kind, because the engine's words may hold values.
fn computing(error: &DataFusionError, limits: &Limits) -> SqlError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => SqlError::Memory { bytes: limits.memory_bytes },
        DataFusionError::ArrowError(..) | DataFusionError::Execution(_) => SqlError::Value,
        DataFusionError::NotImplemented(_) => SqlError::Part("a part of this question".to_owned()),
        DataFusionError::Plan(_) | DataFusionError::SchemaError(..) => {
            SqlError::Plan("the types of its columns and functions do not fit each other".to_owned())
        }
        _ => SqlError::Engine,
    }
}

/// An engine over some tables.
fn state(tables: Vec<Loaded>, limits: &Limits) -> Result<SessionState, SqlError> {
    let mut config = SessionConfig::new()
        .with_information_schema(false)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, "")
        .with_target_partitions(1)
        .with_batch_size(ROWS_AT_ONCE);
    config.options_mut().execution.time_zone = Some("+00:00".to_owned());
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(Arc::new(environment(limits)?))
        .with_expr_planners(Defaults::default_expr_planners())
        .with_scalar_functions(Defaults::default_scalar_functions())
        .with_higher_order_functions(Defaults::default_higher_order_functions())
        .with_aggregate_functions(Defaults::default_aggregate_functions())
        .with_window_functions(Defaults::default_window_functions())
        .with_table_function_list(Defaults::default_table_functions())
        .build();
    let context = SessionContext::new_with_state(state);
    context.register_catalog(CATALOG, catalog(tables)?);
    Ok(context.state())
}

/// No disk, no stores, and memory that is counted.
fn environment(limits: &Limits) -> Result<RuntimeEnv, SqlError> {
    let stores = DefaultObjectStoreRegistry::new();
    let files = ObjectStoreUrl::local_filesystem();
    stores.deregister_store(files.as_ref()).map_err(|_| SqlError::Engine)?;
    let memory = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
    RuntimeEnvBuilder::new()
        .with_object_store_registry(Arc::new(stores))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
        .with_memory_pool(Arc::new(GreedyMemoryPool::new(memory)))
        .build()
        .map_err(|_| SqlError::Engine)
}

fn catalog(tables: Vec<Loaded>) -> Result<Arc<dyn CatalogProvider>, SqlError> {
    let catalog = MemoryCatalogProvider::new();
    let mut schemas: BTreeMap<String, Arc<MemorySchemaProvider>> = BTreeMap::new();
    for Loaded { name, schema, batches } in tables {
        let provider = MemTable::try_new(schema, vec![batches]).map_err(|_| SqlError::Engine)?;
        let schema = schemas.entry(name.schema.clone()).or_default();
        schema
            .register_table(name.table.clone(), Arc::new(provider))
            .map_err(|_| SqlError::Table { table: name.to_string(), what: "there are two of that name".to_owned() })?;
    }
    for (name, schema) in schemas {
        catalog.register_schema(&name, schema).map_err(|_| SqlError::Engine)?;
    }
    Ok(Arc::new(catalog))
}

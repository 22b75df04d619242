//! A plan is looked at before it runs: only nodes that read, and only tables that were handed over.

use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::{MemTable, source_as_provider};
use datafusion::execution::context::SQLOptions;
use datafusion::functions_table::generate_series::GenerateSeriesTable;
use datafusion::logical_expr::LogicalPlan;

use crate::SqlError;

/// Refuses a plan that does anything but read. The text was looked at before; this is what the planner made of it.
pub(crate) fn only_reads(plan: &LogicalPlan) -> Result<(), SqlError> {
    let nothing_else = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    nothing_else.verify_plan(plan).map_err(|_| SqlError::NotAQuestion)?;
    let mut found = Ok(());
    let walked = plan.apply_with_subqueries(|node| {
        found = known(node);
        Ok(if found.is_ok() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    walked.map_err(|_| SqlError::Engine)?;
    found
}

fn known(node: &LogicalPlan) -> Result<(), SqlError> {
    match node {
        LogicalPlan::TableScan(scan) => {
            let provider = source_as_provider(&scan.source).map_err(|_| SqlError::Engine)?;
            // Tables in memory, numbers in a row, and what a recursive WITH made so far.
            let ours =
                provider.is::<MemTable>() || provider.is::<GenerateSeriesTable>() || provider.is::<CteWorkTable>();
            if ours { Ok(()) } else { Err(SqlError::Part("a table of the engine itself".to_owned())) }
        }
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Aggregate(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Join(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Union(_)
        | LogicalPlan::EmptyRelation(_)
        | LogicalPlan::Subquery(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Values(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Unnest(_)
        | LogicalPlan::RecursiveQuery(_) => Ok(()),
        _ => Err(SqlError::NotAQuestion),
    }
}

//! `ordinance hub land`: outlines of land under the maps of the world, from a file that whoever runs the hub has.

use hub::FolderError;
use hub::land::{Land as Kept, LandError};
use serde_json::json;

use crate::args::hub::Land;
use crate::output::{Output, Status};

pub(super) fn run(args: &Land, output: &Output) -> anyhow::Result<()> {
    if !args.dir.join("journal.db").exists() {
        return Err(FolderError::NoHub(args.dir.clone()).into());
    }
    let land = Kept::from_file(&args.file, &args.attribution).map_err(|error| match error {
        error @ LandError::File { .. } => anyhow::Error::from(error),
        error => Status::bad_input(error.to_string()).into(),
    })?;
    let bytes = land.keep(&args.dir)?;
    output.result(
        &json!({ "attribution": land.attribution(), "corners": land.corners(), "bytes": bytes }),
        &format!(
            "Land of {} corners lies under the maps of the world. Each names: {}",
            land.corners(),
            land.attribution()
        ),
    )
}

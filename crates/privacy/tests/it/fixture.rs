//! A stream of phones and a view that counts them at each sensor by the quarter of an hour, without a minimum.

use model::{Bound, Noise, Stream, View};

pub(crate) fn wifi(budget: Option<&str>) -> Stream {
    let stream: Stream = serde_json::from_str(
        r#"{"id":"wifi","time":{"do":"keep"},"retention":"48h","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}}}}"#,
    )
    .unwrap();
    Stream { budget: budget.map(|budget| budget.parse().unwrap()), ..stream }
}

pub(crate) fn counts(noise: Noise, cells: u32) -> View {
    let view: View = serde_json::from_str(
        r#"{"id":"counts","version":1,"stream":"wifi","title":"t","exposure":{"as":"windows","bin":"15m","space":{"by":"sensor"},
        "measure":{"of":"distinct","property":"mac"}},"identifiers":"none","minimum":0,"bound":1,"noise":"none","delay":"0s",
        "depth":"1d"}"#,
    )
    .unwrap();
    View { noise, bound: Bound(Some(cells)), ..view }
}

//! Tags of identifiers under a key, as a stream stores them.

use std::sync::Arc;

use model::{DeviceId, Epoch, EpochLength, Span, Stream, Timestamp};
use privacy::{Column, EpochKey, EpochKeys, RawObservation, RawValue, Recipe, Treating};

pub(crate) fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// Addresses of one maker, from a number on.
pub(crate) fn addresses(first: u32, count: u32) -> Vec<String> {
    let address = |number: u32| {
        let [_, a, b, c] = number.to_be_bytes();
        format!("88:78:73:{a:02x}:{b:02x}:{c:02x}")
    };
    (first..first + count).map(address).collect()
}

/// British plates, from a number on.
pub(crate) fn plates(first: u32, count: u32) -> Vec<String> {
    let letter = |value: u32| char::from(b'A' + u8::try_from(value % 26).unwrap());
    let plate = |number: u32| {
        let (letters, digits) = (number / 100, number % 100);
        format!("{}{}{digits:02}{}", letter(letters), letter(letters / 26), letter(letters / 676))
    };
    (first..first + count).map(plate).collect()
}

/// The tags that a stream and property of these names store under a key.
pub(crate) fn tags(key: [u8; 32], stream: &str, property: &str, category: &str, identifiers: &[String]) -> Vec<u64> {
    let json = format!(
        r#"{{"id":"{stream}","time":{{"do":"keep"}},"retention":"24h","properties":{{"{property}":
        {{"category":"{category}","value":"text","treatment":{{"do":"pseudonymise","epoch":"24h"}}}}}}}}"#
    );
    let stream: Stream = serde_json::from_str(&json).unwrap();
    let recipe = Recipe::compile(&stream, &|_| None).unwrap();
    let mut keys = EpochKeys::new(&stream.id);
    let length = EpochLength::new(Span::hours(24)).unwrap();
    keys.insert(Epoch(length.window(noon())), Arc::new(EpochKey::new(key)));
    let mut treating = Treating::new(&recipe, &keys, None, vec![DeviceId::new("s1").unwrap()]);
    for identifier in identifiers {
        let values = [RawValue::Text(identifier.as_str().into())];
        treating.push(&RawObservation { at: noon(), device: 0, values: &values }).unwrap();
    }
    let treated = treating.finish();
    match treated.get().column(&property.parse().unwrap()) {
        Some(Column::Tag(tags)) => tags.iter().map(|tag| tag.unwrap()).collect(),
        other => panic!("{other:?}"),
    }
}

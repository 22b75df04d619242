//! The bytes of columns in a write-ahead frame: version 1, little-endian, lengths before contents.
//!
//! version · devices (count, then texts) · rows · times · device numbers · counts · properties (count, then for each its
//! name, kind, a bit for each row that says whether there is a value, and the values that are there). A text is its
//! length and its UTF-8.
//!
//! Decoding trusts nothing: every length is held against what is there, so that no bytes can make it panic or take
//! much more memory than they are.

use model::stream::PROPERTIES_MAX;
use model::{DeviceId, PropertyName};

use super::{Column, Columns, ColumnsError, Texts};

const VERSION: u8 = 1;
/// Bytes that every row has at least: time, device, count.
const ROW_BYTES_MIN: usize = 16;

/// Why bytes are not columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end too soon.
    #[error("the bytes end too soon, at {0}")]
    Short(usize),
    /// Written by other software.
    #[error("the columns have version {0}, this software knows {VERSION}")]
    Version(u8),
    /// A name or text is not one.
    #[error("a name or text is damaged")]
    Text,
    /// A column of no known kind.
    #[error("a column has the unknown kind {0}")]
    Kind(u8),
    /// More properties than a stream may have.
    #[error("there are {0} properties, a stream has at most {PROPERTIES_MAX}")]
    Properties(usize),
    /// Bytes are left over.
    #[error("{0} bytes are left over")]
    Left(usize),
    /// The parts do not fit.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
}

impl Columns {
    /// Writes the columns behind whatever is there.
    pub fn encode(&self, out: &mut Vec<u8>) {
        // About right for numbers; texts make it grow.
        out.reserve(self.len() * (ROW_BYTES_MIN + 9 * self.properties.len()) + 64 * (1 + self.devices.len()));
        out.push(VERSION);
        put_len(out, self.devices.len());
        self.devices.iter().for_each(|device| put_text(out, device.as_str()));
        put_len(out, self.times.len());
        self.times.iter().for_each(|time| out.extend_from_slice(&time.to_le_bytes()));
        self.device.iter().chain(&self.counts).for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
        put_len(out, self.properties.len());
        for (name, column) in &self.properties {
            put_text(out, name.as_str());
            put_column(out, column);
        }
    }

    /// Reads columns.
    ///
    /// # Errors
    /// The bytes are not columns.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader { bytes, at: 0 };
        let version = reader.byte()?;
        if version != VERSION {
            return Err(DecodeError::Version(version));
        }
        let count = reader.length(1)?;
        let devices = (0..count)
            .map(|_| DeviceId::new(reader.text()?).map_err(|_| DecodeError::Text))
            .collect::<Result<_, _>>()?;
        let rows = reader.length(ROW_BYTES_MIN)?;
        let times = reader.numbers(rows, i64::from_le_bytes)?;
        let device = reader.numbers(rows, u32::from_le_bytes)?;
        let counts = reader.numbers(rows, u32::from_le_bytes)?;
        let count = reader.length(1)?;
        if count > PROPERTIES_MAX {
            return Err(DecodeError::Properties(count));
        }
        let mut properties = Vec::with_capacity(count);
        for _ in 0..count {
            let name = PropertyName::new(reader.text()?).map_err(|_| DecodeError::Text)?;
            properties.push((name, reader.column(rows)?));
        }
        match bytes.len() - reader.at {
            0 => Ok(Self::from_parts(devices, times, device, counts, properties)?),
            left => Err(DecodeError::Left(left)),
        }
    }
}

/// Lengths are u32: a batch is held below that by the lake.
fn put_len(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_len(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// A bit for each row: whether there is a value.
fn put_present(out: &mut Vec<u8>, present: impl Iterator<Item = bool>) {
    let (mut bits, mut used) = (0_u8, 0);
    for present in present {
        bits |= u8::from(present) << used;
        used += 1;
        if used == u8::BITS {
            out.push(bits);
            (bits, used) = (0, 0);
        }
    }
    if used > 0 {
        out.push(bits);
    }
}

/// Which rows have a value, then the values.
fn put_values<T: Copy, const N: usize>(
    out: &mut Vec<u8>,
    kind: u8,
    values: &[Option<T>],
    bytes: impl Fn(T) -> [u8; N],
) {
    out.push(kind);
    put_present(out, values.iter().map(Option::is_some));
    values.iter().flatten().for_each(|&value| out.extend_from_slice(&bytes(value)));
}

fn put_column(out: &mut Vec<u8>, column: &Column) {
    match column {
        Column::Text(texts) => {
            out.push(0);
            put_present(out, texts.iter().map(|text| text.is_some()));
            texts.iter().flatten().for_each(|text| put_text(out, text));
        }
        Column::Integer(values) => put_values(out, 1, values, i64::to_le_bytes),
        Column::Number(values) => put_values(out, 2, values, f64::to_le_bytes),
        Column::Boolean(values) => put_values(out, 3, values, |value| [u8::from(value)]),
        Column::Tag(values) => put_values(out, 4, values, u64::to_le_bytes),
        Column::Cell(values) => put_values(out, 5, values, u64::to_le_bytes),
        Column::Entry(values) => put_values(out, 6, values, u32::to_le_bytes),
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], DecodeError> {
        let end = self.at.checked_add(length).ok_or(DecodeError::Short(self.at))?;
        let taken = self.bytes.get(self.at..end).ok_or(DecodeError::Short(self.at))?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let at = self.at;
        <[u8; N]>::try_from(self.take(N)?).map_err(|_| DecodeError::Short(at))
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A length of things that take at least `least` bytes each: more than there is room for is refused at once.
    fn length(&mut self, least: usize) -> Result<usize, DecodeError> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let room = (self.bytes.len() - self.at) / least.max(1);
        if length <= room { Ok(length) } else { Err(DecodeError::Short(self.at)) }
    }

    fn text(&mut self) -> Result<&'b str, DecodeError> {
        let length = self.length(1)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| DecodeError::Text)
    }

    /// So many numbers of one width; what is taken is there, whatever the count claims.
    fn numbers<T, const N: usize>(&mut self, count: usize, read: fn([u8; N]) -> T) -> Result<Vec<T>, DecodeError> {
        let bytes = self.take(count.checked_mul(N).ok_or(DecodeError::Short(self.at))?)?;
        let (numbers, _) = bytes.as_chunks::<N>();
        Ok(numbers.iter().map(|&number| read(number)).collect())
    }

    /// Which of so many rows have a value.
    fn present(&mut self, rows: usize) -> Result<impl Iterator<Item = bool> + use<'b>, DecodeError> {
        let bits = self.take(rows.div_ceil(8))?;
        Ok((0..rows).map(|row| bits.get(row / 8).is_some_and(|bits| bits >> (row % 8) & 1 == 1)))
    }

    fn values<T, const N: usize>(
        &mut self,
        rows: usize,
        read: fn([u8; N]) -> T,
    ) -> Result<Vec<Option<T>>, DecodeError> {
        self.present(rows)?.map(|present| if present { self.array().map(read).map(Some) } else { Ok(None) }).collect()
    }

    fn texts(&mut self, rows: usize) -> Result<Texts, DecodeError> {
        self.present(rows)?.map(|present| if present { self.text().map(Some) } else { Ok(None) }).collect()
    }

    fn column(&mut self, rows: usize) -> Result<Column, DecodeError> {
        Ok(match self.byte()? {
            0 => Column::Text(self.texts(rows)?),
            1 => Column::Integer(self.values(rows, i64::from_le_bytes)?),
            2 => Column::Number(self.values(rows, f64::from_le_bytes)?),
            3 => Column::Boolean(self.values(rows, |[byte]| byte != 0)?),
            4 => Column::Tag(self.values(rows, u64::from_le_bytes)?),
            5 => Column::Cell(self.values(rows, u64::from_le_bytes)?),
            6 => Column::Entry(self.values(rows, u32::from_le_bytes)?),
            kind => return Err(DecodeError::Kind(kind)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn columns()(rows in 0_usize..20)(
            times in proptest::collection::vec(any::<i64>(), rows),
            device in proptest::collection::vec(0_u32..2, rows),
            counts in proptest::collection::vec(any::<u32>(), rows),
            text in proptest::collection::vec(proptest::option::of(".{0,8}"), rows),
            integers in proptest::collection::vec(any::<Option<i64>>(), rows),
            tags in proptest::collection::vec(any::<Option<u64>>(), rows),
            truths in proptest::collection::vec(any::<Option<bool>>(), rows),
            entries in proptest::collection::vec(any::<Option<u32>>(), rows),
        ) -> Columns {
            let name = |name: &str| PropertyName::new(name).unwrap();
            let text = text.iter().map(Option::as_deref).collect();
            Columns::from_parts(
                vec![DeviceId::new("a").unwrap(), DeviceId::new("b").unwrap()],
                times,
                device,
                counts,
                vec![
                    (name("text"), Column::Text(text)),
                    (name("integer"), Column::Integer(integers)),
                    (name("tag"), Column::Tag(tags)),
                    (name("truth"), Column::Boolean(truths)),
                    (name("entry"), Column::Entry(entries)),
                ],
            ).unwrap()
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(columns in columns()) {
            let mut bytes = Vec::new();
            columns.encode(&mut bytes);
            prop_assert_eq!(Columns::decode(&bytes), Ok(columns));
        }

        #[test]
        fn a_cut_is_noticed_and_no_bytes_panic(columns in columns(), cut in any::<prop::sample::Index>(), noise in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = Vec::new();
            columns.encode(&mut bytes);
            bytes.truncate(cut.index(bytes.len()));
            prop_assert!(Columns::decode(&bytes).is_err());
            let _ = Columns::decode(&noise);
        }

        #[test]
        fn altered_columns_are_an_error_or_whole_columns_no_larger_than_their_bytes(columns in columns(), seed: u64) {
            let mut bytes = Vec::new();
            columns.encode(&mut bytes);
            let random = testkit::SeededBytes::new(seed);
            for bytes in [testkit::altered(&bytes, &random), testkit::noise(300, &random)] {
                let Ok(columns) = Columns::decode(&bytes) else { continue };
                prop_assert!(columns.len() <= bytes.len() / ROW_BYTES_MIN);
                prop_assert!(columns.devices().len() <= bytes.len() && columns.properties().len() <= PROPERTIES_MAX);
                // Whatever it is, it is one thing: written again it reads the same.
                let mut again = Vec::new();
                columns.encode(&mut again);
                let read = Columns::decode(&again).unwrap();
                prop_assert_eq!(format!("{read:?}"), format!("{columns:?}"));
                prop_assert_eq!(read.times(), columns.times());
            }
        }

        #[test]
        fn appending_keeps_every_row(a in columns(), b in columns()) {
            let mut both = a.clone();
            both.append(&b).unwrap();
            prop_assert_eq!(both.len(), a.len() + b.len());
            let rows = |columns: &Columns| (0..columns.len()).map(|row| (columns.time(row), columns.device(row).cloned(), columns.count(row))).collect::<Vec<_>>();
            let expected = [rows(&a), rows(&b)].concat();
            prop_assert_eq!(rows(&both), expected);
        }
    }
}

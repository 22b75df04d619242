//! Protocol buffers, as far as maps need them: numbers and pieces of bytes, borrowed. It knows no message and never panics.

/// What is left of a message.
pub(super) struct Fields<'b>(pub(super) &'b [u8]);

/// The content of a field.
pub(super) enum Value<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

impl<'b> Value<'b> {
    pub(super) const fn bytes(&self) -> &'b [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Number(_) => &[],
        }
    }

    pub(super) const fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Bytes(_) => 0,
        }
    }
}

/// Takes a piece off the front.
pub(super) fn piece<'b>(bytes: &mut &'b [u8], length: u64) -> Option<&'b [u8]> {
    let (piece, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(piece)
}

/// Takes a number off the front: seven bits a byte, the lowest first.
pub(super) fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Adds a number as [`number`] reads it.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A signed number from one whose lowest bit is the sign.
pub(super) const fn signed(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

/// The other way round.
pub(super) const fn folded(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

/// Numbers one after the other, to the end or to the first that is none.
pub(super) fn packed(mut bytes: &[u8]) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || number(&mut bytes))
}

/// Each number is said as its difference from the one before.
pub(super) fn deltas(bytes: &[u8]) -> impl Iterator<Item = i64> {
    packed(bytes).scan(0_i64, |before, number| {
        *before = before.wrapping_add(signed(number));
        Some(*before)
    })
}

impl<'b> Iterator for Fields<'b> {
    /// The field's number and content; none for what is no field.
    type Item = Option<(u64, Value<'b>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = field(&mut self.0);
        if field.is_none() {
            // Where one is broken, nobody knows where the next begins.
            self.0 = &[];
        }
        Some(field)
    }
}

fn field<'b>(rest: &mut &'b [u8]) -> Option<(u64, Value<'b>)> {
    let tag = number(rest)?;
    let value = match tag & 7 {
        0 => Value::Number(number(rest)?),
        1 => Value::Bytes(piece(rest, 8)?),
        2 => {
            let length = number(rest)?;
            Value::Bytes(piece(rest, length)?)
        }
        5 => Value::Bytes(piece(rest, 4)?),
        _ => return None,
    };
    Some((tag >> 3, value))
}

//! A C2SP transparency log as pure code: bytes in, bytes out.
//!
//! One module per specification. The room exists so that anybody can re-check what a city published with nothing but
//! its files and a verifier key. It never reads a clock, a disk, a socket or a random source, and it does not know
//! what an entry means: entries are opaque bytes.
//!
//! | module | specification |
//! | --- | --- |
//! | [`hash`], [`tree`], [`proof`] | [RFC 6962, section 2.1](https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1) |
//! | [`tile`] | <https://c2sp.org/tlog-tiles> |
//! | [`note`] | <https://c2sp.org/signed-note> |
//! | [`checkpoint`] | <https://c2sp.org/tlog-checkpoint> |
//! | [`receipt`] | <https://c2sp.org/tlog-proof> |
//! | [`commitment`] | our own salted field commitments, documented in the module |
//! | [`audit`] | a walk over a whole log, in terms of the above |
//!
//! The one rule behind every function here: a hash read from a tile is a claim. Only a computation which ends in the
//! root of a signed checkpoint makes it a fact.

pub mod audit;
pub mod checkpoint;
pub mod commitment;
pub mod hash;
pub mod note;
pub mod proof;
pub mod receipt;
pub mod tile;
pub mod tree;

mod text;

pub use audit::{AuditError, AuditReport, Auditor, LogSource, SourceError};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use note::{Note, NoteError, SigningKey, Vkey};
pub use proof::{HashReader, LeafHashes, ProofError, ReadError, TileHashes, TileReader};
pub use receipt::{Receipt, ReceiptError};
pub use tile::{TileCoords, TileEdge, TileError, TilePath};
pub use tree::{RightEdge, merkle_root};

//! What a city's node and an alliance's hub serve alike: connections and their limits, the headers that keep a browser safe, the
//! cookie, forms that come from our own pages alone, the limit on tries, places for blocking work, the style sheet, and the way out.
//!
//! This room knows no city, no hub and no page: whoever serves brings its routes, and its own words for what went wrong.

mod cookie;
mod form;
mod guard;
mod outside;
mod pace;
mod places;
mod quota;
mod serve;
mod session;
mod style;
mod throttle;

pub use cookie::Cookies;
pub use form::{Foreign, is_from_elsewhere, own_form};
pub use guard::{HEADERS, REQUEST_TIME_MAX, guard};
pub use outside::{Allowed, AllowedError, Closed, Guarded};
pub use places::{Place, Places, Unended, blocking};
pub use quota::{BUCKETS_MAX, Left, QUOTA_SECONDS, Quota};
pub use serve::serve;
pub use session::SessionId;
pub use style::{address, icon, style};
pub use throttle::{ADDRESS_MAX, ALL_MAX, Peer, Throttle};

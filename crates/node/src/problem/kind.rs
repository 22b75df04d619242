//! The kinds of problems: status, address and title of each.

use crate::lang::Lang;

/// A kind of problem. Its address is stable: clients may match on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The request cannot be read.
    BadRequest,
    /// Who asks is not known.
    Unauthorized,
    /// It is known who asks, and it is not allowed.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The address is right, the method is not.
    MethodNotAllowed,
    /// The thing exists already, or stands elsewhere.
    Conflict,
    /// It has changed since the asker looked.
    Changed,
    /// The body is too large.
    TooLarge,
    /// The body is of a kind that is not read here.
    UnsupportedMediaType,
    /// The body can be read, and its content cannot be taken.
    Unprocessable,
    /// Too many requests without a token at once.
    TooMany,
    /// Somebody asked more than their quota.
    QuotaExceeded,
    /// A defect of this software.
    Internal,
    /// Too many requests at once.
    Busy,
    /// The city cannot do it now.
    Unavailable,
    /// It took too long.
    Timeout,
    /// The disk is full.
    Full,
}

impl Kind {
    /// Every kind, in the order of their status.
    pub(crate) const ALL: [Self; 17] = [
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::Changed,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Unprocessable,
        Self::TooMany,
        Self::QuotaExceeded,
        Self::Internal,
        Self::Busy,
        Self::Unavailable,
        Self::Timeout,
        Self::Full,
    ];

    /// The kind at an address.
    pub(crate) fn with_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// Status, last part of the address, title in English and in German.
    const fn row(self) -> (u16, &'static str, [&'static str; 2]) {
        match self {
            Self::BadRequest => (400, "bad-request", ["The request cannot be read", "Die Anfrage ist nicht lesbar"]),
            Self::Unauthorized => {
                (401, "unauthorized", ["It is not known who asks", "Es ist nicht bekannt, wer fragt"])
            }
            Self::Forbidden => (403, "forbidden", ["It is not allowed", "Das ist nicht erlaubt"]),
            Self::NotFound => (404, "not-found", ["There is nothing here", "Hier ist nichts"]),
            Self::MethodNotAllowed => (405, "method-not-allowed", ["This cannot be done here", "Das geht hier nicht"]),
            Self::Conflict => {
                (409, "conflict", ["It does not fit what is there already", "Es passt nicht zu dem, was schon da ist"])
            }
            Self::Changed => (412, "changed", ["It has changed since you looked", "Es hat sich inzwischen geändert"]),
            Self::TooLarge => (413, "too-large", ["The request is too large", "Die Anfrage ist zu groß"]),
            Self::UnsupportedMediaType => (
                415,
                "unsupported-media-type",
                ["This kind of content is not read here", "Diese Art von Inhalt wird hier nicht gelesen"],
            ),
            Self::Unprocessable => {
                (422, "unprocessable", ["The content cannot be taken", "Der Inhalt kann nicht angenommen werden"])
            }
            Self::TooMany => {
                (429, "too-many-requests", ["Too many people ask at once", "Zu viele fragen gleichzeitig"])
            }
            Self::QuotaExceeded => (429, "quota-exceeded", ["You have asked too often", "Es wurde zu oft gefragt"]),
            Self::Internal => (500, "internal", ["Something went wrong inside", "Ein Fehler in der Software"]),
            Self::Busy => (503, "busy", ["The city is busy", "Die Stadt ist gerade ausgelastet"]),
            Self::Unavailable => {
                (503, "unavailable", ["The city cannot do this now", "Die Stadt kann das jetzt nicht"])
            }
            Self::Timeout => (503, "timeout", ["It took too long", "Es hat zu lange gedauert"]),
            Self::Full => (507, "full", ["The city’s disk is full", "Der Speicher der Stadt ist voll"]),
        }
    }

    /// The status of the answer.
    pub(crate) const fn status(self) -> u16 {
        self.row().0
    }

    /// The last part of its address.
    pub(crate) const fn slug(self) -> &'static str {
        self.row().1
    }

    /// A few words in English, as in the document for programs.
    pub(crate) const fn title(self) -> &'static str {
        self.title_in(Lang::En)
    }

    /// A few words.
    pub(crate) const fn title_in(self, lang: Lang) -> &'static str {
        let [english, german] = self.row().2;
        lang.of(english, german)
    }

    /// Its address, the `type` of the document.
    pub(crate) fn address(self) -> String {
        format!("/problems/{}", self.slug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_at_its_address_and_nowhere_else() {
        for kind in Kind::ALL {
            assert_eq!(Kind::with_slug(kind.slug()), Some(kind));
            assert!((400..=599).contains(&kind.status()));
        }
        assert_eq!(Kind::with_slug("nonsense"), None);
    }
}

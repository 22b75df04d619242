//! The parts of OSCAL 1.2.1 that are read and written, as they stand in its JSON. Whatever else a document has is kept
//! in `rest`, so that an import can say what it leaves behind.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a type here does not know.
pub type Rest = Map<String, Value>;

/// Defines an OSCAL object: kebab-case, empty fields left out, unknown ones kept. Fields are those of the schema, where
/// they are described.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident { $($field:ident : $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[expect(missing_docs, reason = "fields are described in NIST's schema, under the same names")]
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case", default)]
        pub struct $name {
            $(#[serde(skip_serializing_if = "Empty::is_empty")] pub $field: $kind,)*
            /// What is not known here.
            #[serde(flatten)]
            pub rest: Rest,
        }
    };
}

/// Fields that are left out where there is nothing in them.
trait Empty {
    fn is_empty(&self) -> bool;
}
impl Empty for String {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}
impl<T> Empty for Vec<T> {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}
impl<T> Empty for Option<T> {
    fn is_empty(&self) -> bool {
        self.is_none()
    }
}
impl Empty for Metadata {
    // A document without metadata is not OSCAL, so it is always written.
    fn is_empty(&self) -> bool {
        false
    }
}
impl Empty for BackMatter {
    fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.rest.is_empty()
    }
}

object!(/// A named value.
    Property { name: String, ns: Option<String>, value: String, class: Option<String> });
object!(/// A reference.
    Link { href: String, rel: Option<String>, text: Option<String> });
object!(/// A piece of a control.
    Part { id: Option<String>, name: String, ns: Option<String>, class: Option<String>, title: Option<String>,
        props: Vec<Property>, prose: Option<String>, parts: Vec<Part>, links: Vec<Link> });
object!(/// A parameter.
    Param { id: String, class: Option<String>, props: Vec<Property>, label: Option<String>, values: Vec<String> });
object!(/// A control: what we call a requirement.
    Control { id: String, class: Option<String>, title: String, params: Vec<Param>, props: Vec<Property>,
        links: Vec<Link>, parts: Vec<Part>, controls: Vec<Control> });
object!(/// A group of controls: what we call a model policy.
    Group { id: Option<String>, class: Option<String>, title: String, params: Vec<Param>, props: Vec<Property>,
        links: Vec<Link>, parts: Vec<Part>, groups: Vec<Group>, controls: Vec<Control> });
object!(/// What a document says of itself.
    Metadata { title: String, last_modified: String, version: String, oscal_version: String, props: Vec<Property>,
        links: Vec<Link>, remarks: Option<String> });
object!(/// Where a resource can be read.
    Rlink { href: String });
object!(/// Something that controls refer to.
    Resource { uuid: String, title: Option<String>, description: Option<String>, props: Vec<Property>, rlinks: Vec<Rlink> });
object!(/// Everything referred to.
    BackMatter { resources: Vec<Resource> });
object!(/// A catalogue.
    Catalog { uuid: String, metadata: Metadata, params: Vec<Param>, controls: Vec<Control>, groups: Vec<Group>,
        back_matter: BackMatter });
object!(/// The file of a catalogue.
    CatalogDocument { catalog: Option<Catalog> });

object!(/// Names a pattern of control ids.
    Matching { pattern: Option<String> });
object!(/// Which controls.
    Select { with_child_controls: Option<String>, with_ids: Vec<String>, matching: Vec<Matching> });
object!(/// What a profile takes from where.
    Import { href: String, include_all: Option<Rest>, include_controls: Vec<Select>, exclude_controls: Vec<Select> });
object!(/// How what was taken is put together.
    Merge { combine: Option<Value>, flat: Option<Rest>, as_is: Option<bool>, custom: Option<Value> });
object!(/// A parameter set by a profile.
    SetParameter { param_id: String, class: Option<String>, props: Vec<Property>, label: Option<String>, values: Vec<String> });
object!(/// What a profile takes out of a control.
    Remove { by_name: Option<String>, by_class: Option<String>, by_id: Option<String>, by_item_name: Option<String>, by_ns: Option<String> });
object!(/// What a profile adds to a control.
    Add { position: Option<String>, by_id: Option<String>, title: Option<String>, params: Vec<Param>, props: Vec<Property>,
        links: Vec<Link>, parts: Vec<Part> });
object!(/// What a profile changes in a control.
    Alter { control_id: String, removes: Vec<Remove>, adds: Vec<Add> });
object!(/// What a profile changes.
    Modify { set_parameters: Vec<SetParameter>, alters: Vec<Alter> });
object!(/// A profile.
    Profile { uuid: String, metadata: Metadata, imports: Vec<Import>, merge: Option<Merge>, modify: Option<Modify>,
        back_matter: BackMatter });
object!(/// The file of a profile.
    ProfileDocument { profile: Option<Profile> });

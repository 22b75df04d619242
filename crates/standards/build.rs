//! Builds anew when a pack is added or taken away; the macro that embeds them sees only changes of files it knows.

fn main() {
    println!("cargo:rerun-if-changed=packs");
    println!("cargo:rerun-if-changed=src/scaffold/template");
}

//! The rows of the three vocabularies. Parents stand before their children.

use super::Identifies::{Directly, Indirectly, Nobody};
use super::{Entry, Identifies};

const fn row(
    code: &'static str,
    parent: &'static str,
    name: &'static str,
    dtpr: &'static str,
    dpv: &'static str,
    identifies: Identifies,
) -> Entry {
    const fn some(text: &'static str) -> Option<&'static str> {
        if text.is_empty() { None } else { Some(text) }
    }
    Entry { code, parent: some(parent), name, dtpr: some(dtpr), dpv: some(dpv), identifies }
}

/// What kind of data a property is: code, parent, name, DTPR, DPV, whom it identifies.
pub(super) static CATEGORIES: &[Entry] = &[
    row("personal", "", "Data about people", "data__personal", "PersonalData", Indirectly),
    row(
        "device-identifier",
        "personal",
        "Identifier of a device somebody carries",
        "",
        "IdentifyingPersonalData",
        Directly,
    ),
    row(
        "mac-address",
        "device-identifier",
        "MAC address of a phone or laptop",
        "",
        "IdentifyingPersonalData",
        Directly,
    ),
    row(
        "network-name",
        "device-identifier",
        "Network name that a device looks for",
        "",
        "IdentifyingPersonalData",
        Directly,
    ),
    row("vehicle-identifier", "personal", "Identifier of a vehicle", "", "IdentifyingPersonalData", Directly),
    row("number-plate", "vehicle-identifier", "Number plate", "", "IdentifyingPersonalData", Directly),
    row("face-image", "personal", "Image of a face", "data__pixel_based_image", "SensitivePersonalData", Directly),
    row(
        "person-location",
        "personal",
        "Position of a person or their device",
        "data__spatial",
        "PersonalData",
        Indirectly,
    ),
    row("signal-strength", "personal", "Strength of a device's signal", "", "", Indirectly),
    row("device-trait", "personal", "Trait of a device, such as whether its address is random", "", "", Indirectly),
    row(
        "list-match",
        "personal",
        "Entry of an order that a vehicle or device matches",
        "list-ai__decision__matching",
        "",
        Indirectly,
    ),
    row("crowd", "", "How many people are there", "", "", Nobody),
    row("people-count", "crowd", "Number of people", "", "", Nobody),
    row("crowd-density", "crowd", "People per square metre", "", "", Nobody),
    row("traffic", "", "How vehicles move, none of them told apart", "", "", Nobody),
    row("vehicle-count", "traffic", "Number of vehicles", "", "", Nobody),
    row("vehicle-speed", "traffic", "Mean speed of vehicles", "", "", Nobody),
    row("vehicle-class", "traffic", "Class of vehicle", "", "", Nobody),
    row("environment", "", "State of the environment", "", "NonPersonalData", Nobody),
    row("air-quality", "environment", "Concentration of a pollutant in air", "", "NonPersonalData", Nobody),
    row("weather", "environment", "Temperature, rain, wind", "", "NonPersonalData", Nobody),
    row("noise-level", "environment", "Loudness", "", "NonPersonalData", Nobody),
    row("water-level", "environment", "Height of a river or drain", "", "NonPersonalData", Nobody),
    row("device-health", "", "State of the sensor itself", "", "NonPersonalData", Nobody),
];

/// Why: code, parent, name, DTPR, DPV. A row with children is too general to be named.
pub(super) static PURPOSES: &[Entry] = &[
    row("mobility", "", "Mobility", "purpose__mobility", "ImproveTransportMobility", Nobody),
    row("traffic-management", "mobility", "Managing traffic", "purpose__mobility", "ImproveTransportMobility", Nobody),
    row(
        "public-transport-planning",
        "mobility",
        "Planning public transport",
        "purpose__planning_decision_making",
        "ImproveTransportMobility",
        Nobody,
    ),
    row(
        "street-design",
        "mobility",
        "Designing streets",
        "purpose__planning_decision_making",
        "PublicPolicyMaking",
        Nobody,
    ),
    row("environmental-protection", "", "Protecting the environment", "purpose__ecology", "", Nobody),
    row("air-quality", "environmental-protection", "Watching air quality", "purpose__ecology", "", Nobody),
    row("noise-abatement", "environmental-protection", "Reducing noise", "purpose__ecology", "", Nobody),
    row("safety", "", "Safety", "purpose__safety_security", "ProtectionOfPublicSecurity", Nobody),
    row(
        "crime-investigation",
        "safety",
        "Investigating a crime under an order",
        "purpose__enforcement",
        "ProtectionOfPublicSecurity",
        Nobody,
    ),
    row("disaster-response", "safety", "Responding to a disaster", "purpose__fire_emergency", "", Nobody),
    row("crowd-safety", "safety", "Keeping crowds safe", "purpose__safety_security", "", Nobody),
    row("knowledge", "", "Knowledge", "purpose__research_development", "", Nobody),
    row(
        "official-statistics",
        "knowledge",
        "Official statistics",
        "purpose__planning_decision_making",
        "ProvideOfficialStatistics",
        Nobody,
    ),
    row("scientific-research", "knowledge", "Scientific research", "purpose__research_development", "", Nobody),
    row("public-information", "knowledge", "Informing the public", "purpose__inform", "", Nobody),
    row("commercial", "", "Commerce", "purpose__commerce", "", Nobody),
    row("advertising", "commercial", "Advertising", "purpose__commerce", "Advertising", Nobody),
    row("operations", "", "Running the sensors", "", "", Nobody),
    row("maintenance", "operations", "Maintaining the sensors", "", "", Nobody),
];

/// What senses: code, parent, name, DTPR.
pub(super) static TECHNOLOGIES: &[Entry] = &[
    row("radio", "", "Radio receiver", "", "", Nobody),
    row("wifi-counter", "radio", "Wi-Fi counter", "tech__identifiable_wifi_sensor", "", Nobody),
    row("bluetooth-counter", "radio", "Bluetooth counter", "tech__location_beacon", "", Nobody),
    row("camera", "", "Camera", "tech__video_camera", "", Nobody),
    row("number-plate-reader", "camera", "Number-plate reader", "tech__identifiable_image", "", Nobody),
    row("counting-camera", "camera", "Camera that only counts", "tech__non_identifiable_video", "", Nobody),
    row("road-sensor", "", "Sensor in the road", "", "", Nobody),
    row("induction-loop", "road-sensor", "Induction loop", "tech__induction_loop", "", Nobody),
    row("environment-sensor", "", "Environment sensor", "", "", Nobody),
    row("air-quality-station", "environment-sensor", "Air-quality station", "tech__air_quality", "", Nobody),
    row("sound-level-meter", "environment-sensor", "Sound level meter", "tech__sound_level_meter", "", Nobody),
    row("river-gauge", "environment-sensor", "River gauge", "tech__ultrasonic_level_sensor", "", Nobody),
    row("weather-station", "environment-sensor", "Weather station", "tech__weather_station", "", Nobody),
    row("infrared-counter", "", "Infrared people counter", "tech__passive_infrared_sensor", "", Nobody),
];

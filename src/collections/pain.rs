//! What entries and flares say of a pain: where, what it feels like, what sets it off, what eases it.

use super::{BodyRegion, Laterality};
use crate::wire::{At, Faults, Items, Json, Text, Whole, vocabulary, wire};

/// A numeric rating scale. For pain: 0 = no pain, 10 = pain as bad as you can imagine.
pub type Nrs = Whole<0, 10>;

/// The body regions one record can name.
pub type Sites = Json<Items<PainSite, 30>>;

vocabulary! {
    /// What the pain feels like.
    pub enum PainQuality {
        DullAche = "dull_ache", Sharp = "sharp", Stabbing = "stabbing", Burning = "burning",
        Throbbing = "throbbing", Shooting = "shooting", Tingling = "tingling", Numbness = "numbness",
        Cramping = "cramping", Spasm = "spasm", Tightness = "tightness", Stiffness = "stiffness",
        Pressure = "pressure", Electric = "electric", Other = "other",
    }
}

vocabulary! {
    /// How far the pain reaches.
    pub enum Spread {
        Localized = "localized", Radiating = "radiating", Widespread = "widespread",
    }
}

vocabulary! {
    /// What the patient thinks set the pain off.
    pub enum Trigger {
        ProlongedSitting = "prolonged_sitting", ProlongedStanding = "prolonged_standing",
        Lifting = "lifting", Bending = "bending",
        /// Sleeping in an awkward position.
        AwkwardSleep = "awkward_sleep",
        Posture = "posture",
        /// The head bent over a phone or a screen.
        ScreenNeck = "screen_neck",
        Inactivity = "inactivity",
        /// More exercise than usual.
        OveruseExercise = "overuse_exercise" ("Overuse, exercise"),
        Stress = "stress", Anxiety = "anxiety", Diet = "diet", Weather = "weather", Travel = "travel",
        Menstrual = "menstrual", Injury = "injury",
        /// The patient looked for a trigger and found none.
        NoIdea = "no_idea",
        Other = "other",
    }
}

vocabulary! {
    /// What the patient tried against the pain.
    pub enum ReliefMeans {
        Rest = "rest", Movement = "movement", Stretching = "stretching", Heat = "heat", Cold = "cold",
        Massage = "massage", Acupuncture = "acupuncture", Physio = "physio" ("Physiotherapy"),
        OtcMedication = "otc_medication" ("Medication without prescription"),
        PrescriptionMedication = "prescription_medication",
        /// A cream, gel or patch.
        Topical = "topical",
        /// Electrical nerve stimulation through the skin.
        Tens = "tens" ("TENS"),
        BreathingMeditation = "breathing_meditation" ("Breathing, meditation"), Other = "other",
    }
}

vocabulary! {
    /// How much it helped.
    pub enum Helped {
        None = "none" ("Not at all"), Some = "some" ("Somewhat"), ALot = "a_lot",
    }
}

wire! {
    /// One body region that hurts.
    pub struct PainSite {
        /// Where.
        region: BodyRegion,
        /// What `other` as region means.
        region_other: Option<Text<100>>,
        /// Which side; the patient's own left and right. Which sides a region has: `/v1/body-map`.
        laterality: Option<Laterality>,
        /// How strong here, 0 to 10.
        intensity: Option<Nrs>,
        /// What it feels like.
        qualities: Items<PainQuality, 15>,
        /// What `other` among the qualities means.
        quality_other: Option<Text<100>>,
        /// How far it reaches.
        spread: Option<Spread>,
        /// Where it radiates to.
        radiates_to: Items<BodyRegion, 24>,
    }
}

wire! {
    /// Something tried against the pain.
    pub struct Relief {
        /// What was tried.
        what: ReliefMeans,
        /// What `other` means.
        what_other: Option<Text<100>>,
        /// How much it helped.
        helped: Option<Helped>,
    }
}

/// Notes every side that its region does not have.
pub fn check_sites(field: &str, sites: &Sites, faults: &mut Faults) {
    let root = At::root();
    let list = root.key(field);
    for (index, site) in sites.0.as_slice().iter().enumerate() {
        let at = list.index(index);
        check_side(site.region, site.laterality, &at.key("laterality"), faults);
    }
}

/// Notes a side that the region does not have.
pub fn check_side(
    region: BodyRegion,
    laterality: Option<Laterality>,
    at: &At<'_>,
    faults: &mut Faults,
) {
    if let Some(side) = laterality
        && !crate::body_map::side_fits(region, side)
    {
        faults.add(at, "contradiction", crate::body_map::side_fault(region));
    }
}

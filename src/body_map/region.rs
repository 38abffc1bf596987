//! The regions of the body, and the sides each of them can have.

use crate::wire::vocabulary;

vocabulary! {
    /// A region of the body.
    pub enum BodyRegion {
        Neck = "neck", UpperBack = "upper_back", MidBack = "mid_back", LowBack = "low_back",
        Sacrum = "sacrum", Buttock = "buttock", Hip = "hip", Groin = "groin", Thigh = "thigh",
        Knee = "knee", LowerLeg = "lower_leg", Foot = "foot", Shoulder = "shoulder",
        UpperArm = "upper_arm", Elbow = "elbow", Forearm = "forearm", Hand = "hand", Head = "head",
        Jaw = "jaw", Chest = "chest", Abdomen = "abdomen", Pelvis = "pelvis",
        Widespread = "widespread", Other = "other",
    }
}

vocabulary! {
    /// The side, always the patient's own left and right.
    pub enum Laterality {
        Left = "left", Right = "right", Both = "both", Midline = "midline", Unknown = "unknown",
    }
}

/// Which sides a region can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// There are two of it: left, right, both or unknown.
    Paired,
    /// It lies across the midline: left, right, both, midline or unknown.
    Axial,
    /// It lies on the midline: midline or unknown.
    Midline,
    /// It has no side.
    None,
}

impl Sides {
    /// The sides that may be told of such a region.
    pub const fn allowed(self) -> &'static [Laterality] {
        use Laterality::{Both, Left, Midline, Right, Unknown};
        match self {
            Self::Paired => &[Left, Right, Both, Unknown],
            Self::Axial => &[Left, Right, Both, Midline, Unknown],
            Self::Midline => &[Midline, Unknown],
            Self::None => &[],
        }
    }
}

impl Laterality {
    /// The places that a drawing shows for it: both are left and right, unknown is nowhere.
    pub const fn places(self) -> &'static [Self] {
        match self {
            Self::Left => &[Self::Left],
            Self::Right => &[Self::Right],
            Self::Both => &[Self::Left, Self::Right],
            Self::Midline => &[Self::Midline],
            Self::Unknown => &[],
        }
    }

    /// What to call it in front of a patient.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Left => "your left",
            Self::Right => "your right",
            Self::Both => "both sides",
            Self::Midline => "the middle",
            Self::Unknown => "side not known",
        }
    }
}

impl BodyRegion {
    /// Every region, in the documented order.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::CODES.iter().filter_map(|code| Self::from_code(code))
    }

    /// Which sides it can have.
    pub const fn sides(self) -> Sides {
        match self {
            Self::Shoulder
            | Self::UpperArm
            | Self::Elbow
            | Self::Forearm
            | Self::Hand
            | Self::Hip
            | Self::Groin
            | Self::Buttock
            | Self::Thigh
            | Self::Knee
            | Self::LowerLeg
            | Self::Foot
            | Self::Jaw => Sides::Paired,
            // What is somewhere else may have any side.
            Self::Head
            | Self::Neck
            | Self::UpperBack
            | Self::MidBack
            | Self::LowBack
            | Self::Chest
            | Self::Abdomen
            | Self::Pelvis
            | Self::Other => Sides::Axial,
            Self::Sacrum => Sides::Midline,
            Self::Widespread => Sides::None,
        }
    }

    /// Its name in plain words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Neck => "Neck",
            Self::UpperBack => "Upper back",
            Self::MidBack => "Middle back",
            Self::LowBack => "Low back",
            Self::Sacrum => "Sacrum",
            Self::Buttock => "Buttock",
            Self::Hip => "Hip",
            Self::Groin => "Groin",
            Self::Thigh => "Thigh",
            Self::Knee => "Knee",
            Self::LowerLeg => "Lower leg",
            Self::Foot => "Foot",
            Self::Shoulder => "Shoulder",
            Self::UpperArm => "Upper arm",
            Self::Elbow => "Elbow",
            Self::Forearm => "Forearm",
            Self::Hand => "Hand",
            Self::Head => "Head",
            Self::Jaw => "Jaw",
            Self::Chest => "Chest",
            Self::Abdomen => "Abdomen",
            Self::Pelvis => "Pelvis",
            Self::Widespread => "Widespread",
            Self::Other => "Elsewhere",
        }
    }

    /// Where it begins and ends.
    pub const fn definition(self) -> &'static str {
        match self {
            Self::Neck => {
                "From the jaw and the base of the skull down to the collarbones and the base of the \
                 neck."
            }
            Self::UpperBack => {
                "From the base of the neck down to the lower tips of the shoulder blades."
            }
            Self::MidBack => "From the lower tips of the shoulder blades down to the lowest ribs.",
            Self::LowBack => {
                "From the lowest ribs down to the upper rims of the hip bones, with the flanks."
            }
            Self::Sacrum => {
                "The flat bone in the middle, below the low back and between the buttocks, down to \
                 the tailbone."
            }
            Self::Buttock => {
                "From the upper rim of the hip bone down to the fold above the thigh, behind."
            }
            Self::Hip => {
                "The outer side, from the upper rim of the hip bone down to the top of the thigh."
            }
            Self::Groin => "The crease between the lower belly and the thigh, in front.",
            Self::Thigh => {
                "From the groin in front and the fold of the buttock behind down to a hand's width \
                 above the kneecap."
            }
            Self::Knee => {
                "The kneecap and the hollow behind it, with a hand's width above and below."
            }
            Self::LowerLeg => "Shin and calf, from below the knee to above the ankle bones.",
            Self::Foot => "From the ankle bones to the toes, with heel and sole.",
            Self::Shoulder => {
                "From the outer part of the collarbone and the shoulder blade over the top of the \
                 arm, down to the level of the armpit."
            }
            Self::UpperArm => "From the level of the armpit down to above the elbow.",
            Self::Elbow => "The joint, with its bend in front and its tip behind.",
            Self::Forearm => "From below the elbow to the wrist.",
            Self::Hand => "From the wrist to the fingertips.",
            Self::Head => "Skull, forehead, face above the mouth, and ears.",
            Self::Jaw => {
                "From the joint in front of the ear along the lower jaw to the chin, with the lower \
                 teeth."
            }
            Self::Chest => "In front, from the collarbones down to the rim of the ribs.",
            Self::Abdomen => {
                "The belly, from the rim of the ribs down to the line between the front points of \
                 the hip bones."
            }
            Self::Pelvis => {
                "In front, from the line between the front points of the hip bones down to the \
                 groins and the genitals."
            }
            Self::Widespread => "Pain in most of the body at once.",
            Self::Other => "A place that none of the other regions names.",
        }
    }

    /// What people mix up about it.
    pub const fn note(self) -> Option<&'static str> {
        match self {
            Self::Sacrum => Some("It lies on the midline. Pain beside it is in the buttock."),
            Self::Hip => Some(
                "Many say hip for the crease in front, which is the groin, or for what they sit \
                 on, which is the buttock.",
            ),
            Self::Shoulder => {
                Some("The muscles between neck and shoulder blade belong to the upper back.")
            }
            Self::Neck => Some("Its sides are seen from the front and from behind."),
            Self::Widespread => Some("It has no side and no shape: leave the side out."),
            Self::Other => Some("It has no shape. A note can tell where it is."),
            _ => None,
        }
    }
}

/// Can this side be told of this region?
pub fn side_fits(region: BodyRegion, laterality: Laterality) -> bool {
    region.sides().allowed().contains(&laterality)
}

/// What to say where the side does not fit the region.
pub fn side_fault(region: BodyRegion) -> String {
    let allowed: Vec<&str> = region.sides().allowed().iter().map(|side| side.code()).collect();
    if allowed.is_empty() {
        return "Must be left out: this region has no side.".into();
    }
    format!("Must be one of: {}.", allowed.join(", "))
}

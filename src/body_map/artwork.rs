//! The artwork: the lines of our own drawing of a standing adult, and the shapes between them.
//!
//! Only one half is drawn; the other is its mirror image. A spot is a name (or none), its distance
//! from the midline and its height, in tenths of a unit. A shape is a list of named spots: between
//! two of them it follows the shortest line that has both, so neighbours share their border exactly
//! and leave neither gap nor overlap.

use super::View;
use super::path::Rail;
use super::region::BodyRegion;

/// The shapes of one region on one view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) region: BodyRegion,
    /// Around one side; empty where there is none.
    pub(super) side: &'static str,
    /// Down one half of the middle part, from midline to midline; empty where there is none.
    pub(super) middle: &'static str,
}

const fn paired(region: BodyRegion, side: &'static str) -> Shape {
    Shape { region, side, middle: "" }
}

const fn axial(region: BodyRegion, side: &'static str, middle: &'static str) -> Shape {
    Shape { region, side, middle }
}

/// The shapes of a view, from head to foot.
pub(super) fn shapes(view: View) -> impl Iterator<Item = &'static Shape> {
    let trunk = match view {
        View::Front => FRONT,
        View::Back => BACK,
    };
    trunk.iter().chain(LIMBS)
}

/// The half outline, from the crown to between the legs.
pub(super) const OUTLINE: [Rail; 4] = [UPPER, HAND, INNER_ARM, LEG];

/// The lines that divide the regions of a view.
pub(super) fn borders(view: View) -> impl Iterator<Item = Rail> + Clone {
    let own = match view {
        View::Front => FRONT_LINES,
        View::Back => BACK_LINES,
    };
    LINES.iter().chain(own).copied()
}

/// The faint lines that make a view recognisable.
pub(super) const fn hints(view: View) -> &'static [Rail] {
    match view {
        View::Front => FRONT_HINTS,
        View::Back => BACK_HINTS,
    }
}

/// Head and trunk from the front.
const FRONT: &[Shape] = &[
    axial(BodyRegion::Head, "crown_edge ear lip_edge", "crown crown_edge lip_edge lip"),
    paired(BodyRegion::Jaw, "ear jaw_neck chin lip"),
    axial(
        BodyRegion::Neck,
        "jaw_neck neck_side collar_edge jaw_edge",
        "chin jaw_edge collar_edge collar_mid",
    ),
    axial(
        BodyRegion::Chest,
        "chest_edge neck_side shoulder_top armpit rib_side rib_edge",
        "collar_mid chest_edge rib_edge rib_mid",
    ),
    axial(
        BodyRegion::Abdomen,
        "rib_edge rib_side crest belt_edge",
        "rib_mid rib_edge belt_edge belt_mid",
    ),
    axial(
        BodyRegion::Pelvis,
        "belt_edge hip_bone groin_edge",
        "belt_mid belt_edge groin_edge crotch",
    ),
    paired(BodyRegion::Hip, "crest hip_side hip_in hip_bone"),
    paired(BodyRegion::Groin, "hip_bone hip_in thigh_in crotch"),
    paired(BodyRegion::Thigh, "hip_side knee_top_out knee_top_in thigh_in"),
];

/// Head and trunk from behind.
const BACK: &[Shape] = &[
    axial(
        BodyRegion::Head,
        "crown_edge jaw_neck nape_head_edge",
        "crown crown_edge nape_head_edge nape_mid",
    ),
    axial(
        BodyRegion::Neck,
        "jaw_neck neck_side collar_edge nape_edge",
        "nape_mid nape_edge collar_edge collar_mid",
    ),
    axial(
        BodyRegion::UpperBack,
        "chest_edge neck_side shoulder_top armpit mid_side blade_edge",
        "collar_mid chest_edge blade_edge blade_mid",
    ),
    axial(
        BodyRegion::MidBack,
        "blade_edge mid_side rib_side last_rib_edge",
        "blade_mid blade_edge last_rib_edge last_rib_mid",
    ),
    axial(
        BodyRegion::LowBack,
        "last_rib_edge rib_side crest sacrum_edge",
        "last_rib_mid last_rib_edge sacrum_edge sacrum_mid",
    ),
    axial(BodyRegion::Sacrum, "", "sacrum_mid sacrum_edge sacrum_tip"),
    paired(BodyRegion::Buttock, "sacrum_edge hip_back hip_fold thigh_in crotch sacrum_tip"),
    paired(BodyRegion::Hip, "crest hip_side hip_fold hip_back"),
    paired(BodyRegion::Thigh, "hip_side knee_top_out knee_top_in thigh_in"),
];

/// What looks alike from both sides.
const LIMBS: &[Shape] = &[
    paired(BodyRegion::Shoulder, "shoulder_top deltoid armpit"),
    paired(BodyRegion::UpperArm, "deltoid elbow_top_out elbow_top_in armpit"),
    paired(BodyRegion::Elbow, "elbow_top_out elbow_end_out elbow_end_in elbow_top_in"),
    paired(BodyRegion::Forearm, "elbow_end_out wrist_out wrist_in elbow_end_in"),
    paired(BodyRegion::Hand, "wrist_out fingers wrist_in"),
    paired(BodyRegion::Knee, "knee_top_out knee_end_out knee_end_in knee_top_in"),
    paired(BodyRegion::LowerLeg, "knee_end_out ankle_out ankle_in knee_end_in"),
    paired(BodyRegion::Foot, "ankle_out sole ankle_in"),
];

/// From the crown over the ear, the neck and the shoulder down the outer arm to the wrist.
const UPPER: Rail = &[
    ("crown", 0, 360),
    ("crown_edge", 90, 374),
    ("", 180, 422),
    ("", 243, 505),
    ("", 268, 610),
    ("", 270, 670),
    ("", 298, 666),
    ("", 312, 700),
    ("", 302, 775),
    ("", 282, 825),
    ("ear", 260, 830),
    ("", 228, 950),
    ("jaw_neck", 168, 1040),
    ("", 156, 1110),
    ("", 160, 1195),
    ("neck_side", 195, 1280),
    ("", 280, 1345),
    ("shoulder_top", 380, 1390),
    ("", 500, 1430),
    ("", 620, 1482),
    ("", 705, 1560),
    ("", 756, 1680),
    ("", 787, 1810),
    ("deltoid", 821, 1930),
    ("", 861, 2168),
    ("elbow_top_out", 897, 2385),
    ("", 928, 2512),
    ("elbow_end_out", 966, 2636),
    ("", 1000, 2803),
    ("", 1029, 3001),
    ("", 1055, 3201),
    ("wrist_out", 1076, 3319),
];

/// Around the hand, the thumb on the outer side.
const HAND: Rail = &[
    ("wrist_out", 1076, 3319),
    ("", 1103, 3385),
    ("", 1163, 3453),
    ("", 1242, 3526),
    ("", 1301, 3594),
    ("", 1330, 3649),
    ("", 1326, 3691),
    ("", 1294, 3694),
    ("", 1244, 3639),
    ("", 1201, 3598),
    ("", 1202, 3639),
    ("", 1233, 3734),
    ("", 1273, 3848),
    ("", 1276, 3904),
    ("", 1249, 3920),
    ("", 1216, 3892),
    ("", 1186, 3817),
    ("", 1161, 3741),
    ("", 1180, 3819),
    ("", 1207, 3915),
    ("", 1199, 3966),
    ("", 1170, 3973),
    ("", 1143, 3931),
    ("", 1116, 3834),
    ("fingers", 1095, 3757),
    ("", 1111, 3835),
    ("", 1129, 3924),
    ("", 1116, 3964),
    ("", 1086, 3961),
    ("", 1062, 3909),
    ("", 1044, 3831),
    ("", 1030, 3762),
    ("", 1037, 3822),
    ("", 1042, 3878),
    ("", 1023, 3904),
    ("", 994, 3880),
    ("", 973, 3797),
    ("", 948, 3669),
    ("", 927, 3520),
    ("", 925, 3427),
    ("wrist_in", 917, 3357),
];

/// From the wrist up the inner arm to the armpit.
const INNER_ARM: Rail = &[
    ("wrist_in", 917, 3357),
    ("", 883, 3242),
    ("", 819, 3052),
    ("", 755, 2862),
    ("elbow_end_in", 713, 2697),
    ("", 686, 2569),
    ("elbow_top_in", 654, 2444),
    ("", 589, 2233),
    ("", 545, 2058),
    ("armpit", 510, 1910),
];

/// From the armpit down the trunk and the outer leg, around the foot and up the inner leg.
const LEG: Rail = &[
    ("armpit", 510, 1910),
    ("mid_side", 493, 2070),
    ("rib_side", 456, 2340),
    ("", 436, 2500),
    ("", 434, 2580),
    ("", 450, 2700),
    ("crest", 472, 2790),
    ("", 515, 2950),
    ("", 550, 3120),
    ("hip_side", 560, 3260),
    ("", 558, 3450),
    ("", 540, 3700),
    ("", 505, 4000),
    ("knee_top_out", 460, 4300),
    ("", 436, 4450),
    ("", 433, 4550),
    ("knee_end_out", 440, 4700),
    ("", 456, 4900),
    ("", 448, 5100),
    ("", 413, 5350),
    ("", 375, 5620),
    ("ankle_out", 360, 5860),
    ("", 375, 5940),
    ("", 430, 6030),
    ("", 475, 6100),
    ("", 460, 6160),
    ("sole", 380, 6185),
    ("", 260, 6180),
    ("", 205, 6135),
    ("", 198, 6040),
    ("", 210, 5950),
    ("ankle_in", 212, 5860),
    ("", 190, 5620),
    ("", 148, 5350),
    ("", 118, 5120),
    ("", 112, 4920),
    ("knee_end_in", 133, 4700),
    ("", 143, 4550),
    ("", 138, 4450),
    ("knee_top_in", 123, 4300),
    ("", 86, 4000),
    ("", 50, 3720),
    ("thigh_in", 26, 3550),
    ("crotch", 0, 3460),
];

/// Lines on both views.
const LINES: &[Rail] = &[
    // Below the neck.
    &[
        ("neck_side", 195, 1280),
        ("chest_edge", 120, 1368),
        ("collar_edge", 60, 1393),
        ("collar_mid", 0, 1400),
    ],
    // Between trunk and shoulder.
    &[("shoulder_top", 380, 1390), ("", 386, 1530), ("", 420, 1730), ("armpit", 510, 1910)],
    // Across the limbs: above and below the elbow, the wrist, above and below the knee, the ankle.
    &[("elbow_top_out", 897, 2385), ("", 779, 2434), ("elbow_top_in", 654, 2444)],
    &[("elbow_end_out", 966, 2636), ("", 840, 2687), ("elbow_end_in", 713, 2697)],
    &[("wrist_out", 1076, 3319), ("", 1000, 3353), ("wrist_in", 917, 3357)],
    &[("knee_top_out", 460, 4300), ("", 293, 4275), ("knee_top_in", 123, 4300)],
    &[("knee_end_out", 440, 4700), ("", 287, 4730), ("knee_end_in", 133, 4700)],
    &[("ankle_out", 360, 5860), ("", 287, 5880), ("ankle_in", 212, 5860)],
    // Below the shoulder.
    &[("deltoid", 821, 1930), ("", 671, 1941), ("armpit", 510, 1910)],
];

/// Lines on the front.
const FRONT_LINES: &[Rail] = &[
    // Along the lower jaw.
    &[("jaw_neck", 168, 1040), ("", 115, 1092), ("jaw_edge", 60, 1120), ("chin", 0, 1130)],
    // From the ear to below the mouth.
    &[("ear", 260, 830), ("", 190, 925), ("lip_edge", 90, 988), ("lip", 0, 1000)],
    // The rim of the ribs.
    &[("rib_side", 456, 2340), ("", 300, 2240), ("rib_edge", 120, 2115), ("rib_mid", 0, 2085)],
    // From hip bone to hip bone below the navel.
    &[
        ("crest", 472, 2790),
        ("hip_bone", 365, 2885),
        ("", 240, 2950),
        ("belt_edge", 120, 2985),
        ("belt_mid", 0, 2995),
    ],
    // The crease above the thigh.
    &[("hip_side", 560, 3260), ("hip_in", 385, 3200), ("", 200, 3375), ("thigh_in", 26, 3550)],
    // Above the groin.
    &[("hip_bone", 365, 2885), ("", 240, 3100), ("groin_edge", 120, 3270), ("crotch", 0, 3460)],
    // Between hip and groin.
    &[("hip_bone", 365, 2885), ("", 386, 3040), ("hip_in", 385, 3200)],
];

/// Lines on the back.
const BACK_LINES: &[Rail] = &[
    // Below the skull.
    &[
        ("jaw_neck", 168, 1040),
        ("nape_head_edge", 90, 1010),
        ("nape_edge", 60, 1004),
        ("nape_mid", 0, 1000),
    ],
    // Below the shoulder blades.
    &[("mid_side", 493, 2070), ("", 300, 2090), ("blade_edge", 120, 2060), ("blade_mid", 0, 2050)],
    // Below the last ribs.
    &[
        ("rib_side", 456, 2340),
        ("", 300, 2380),
        ("last_rib_edge", 120, 2410),
        ("last_rib_mid", 0, 2415),
    ],
    // Along the rims of the hip bones.
    &[
        ("crest", 472, 2790),
        ("hip_back", 400, 2785),
        ("", 250, 2810),
        ("sacrum_edge", 120, 2850),
        ("sacrum_mid", 0, 2860),
    ],
    // The sacrum.
    &[("sacrum_edge", 120, 2850), ("", 95, 3020), ("sacrum_tip", 0, 3230)],
    // Between hip and buttock.
    &[("hip_back", 400, 2785), ("", 445, 3030), ("hip_fold", 455, 3370)],
    // Between the buttocks.
    &[("sacrum_tip", 0, 3230), ("crotch", 0, 3460)],
    // The fold below the buttock.
    &[
        ("hip_side", 560, 3260),
        ("hip_fold", 455, 3370),
        ("", 320, 3500),
        ("", 150, 3560),
        ("thigh_in", 26, 3550),
    ],
];

/// What tells the front from the back: eyes, mouth, collarbone, navel, kneecap, toes.
const FRONT_HINTS: &[Rail] = &[
    &[("", 80, 675), ("", 100, 662), ("", 130, 662), ("", 150, 675)],
    &[("", 0, 874), ("", 40, 872), ("", 75, 862)],
    &[("", 65, 1445), ("", 140, 1432), ("", 240, 1438), ("", 340, 1475)],
    &[("", 0, 2723), ("", 15, 2712), ("", 15, 2690), ("", 0, 2680)],
    &[("", 195, 4490), ("", 215, 4425), ("", 287, 4390), ("", 360, 4425), ("", 380, 4490)],
    &[("", 270, 6115), ("", 266, 6170)],
    &[("", 325, 6115), ("", 328, 6170)],
    &[("", 378, 6105), ("", 388, 6164)],
    &[("", 420, 6082), ("", 436, 6144)],
];

/// What tells the back from the front: shoulder blade, hollow of the knee, heel, spine.
const BACK_HINTS: &[Rail] = &[
    &[("", 160, 1720), ("", 175, 1870), ("", 220, 1975), ("", 270, 2005), ("", 340, 1960)],
    &[("", 190, 4505), ("", 240, 4526), ("", 330, 4526), ("", 385, 4505)],
    &[("", 246, 5930), ("", 252, 6010), ("", 250, 6080)],
    &[("", 324, 5930), ("", 320, 6010), ("", 324, 6080)],
    &[("", 0, 1470), ("", 0, 1960)],
    &[("", 0, 2140), ("", 0, 2320)],
    &[("", 0, 2500), ("", 0, 2770)],
];

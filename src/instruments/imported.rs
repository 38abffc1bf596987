//! Questionnaires whose text must not, or may not safely, be shown: totals are taken over, and
//! nothing of the forms is here.

use super::definition::{
    Citation, Coding, Definition, HigherIs, InstrumentLicence, Scoring, ScoringMethod, Threshold,
    ThresholdKind, ThresholdUnit,
};

/// What tells one imported total from another.
struct Total {
    code: &'static str,
    title: &'static str,
    measures: &'static str,
    recall: &'static str,
    licence: InstrumentLicence,
    citations: &'static [Citation],
    presentation: &'static str,
    /// Least, greatest, decimals.
    range: (f64, f64, i32),
    higher_is: HigherIs,
    about: &'static str,
    missing_rule: &'static str,
    thresholds: &'static [Threshold],
    codes: &'static [Coding],
}

impl Total {
    /// Its first version.
    const fn v1(self) -> Definition {
        let (minimum, maximum, decimals) = self.range;
        Definition {
            code: self.code,
            version: 1,
            title: self.title,
            measures: self.measures,
            language: "en",
            recall: self.recall,
            licence: self.licence,
            citations: self.citations,
            instruction: None,
            presentation: self.presentation,
            items: &[],
            scoring: Scoring {
                method: ScoringMethod::ImportedTotal,
                minimum,
                maximum,
                decimals,
                higher_is: self.higher_is,
                may_skip: 0,
                about: self.about,
            },
            missing_rule: self.missing_rule,
            thresholds: self.thresholds,
            codes: self.codes,
        }
    }
}

/// A change that counts as important.
const fn important(value: f64, unit: ThresholdUnit, source: &'static str) -> Threshold {
    let name = match unit {
        ThresholdUnit::Points => "minimal_important_change",
        ThresholdUnit::Percent => "minimal_important_change_percent",
    };
    let kind = ThresholdKind::ChangeAtLeast;
    Threshold { name, kind, value, value_to: None, unit, notes: "Consensus.", source }
}

const BPI_LICENCE: InstrumentLicence = InstrumentLicence {
    may_ship_text: false,
    statement: "Copyrighted; use needs the permission of the owner, and fees may apply. Store totals \
                of forms that were filled in under the clinic's own licence.",
    holder: Some("Charles S. Cleeland, 1991"),
    source: "Brief Pain Inventory user guide",
};

const BPI_CITATIONS: &[Citation] = &[Citation {
    text: "Cleeland CS, Ryan KM. Pain assessment: global use of the Brief Pain Inventory. Ann Acad \
           Med Singap 1994;23:129-138.",
}];

/// BPI short form, interference: the mean of seven items, 0 to 10.
pub(super) static BPI_SF_INTERFERENCE: Definition = Total {
    code: "bpi_sf_interference",
    title: "Brief Pain Inventory, short form: interference",
    measures: "How much pain interferes with daily life.",
    recall: "the past 24 hours",
    licence: BPI_LICENCE,
    citations: BPI_CITATIONS,
    presentation: "Send the mean of the interference items, not their sum.",
    range: (0.0, 10.0, 2),
    higher_is: HigherIs::Worse,
    about: "The mean of seven items, made elsewhere.",
    missing_rule: "Valid where at least four of the seven items were answered; whoever scores the \
                   form sees to it.",
    thresholds: &[important(1.0, ThresholdUnit::Points, "IMMPACT: Dworkin 2008")],
    codes: &[Coding::local("bpi-sf-interference", "The mean, 0 to 10.")],
}
.v1();

/// BPI short form, severity: the mean of four items, 0 to 10.
pub(super) static BPI_SF_SEVERITY: Definition = Total {
    code: "bpi_sf_severity",
    title: "Brief Pain Inventory, short form: severity",
    measures: "How severe pain is.",
    recall: "the past 24 hours",
    licence: BPI_LICENCE,
    citations: BPI_CITATIONS,
    presentation: "Send the mean of the severity items, not their sum.",
    range: (0.0, 10.0, 2),
    higher_is: HigherIs::Worse,
    about: "The mean of four items, made elsewhere.",
    missing_rule: "The developers want all four items answered; whoever scores the form sees to it.",
    thresholds: &[],
    codes: &[Coding::local("bpi-sf-severity", "The mean, 0 to 10.")],
}
.v1();

/// ODI 2.1a: percent of the points that could be had.
pub(super) static ODI_2_1A: Definition = Total {
    code: "odi_2_1a",
    title: "Oswestry Disability Index 2.1a",
    measures: "Disability due to low back pain.",
    recall: "today",
    licence: InstrumentLicence {
        may_ship_text: false,
        statement: "All rights reserved; licences are given by Mapi Research Trust, with fees for \
                    software. Store totals of forms that were filled in under the clinic's own \
                    licence.",
        holder: Some("Jeremy Fairbank, 1980"),
        source: "Licence terms at Mapi Research Trust",
    },
    citations: &[Citation {
        text: "Fairbank JC, Pynsent PB. The Oswestry Disability Index. Spine 2000;25:2940-2952.",
    }],
    presentation: "Send percent, 0 to 100, not the 0 to 50 points of the form.",
    range: (0.0, 100.0, 1),
    higher_is: HigherIs::Worse,
    about: "Points / (5 * answered sections) * 100, made elsewhere.",
    missing_rule: "Each section that was not answered takes 5 off the denominator; a common rule \
                   allows one. Whoever scores the form sees to it.",
    thresholds: &[
        important(10.0, ThresholdUnit::Points, "Ostelo 2008"),
        important(30.0, ThresholdUnit::Percent, "Ostelo 2008"),
    ],
    codes: &[
        Coding::loinc("97908-8", "The panel."),
        Coding::loinc(
            "97909-6",
            "The score. The bands in the text of this code are of the 0 to 50 points, not of percent.",
        ),
    ],
}
.v1();

/// A T-score of PROMIS: 50 is the mean of the reference population, 10 its standard deviation.
const fn promis(
    code: &'static str,
    title: &'static str,
    measures: &'static str,
    recall: &'static str,
    higher_is: HigherIs,
) -> Definition {
    Total {
        code,
        title,
        measures,
        recall,
        licence: InstrumentLicence {
            may_ship_text: false,
            statement: "Free for individual clinical and research use in English and Spanish; \
                        commercial use and integration into software need written permission. Store \
                        T-scores.",
            holder: Some("PROMIS Health Organization"),
            source: "HealthMeasures terms of use",
        },
        citations: &[Citation {
            text: "Cella D, Riley W, Stone A, et al. The Patient-Reported Outcomes Measurement \
                   Information System (PROMIS) developed and tested its first wave of adult \
                   self-reported health outcome item banks: 2005-2008. J Clin Epidemiol \
                   2010;63:1179-1194.",
        }],
        presentation: "Send the T-score, not the raw sum of a short form.",
        // Four standard deviations to either side: nothing beyond is a T-score of a person.
        range: (10.0, 90.0, 1),
        higher_is,
        about: "The T-score, made elsewhere: mean 50, standard deviation 10. Higher is more of what \
                is measured. The range is this server's check of plausibility.",
        missing_rule: "Whoever scores the form sees to it.",
        thresholds: &[],
        codes: &[],
    }
    .v1()
}

/// PROMIS pain interference.
pub(super) static PROMIS_PAIN_INTERFERENCE: Definition = promis(
    "promis_pain_interference",
    "PROMIS pain interference",
    "How much pain interferes with daily life.",
    "the past 7 days",
    HigherIs::Worse,
);

/// PROMIS physical function.
pub(super) static PROMIS_PHYSICAL_FUNCTION: Definition = promis(
    "promis_physical_function",
    "PROMIS physical function",
    "What the person can do physically.",
    "at present",
    HigherIs::Better,
);

/// PROMIS sleep disturbance.
pub(super) static PROMIS_SLEEP_DISTURBANCE: Definition = promis(
    "promis_sleep_disturbance",
    "PROMIS sleep disturbance",
    "How disturbed sleep is.",
    "the past 7 days",
    HigherIs::Worse,
);

/// `STarT` Back screening tool: its total, 0 to 9.
pub(super) static START_BACK: Definition = Total {
    code: "start_back",
    title: "Keele STarT Back screening tool",
    measures: "Risk that back pain becomes persistent and disabling.",
    recall: "the past 2 weeks",
    licence: InstrumentLicence {
        may_ship_text: false,
        statement: "No licence is needed for non-commercial use; commercial products need an \
                    agreement. Whoever runs this server may be either, so only totals are stored.",
        holder: Some("Keele University"),
        source: "Keele University, STarT Back pages on licensing",
    },
    citations: &[Citation {
        text: "Hill JC, Dunn KM, Lewis M, Mullis R, Main CJ, Foster NE, Hay EM. A primary care back \
               pain screening tool: identifying patient subgroups for initial treatment. Arthritis \
               Rheum 2008;59:632-641.",
    }],
    presentation: "Send the overall score of the nine items. The psychosocial subscore, which decides \
                   about high risk, is not kept.",
    range: (0.0, 9.0, 0),
    higher_is: HigherIs::Worse,
    about: "The number of the items that count, made elsewhere.",
    missing_rule: "Whoever scores the form sees to it.",
    thresholds: &[],
    codes: &[Coding::loinc("91351-7", "The total.")],
}
.v1();

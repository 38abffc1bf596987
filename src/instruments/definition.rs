//! What a questionnaire is: its licence, its items, how it is scored and what its numbers mean.

use crate::http::document;
use crate::wire::vocabulary;
use serde::Serialize;
use utoipa::ToSchema;

vocabulary! {
    /// How an item is answered.
    pub enum AnswerKind {
        /// A whole number between two anchors.
        Scale = "scale",
        /// A statement that is ticked or left blank.
        Tick = "tick",
        /// One of the labelled options.
        Choice = "choice",
        /// An activity that the patient names, with a rating between two anchors.
        Activity = "activity",
    }
}

vocabulary! {
    /// How a score is made of the answers.
    pub enum ScoringMethod {
        /// The arithmetic mean of all items.
        Mean = "mean",
        /// The number of ticked statements.
        CountOfTicks = "count_of_ticks",
        /// The value of the only item.
        SingleItem = "single_item",
        /// The arithmetic mean of the rated activities.
        MeanOfActivities = "mean_of_activities",
        /// Not scored here: a total that was made elsewhere is taken over.
        ImportedTotal = "imported_total",
    }
}

vocabulary! {
    /// What a higher score means for the person.
    pub enum HigherIs {
        /// A higher score is better.
        Better = "better",
        /// A higher score is worse.
        Worse = "worse",
    }
}

vocabulary! {
    /// How a threshold is compared.
    pub enum ThresholdKind {
        /// With the size of a change for the better: at least this much.
        ChangeAtLeast = "change_at_least",
        /// With a score: this or lower.
        ScoreAtMost = "score_at_most",
        /// With a score: lower than this.
        ScoreBelow = "score_below",
        /// With a score: higher than this.
        ScoreAbove = "score_above",
    }
}

vocabulary! {
    /// The unit of a threshold.
    pub enum ThresholdUnit {
        /// Points of the score.
        Points = "points",
        /// Percent of the score at the start.
        Percent = "percent",
    }
}

/// A questionnaire in one version. A version never changes: other items, other words of items or
/// another way of scoring make the next version, so that an old score stays what it was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = Instrument)]
pub struct Definition {
    /// Stable machine name, lower snake case.
    #[schema(max_length = 40, examples("peg"))]
    pub code: &'static str,
    /// Version of this definition, counted by this server from 1.
    #[schema(minimum = 1, maximum = 1000, examples(1))]
    pub version: i32,
    /// What it is called.
    #[schema(max_length = 120)]
    pub title: &'static str,
    /// What it measures, in one sentence.
    #[schema(max_length = 300)]
    pub measures: &'static str,
    /// Language of the items, as a BCP 47 tag.
    #[schema(max_length = 35, examples("en"))]
    pub language: &'static str,
    /// The time the answers are about.
    #[schema(max_length = 120, examples("the past week"))]
    pub recall: &'static str,
    /// May its text be shown, and who says so.
    pub licence: InstrumentLicence,
    /// Publications to cite.
    #[schema(max_items = 10, value_type = Vec<Citation>)]
    pub citations: &'static [Citation],
    /// What the form says before its items, to be shown as it stands; null where it says nothing
    /// or may not be shown.
    #[schema(max_length = 1000)]
    pub instruction: Option<&'static str>,
    /// What an app must mind when it shows the form or takes over a total.
    #[schema(max_length = 600)]
    pub presentation: &'static str,
    /// The items in the order of the form. None where only a total is taken over.
    #[schema(max_items = 60, value_type = Vec<Item>)]
    pub items: &'static [Item],
    /// How it is scored.
    pub scoring: Scoring,
    /// What happens with items that are not answered.
    #[schema(max_length = 600)]
    pub missing_rule: &'static str,
    /// Published values to hold a score or a change against. They describe groups of people; none
    /// is a diagnosis.
    #[schema(max_items = 20, value_type = Vec<Threshold>)]
    pub thresholds: &'static [Threshold],
    /// Codes for exchange with other systems.
    #[schema(max_items = 20, value_type = Vec<Coding>)]
    pub codes: &'static [Coding],
}
document!(Definition);

impl Definition {
    /// Is it taken over as a total that was made elsewhere?
    pub fn is_import_only(&self) -> bool {
        self.scoring.method == ScoringMethod::ImportedTotal
    }

    /// The item of this code.
    pub fn item(&self, code: &str) -> Option<&'static Item> {
        self.items.iter().find(|item| item.code == code)
    }
}

/// Whether a questionnaire's text may be shown, and on whose word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct InstrumentLicence {
    /// May an app show the items? Where false, this server has no items and takes totals only.
    pub may_ship_text: bool,
    /// What is allowed, in one or two sentences.
    #[schema(max_length = 500)]
    pub statement: &'static str,
    /// Who holds the rights; null where nobody claims any.
    #[schema(max_length = 200)]
    pub holder: Option<&'static str>,
    /// Where that is stated.
    #[schema(max_length = 300)]
    pub source: &'static str,
}

/// A publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InstrumentCitation)]
pub struct Citation {
    /// Authors, title, journal, year, volume and pages.
    #[schema(max_length = 400)]
    pub text: &'static str,
}

/// One item of a questionnaire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InstrumentItem)]
pub struct Item {
    /// Stable machine name within the questionnaire.
    #[schema(max_length = 40, examples("enjoyment"))]
    pub code: &'static str,
    /// The item as it must be shown.
    #[schema(max_length = 300)]
    pub text: &'static str,
    /// How it is answered.
    pub answer: AnswerForm,
    /// How often it should be answered at least: fewer answers score, with a flag. 1 but for
    /// activities.
    #[schema(minimum = 1, maximum = 20)]
    pub fewest: i32,
    /// How often it may be answered. 1 but for activities.
    #[schema(minimum = 1, maximum = 20)]
    pub most: i32,
}

/// The answers an item takes: whole steps from `minimum` to `maximum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InstrumentAnswerForm)]
pub struct AnswerForm {
    /// The kind of answer.
    pub kind: AnswerKind,
    /// The least value.
    #[schema(minimum = 0, maximum = 100)]
    pub minimum: i32,
    /// The greatest value.
    #[schema(minimum = 0, maximum = 100)]
    pub maximum: i32,
    /// The distance between two values.
    #[schema(minimum = 1, maximum = 100)]
    pub step: i32,
    /// What single values are called: the anchors of a scale, all options of a choice.
    #[schema(max_items = 20, value_type = Vec<Label>)]
    pub labels: &'static [Label],
}

/// What a value is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InstrumentLabel)]
pub struct Label {
    /// The value.
    #[schema(minimum = 0, maximum = 100)]
    pub value: i32,
    /// The words to show.
    #[schema(max_length = 120)]
    pub text: &'static str,
}

/// How a questionnaire is scored, and the range of the result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = InstrumentScoring)]
pub struct Scoring {
    /// How the score is made.
    pub method: ScoringMethod,
    /// The least score.
    #[schema(minimum = -1000, maximum = 1000)]
    pub minimum: f64,
    /// The greatest score.
    #[schema(minimum = -1000, maximum = 1000)]
    pub maximum: f64,
    /// Decimals of a stored score, rounded half away from zero.
    #[schema(minimum = 0, maximum = 6)]
    pub decimals: i32,
    /// What a higher score means.
    pub higher_is: HigherIs,
    /// Items that may be skipped before there is no score.
    #[schema(minimum = 0, maximum = 60)]
    pub may_skip: i32,
    /// The scoring in one or two sentences.
    #[schema(max_length = 400)]
    pub about: &'static str,
}

/// A published value to hold a score or a change against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = InstrumentThreshold)]
pub struct Threshold {
    /// Stable machine name within the questionnaire; more may appear.
    #[schema(max_length = 60, examples("minimal_important_change"))]
    pub name: &'static str,
    /// What it is held against.
    pub kind: ThresholdKind,
    /// The value; the lower end where the sources give a range.
    #[schema(minimum = 0, maximum = 1000)]
    pub value: f64,
    /// The upper end of the range; null where the sources give one value.
    #[schema(minimum = 0, maximum = 1000)]
    pub value_to: Option<f64>,
    /// The unit of both.
    pub unit: ThresholdUnit,
    /// Whom it was found in, how, and what to mind.
    #[schema(max_length = 300)]
    pub notes: &'static str,
    /// The publication.
    #[schema(max_length = 200)]
    pub source: &'static str,
}

/// A code of a code system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InstrumentCoding)]
pub struct Coding {
    /// The code system's address.
    #[schema(max_length = 100, examples("http://loinc.org"))]
    pub system: &'static str,
    /// The code.
    #[schema(max_length = 40, examples("91147-9"))]
    pub code: &'static str,
    /// What the code stands for.
    #[schema(max_length = 200)]
    pub about: &'static str,
}

impl Coding {
    /// A code of LOINC.
    pub(super) const fn loinc(code: &'static str, about: &'static str) -> Self {
        Self { system: "http://loinc.org", code, about }
    }

    /// A code of this server's own, where no code system is known to have one.
    pub(super) const fn local(code: &'static str, about: &'static str) -> Self {
        Self { system: "https://pain-journal.example/codes", code, about }
    }
}

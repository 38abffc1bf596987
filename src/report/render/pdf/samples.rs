//! Pages for the tests and the measurements.

use crate::language::Language;
use crate::report::render::chart::daily_pain_svg;
use crate::report::render::page::{
    Alignment, Block, Fact, Figure, Note, ReportPage, Span, Table, Wording,
};
use crate::report::rows::EntryRow;
use crate::report::rules::Report;
use crate::report::rules::build;
use crate::report::rules::fixtures::{at, daily, input, treatment_session, with_course};
use chrono::DateTime;

/// A page with a title and these blocks.
pub(super) fn page(title: &str, blocks: Vec<Block>) -> ReportPage {
    ReportPage {
        title: title.to_owned(),
        language: String::from("en-GB"),
        direction: None,
        subject: None,
        mark: None,
        meta: vec![
            String::from("Maria Müller \u{b7} 1 March to 29 May 2026 \u{b7} day 90"),
            String::from("Self-reported in the journal. Computed on 30 May 2026, 09:15."),
        ],
        blocks,
        details: Vec::new(),
        id: String::from("report-1"),
        created_at: DateTime::from_timestamp(1_780_000_000, 0),
        wording: Wording::default(),
    }
}

pub(super) fn heading(level: u8, text: &str) -> Block {
    Block::Heading { level, text: text.to_owned() }
}

pub(super) fn note(heading: &str, text: &str) -> Note {
    Note { heading: heading.to_owned(), text: text.to_owned() }
}

pub(super) fn paragraph(text: &str) -> Block {
    Block::Paragraph(vec![Span::plain(text)])
}

/// A table of so many days.
pub(super) fn table(rows: usize) -> Block {
    let row = |day: usize| {
        vec![
            format!("{} March 2026", day % 31 + 1),
            format!("{}.{}", day % 10, day % 7),
            format!("{}", day % 11),
            String::from(if day.is_multiple_of(9) { "acupuncture, 30 min" } else { "" }),
        ]
    };
    let strings = |texts: &[&str]| texts.iter().map(|text| String::from(*text)).collect();
    Block::Table(Table {
        caption: String::from("Mean and worst pain by day, with treatments"),
        headers: strings(&["Day", "Mean", "Worst", "Treatment"]),
        rows: (0..rows).map(row).collect(),
        alignments: vec![Alignment::Start, Alignment::End, Alignment::End, Alignment::Start],
    })
}

pub(super) fn fact(label: &str, value: &str, note: &str) -> Fact {
    Fact { label: label.to_owned(), value: value.to_owned(), note: note.to_owned() }
}

/// A report of 90 days with gaps, worst pain and treatment sessions.
fn ninety_days() -> Report {
    let mut input = input(0, 89);
    for day in (0..90).filter(|day| day % 8 != 5) {
        let score = i16::try_from(7 - day / 25 + day % 3 - 1).unwrap();
        input
            .entries
            .push(EntryRow { worst: Some((score + 2).min(10)), ..daily(day, Some(score)) });
    }
    input.sessions = (1..9).map(|week| treatment_session(week * 9, 600)).collect();
    input.made.generated_at = at(90, 600);
    build(&with_course(input))
}

/// A page as most are: numbers, a chart, a short table, some notes.
pub(super) fn usual() -> ReportPage {
    let report = ninety_days();
    let facts = vec![
        fact("Mean pain", "4.6", "79 of 90 days rated"),
        fact("Change since the start", "\u{2212}1.8", "baseline 6.1, last 14 days 4.3"),
        fact("Trend", "\u{2212}0.2 a week", "95 % interval \u{2212}0.3 to \u{2212}0.1"),
        fact("Sessions", "8 of 9", "attended"),
    ];
    let figure = Figure {
        svg: daily_pain_svg(&report, Language::english()),
        name: String::from("Daily pain"),
        alt: String::from("Daily scores fall from 7 to 3 over 90 days."),
        caption: String::from("Pain by day, 0 is none and 10 the worst that can be imagined."),
    };
    page(
        "Progress report",
        vec![
            Block::Facts(facts),
            Block::Figure(figure),
            heading(2, "Weeks"),
            table(8),
            heading(2, "Notes"),
            Block::Notes(vec![
                note("3 May 2026, 21:40", "Slept well. Walked 4 km \u{2013} no pain until noon."),
                note("9 May 2026, 08:05", "Stiff neck after the train \u{1f62e}\u{200d}\u{1f4a8}"),
            ]),
            heading(3, "What this page cannot say"),
            Block::List(vec![
                String::from("Whether a treatment was the cause of a change."),
                String::from("How pain was on the 11 days without a rating."),
            ]),
            Block::Small(String::from("Self-reported; not a diagnosis.")),
        ],
    )
}

/// A page of many scripts.
pub(super) fn scripts() -> ReportPage {
    let arabic = "استيقظت اليوم مع ألم في أسفل الظهر (حوالي 7 من 10)، وبعد جلسة الوخز بالإبر \
                  انخفض إلى 3. تناولت Ibuprofen 400 mg مرتين، ثم مشيت 2.5 km. ";
    let mut page = page(
        "Progress report: فاطمة الزهراء (Fatima)",
        vec![
            heading(2, "Notes in other scripts"),
            Block::Notes(vec![
                note("3 May 2026 \u{b7} فاطمة الزهراء", &arabic.repeat(6)),
                note("4 May 2026 \u{b7} דוד כהן", "כאב ראש 5/10 אחרי העבודה (Paracetamol 500 mg)."),
                note("5 May 2026", "दर्द कम हुआ, नींद अच्छी थी। क्षेत्र: कमर। স্ত্রী: ব্যথা কম। வலி ਦਰਦ"),
                note(
                    "6 May 2026",
                    "วันนี้ปวดหลังน้อยลงมากหลังจากฝังเข็มและนอนหลับได้ดีตลอดทั้งคืนไม่ต้องกินยาแก้ปวดเลย",
                ),
                note(
                    "7 May 2026",
                    "Ο πόνος μειώθηκε. Боль уменьшилась. Ağrı azaldı. Đau lưng giảm nhiều. ցավ ტკივილი",
                ),
                note("8 May 2026", "😀 🔥 ❤️ 👩‍⚕️ 👍🏽 🇩🇪 ☀ ✓ ★ → ≤ 1️⃣ 🧘‍♀️ fin"),
                note("9 May 2026", "CJK: 痛み 통증 疼痛 – no letters for these."),
                note(
                    "10 May 2026",
                    "He wrote \u{202e}txet desrever and \u{2067}left open\nNext line",
                ),
            ]),
            Block::Paragraph(vec![
                Span::plain("Written by "),
                Span::strong("محمد عبد الله"),
                Span::plain(" (7 of 10), then "),
                Span::small("דוד"),
                Span::plain(" 3, and then plain words again."),
            ]),
            Block::Facts(vec![
                fact("ألم", "4.6", "79 من 90 يومًا"),
                fact("Schlafunterbrechungsdauer insgesamt", "1 h 20 min", ""),
                fact("Боль", "−1,8", "от 6,1 до 4,3"),
            ]),
            Block::Table(Table {
                caption: String::from("العلاج"),
                headers: vec![String::from("Name"), String::from("اسم"), String::from("n")],
                rows: vec![vec![
                    String::from("Ibuprofen"),
                    String::from("إيبوبروفين 400 mg"),
                    String::from("12"),
                ]],
                alignments: vec![Alignment::Start, Alignment::Start, Alignment::End],
            }),
        ],
    );
    page.meta.push(String::from("قرأته الدكتورة Anna Weiß في 30 مايو"));
    page
}

/// A page whose own language runs from right to left.
pub(super) fn arabic() -> ReportPage {
    let mut page = page(
        "تقرير التقدم",
        vec![
            Block::Facts(vec![
                fact("متوسط الألم", "4.6", "79 من 90 يومًا"),
                fact("التغير", "\u{2212}1.8", "من 6.1 إلى 4.3"),
                fact("الجلسات", "8 من 9", ""),
            ]),
            table(5),
            heading(2, "ملاحظات"),
            Block::Notes(vec![note("3 مايو 2026", "نمت جيدا. Slept well.")]),
            Block::List(vec![String::from("نقطة أولى"), String::from("Second point")]),
        ],
    );
    page.language = String::from("ar");
    page.meta = vec![String::from("فاطمة الزهراء")];
    page
}

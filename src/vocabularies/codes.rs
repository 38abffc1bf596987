//! Codes of other systems for values of ours. Only those seen in use in a published source stand here
//! (clinical.md, Codes); a value without a line has no verified code.

/// The system of SNOMED CT. Its use needs an affiliate licence in some countries.
pub const SNOMED: &str = "http://snomed.info/sct";

/// Vocabulary, value, code in SNOMED CT.
pub const CODES: &[(&str, &str, &str)] = &[
    ("condition", "sciatica_radiculopathy", "23056005"),
    ("condition", "sciatica_radiculopathy", "128196005"),
    ("condition", "spinal_stenosis", "76107001"),
    ("condition", "disc_degeneration", "77547008"),
    ("condition", "disc_bulge_herniation", "20021007"),
    ("condition", "spondylosis", "68859000"),
    ("condition", "arthritis", "371082009"),
    ("pain_quality", "dull_ache", "27635008"),
    ("pain_quality", "burning", "36349006"),
    ("pain_quality", "stabbing", "55145008"),
    ("pain_quality", "throbbing", "29695002"),
    ("pain_quality", "tingling", "786837007"),
    ("pain_quality", "cramping", "279093005"),
];

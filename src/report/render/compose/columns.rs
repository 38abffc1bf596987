//! Sections side by side, in their order, so that both columns end about as far down.

use crate::report::render::page::{Block, Fact};

/// Letters that a line of a column holds.
const LETTERS: usize = 62;
/// Letters that the name, and the value, of a line of a list holds.
const NAME_LETTERS: usize = 25;
const VALUE_LETTERS: usize = 36;
/// Lines that a picture as wide as a column takes for each part of its height in its width.
const LINES_OF_WIDTH: f64 = 25.0;

/// The sections in two columns; without a second one below each other.
pub(super) fn side_by_side(mut sections: Vec<Vec<Block>>) -> Vec<Block> {
    sections.retain(|section| !section.is_empty());
    let heights: Vec<f64> =
        sections.iter().map(|blocks| blocks.iter().map(lines).sum::<f64>()).collect();
    let taller = |split: usize| {
        let (first, second) = heights.split_at(split);
        first.iter().sum::<f64>().max(second.iter().sum())
    };
    let split = (1..sections.len()).min_by(|a, b| taller(*a).total_cmp(&taller(*b)));
    let Some(split) = split else { return sections.concat() };
    let second = sections.split_off(split);
    vec![Block::Columns(vec![sections.concat(), second.concat()])]
}

/// About how many lines a block takes in a column.
fn lines(block: &Block) -> f64 {
    match block {
        Block::Heading { .. } => 1.8,
        Block::Paragraph(spans) => {
            wrapped(spans.iter().map(|span| span.text.chars().count()).sum(), LETTERS)
        }
        Block::Lines(facts) => facts.iter().map(line).sum(),
        Block::List(points) => {
            points.iter().map(|point| wrapped(point.chars().count(), LETTERS)).sum()
        }
        Block::Figure(figure) => {
            let caption = wrapped(figure.caption.chars().count(), LETTERS);
            figure.height_of_width() * LINES_OF_WIDTH + caption
        }
        Block::Small(text) => wrapped(text.chars().count(), LETTERS),
        _ => 1.0,
    }
}

fn line(fact: &Fact) -> f64 {
    let name = wrapped(fact.label.chars().count(), NAME_LETTERS);
    let value = fact.value.chars().count() + fact.note.chars().count();
    name.max(wrapped(value, VALUE_LETTERS))
}

fn wrapped(letters: usize, room: usize) -> f64 {
    letters.div_ceil(room) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, lines: usize) -> Vec<Block> {
        if lines == 0 { Vec::new() } else { vec![Block::List(vec![name.to_owned(); lines])] }
    }

    fn split(lines: &[usize]) -> Vec<usize> {
        let sections = lines.iter().map(|lines| section("a", *lines)).collect();
        match side_by_side(sections).as_slice() {
            [Block::Columns(columns)] => columns.iter().map(Vec::len).collect(),
            blocks => vec![blocks.len()],
        }
    }

    #[test]
    fn both_columns_end_about_as_far_down_and_the_order_stays() {
        assert_eq!(split(&[4, 4, 2, 2, 2, 2]), [2, 4]);
        assert_eq!(split(&[2, 2, 4, 2, 8]), [3, 2]);
        assert_eq!(split(&[9, 1]), [1, 1]);
        assert_eq!((split(&[3]), split(&[]), split(&[0, 5, 0])), (vec![1], vec![0], vec![1]));
    }
}

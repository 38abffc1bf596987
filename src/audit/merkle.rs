//! The Merkle tree of RFC 9162, section 2.1: one hash over many lines, and the short way from a line to it.

use aws_lc_rs::digest::{Context, SHA256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of these bytes behind one that tells leaves from nodes.
fn hash(mark: u8, parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[mark]);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// The hash of a leaf: SHA-256 of a zero byte and its text.
pub fn leaf(text: &[u8]) -> Hash {
    hash(0, &[text])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    hash(1, &[left, right])
}

/// How many leaves are left of the root: the largest power of two below their number, which is 2 at least.
const fn half(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// The root over these leaves; of none, the hash of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => {
            let mut empty = [0; 32];
            empty.copy_from_slice(Context::new(&SHA256).finish().as_ref());
            empty
        }
        [one] => *one,
        many => {
            let (left, right) = many.split_at(half(many.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The hashes beside the way from the leaf `at` up to the root, the lowest first. Empty where there is no such leaf.
pub fn path(leaves: &[Hash], at: usize) -> Vec<Hash> {
    if leaves.len() < 2 || at >= leaves.len() {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(half(leaves.len()));
    let (mut below, beside) = if at < left.len() {
        (path(left, at), root(right))
    } else {
        (path(right, at - left.len()), root(left))
    };
    below.push(beside);
    below
}

/// The root that this leaf leads to as the one `at` of `count`, by the hashes beside its way; none where these are
/// not as many as the way is long.
pub fn climb(leaf: Hash, at: usize, count: usize, beside: &[Hash]) -> Option<Hash> {
    if at >= count {
        return None;
    }
    if count == 1 {
        return beside.is_empty().then_some(leaf);
    }
    let (last, below) = beside.split_last()?;
    let left = half(count);
    if at < left {
        Some(node(&climb(leaf, at, left, below)?, last))
    } else {
        Some(node(last, &climb(leaf, at - left, count - left, below)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    /// The leaves and roots with which Certificate Transparency tests its own trees.
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let texts: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let leaves: Vec<Hash> = texts.iter().map(|text| leaf(text)).collect();
        assert_eq!(STANDARD.encode(root(&[])), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(STANDARD.encode(leaves[0]), "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=");
        assert_eq!(STANDARD.encode(root(&leaves)), "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=");
    }

    #[test]
    fn the_way_of_every_leaf_leads_to_the_root_and_no_other_does() {
        for count in 1..=33_usize {
            let leaves: Vec<Hash> = (0..count).map(|n| leaf(&n.to_be_bytes())).collect();
            let top = root(&leaves);
            for (at, one) in leaves.iter().enumerate() {
                let beside = path(&leaves, at);
                assert_eq!(climb(*one, at, count, &beside), Some(top));
                assert_ne!(climb(leaf(b"x"), at, count, &beside), Some(top));
                assert_ne!(climb(*one, at + 1, count, &beside), Some(top));
                if let Some((_, short)) = beside.split_first() {
                    assert_ne!(climb(*one, at, count, short), Some(top));
                }
            }
        }
        assert_eq!(path(&[leaf(b"")], 1), [[0; 32]; 0]);
    }
}

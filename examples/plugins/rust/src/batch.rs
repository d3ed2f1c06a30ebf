//! Datapoints packed in 16 bytes each.

/// Returns the datapoints with a finite value by timestamp; of several with the same
/// timestamp the last one. Panics if the length is not a multiple of 16.
pub fn normalise(input: &[u8]) -> Vec<u8> {
    let (points, rest) = input.as_chunks::<16>();
    assert!(rest.is_empty(), "the length is not a multiple of 16");
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("there are 8 bytes"));
    let timestamp = |point: &[u8; 16]| number(&point[..8]);
    let is_finite = |point: &&[u8; 16]| f64::from_bits(number(&point[8..])).is_finite();
    // The sort is stable, so of equal timestamps the one that was last is the first.
    let mut kept: Vec<[u8; 16]> = points.iter().rev().filter(is_finite).copied().collect();
    kept.sort_by_key(timestamp);
    kept.dedup_by_key(|point| timestamp(point));
    kept.into_flattened()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_finite_point_of_a_timestamp_is_kept() {
        let point = |t: u64, v: f64| [t.to_le_bytes(), v.to_le_bytes()].concat();
        let input = [
            point(2, 0.5),
            point(1, 7.0),
            point(2, -0.0),
            point(1, f64::NAN),
        ];
        assert_eq!(
            normalise(&input.concat()),
            [point(1, 7.0), point(2, -0.0)].concat()
        );
    }
}

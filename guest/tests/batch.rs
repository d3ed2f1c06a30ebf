//! process-batch against a plain model of its definition.

use std::collections::BTreeMap;

use compute_pipeline::batch::process_batch;
use proptest::prelude::*;

fn pack(records: &[(u64, f64)]) -> Vec<u8> {
    records
        .iter()
        .flat_map(|(timestamp, value)| [timestamp.to_le_bytes(), value.to_le_bytes()].concat())
        .collect()
}

/// The definition: of the finite values, the last one given for each timestamp.
fn model(records: &[(u64, f64)]) -> Vec<u8> {
    let last: BTreeMap<_, _> = records
        .iter()
        .filter(|(_, value)| value.is_finite())
        .copied()
        .collect();
    pack(&Vec::from_iter(last))
}

#[test]
fn records_are_sorted_by_timestamp() {
    let sorted = pack(&[(1, 1.0), (2, 2.0), (u64::MAX, 3.0)]);
    assert_eq!(
        process_batch(pack(&[(u64::MAX, 3.0), (1, 1.0), (2, 2.0)])),
        sorted
    );
    assert_eq!(process_batch(sorted.clone()), sorted);
}

#[test]
fn the_last_record_of_a_timestamp_wins() {
    let sorted = pack(&[(1, 1.0), (1, 2.0), (2, 5.0), (2, 4.0), (2, 3.0)]);
    assert_eq!(process_batch(sorted.clone()), pack(&[(1, 2.0), (2, 3.0)]));
    let unsorted = pack(&[(2, 5.0), (1, 1.0), (2, 4.0), (1, 2.0), (2, 3.0)]);
    assert_eq!(process_batch(unsorted), pack(&[(1, 2.0), (2, 3.0)]));
}

#[test]
fn values_that_are_not_finite_are_as_if_not_given() {
    let values = [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for not_finite in values
        .into_iter()
        .chain([f64::from_bits(0x7ff0_0000_0000_0001)])
    {
        assert_eq!(process_batch(pack(&[(1, not_finite)])), Vec::<u8>::new());
        let records = [(1, 1.0), (1, not_finite), (0, not_finite), (2, 2.0)];
        assert_eq!(process_batch(pack(&records)), pack(&[(1, 1.0), (2, 2.0)]));
        let records = [(2, 2.0), (1, 1.0), (1, not_finite)];
        assert_eq!(process_batch(pack(&records)), pack(&[(1, 1.0), (2, 2.0)]));
    }
}

#[test]
fn the_bits_of_a_value_are_kept() {
    let records = [
        (1, -0.0),
        (2, f64::from_bits(1)),
        (3, -f64::MAX),
        (4, f64::MIN_POSITIVE),
    ];
    assert_eq!(process_batch(pack(&records)), pack(&records));
}

#[test]
fn an_empty_batch_stays_empty() {
    assert_eq!(process_batch(Vec::new()), Vec::<u8>::new());
}

#[test]
fn a_cut_record_is_refused() {
    for length in [1, 15, 17, 31] {
        let panic = std::panic::catch_unwind(|| process_batch(vec![0; length])).unwrap_err();
        assert_eq!(
            panic.downcast_ref::<String>().expect("a message"),
            &format!("process-batch: input length {length} is not a multiple of 16")
        );
    }
}

/// Values among which those that are not finite are frequent.
fn values() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => any::<u64>().prop_map(f64::from_bits),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0)],
    ]
}

/// Timestamps that are all different, mostly repeated, or differ only in some
/// of their bytes.
fn timestamps() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0..20_u64,
        (0..1_000_u64).prop_map(|minute| 1_735_689_600_000 + minute * 60_000),
        (0..256_u64).prop_map(|byte| byte << 56 | byte << 24),
    ]
}

// Long batches are sorted by wider digits: by one to six of them here, so that the
// result is in either of the two places.
#[test]
fn a_long_batch_is_as_the_model_says() {
    let mut state = 1_u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state >> 20
    };
    for bits in 0..=64 {
        let mask = u64::MAX.unbounded_shl(bits);
        for length in [4_095, 4_096, 4_097, 5_001] {
            let records: Vec<_> = (0..length)
                .map(|_| {
                    let timestamp = (random() << 32 ^ random()) & !mask;
                    // Of 32 values one is an infinity.
                    let value = [f64::INFINITY, random() as f64][usize::from(random() % 32 > 0)];
                    (timestamp, value)
                })
                .collect();
            assert_eq!(
                process_batch(pack(&records)),
                model(&records),
                "{bits} bits, {length}"
            );
            let high: Vec<_> = records
                .iter()
                .map(|(t, v)| (t.rotate_right(bits), *v))
                .collect();
            assert_eq!(
                process_batch(pack(&high)),
                model(&high),
                "{bits} high bits, {length}"
            );
        }
    }
}

// What is found out in groups must be found in each place of a group.
#[test]
fn one_record_out_of_place_is_noticed_anywhere() {
    let ordered: Vec<_> = (0..40).map(|index| (10 * index, index as f64)).collect();
    for length in 0..ordered.len() {
        for place in 0..length {
            for record in [
                (0, -1.0),
                (10 * place as u64, f64::NAN),
                (10 * place as u64 + 10, -2.0),
                (u64::MAX, -3.0),
            ] {
                let mut records = ordered[..length].to_vec();
                records[place] = record;
                assert_eq!(
                    process_batch(pack(&records)),
                    model(&records),
                    "{records:?}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn any_batch_is_as_the_model_says(
        records in prop::collection::vec((timestamps(), values()), 0..400),
    ) {
        prop_assert_eq!(process_batch(pack(&records)), model(&records));
    }

    #[test]
    fn a_nearly_sorted_batch_is_as_the_model_says(
        mut records in prop::collection::vec((0..500_u64, values()), 0..400),
        late in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        records.sort_by_key(|(timestamp, _)| *timestamp);
        if !records.is_empty() {
            let record = records.remove(late.index(records.len()));
            records.insert(to.index(records.len() + 1), record);
        }
        prop_assert_eq!(process_batch(pack(&records)), model(&records));
    }

    #[test]
    fn normalising_twice_changes_nothing(
        records in prop::collection::vec((timestamps(), values()), 0..400),
    ) {
        let once = process_batch(pack(&records));
        prop_assert_eq!(process_batch(once.clone()), once);
    }
}

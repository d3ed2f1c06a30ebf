//! A stable sort in linear time.

use super::{Packed, timestamp};
use crate::exact::bounds::check_once;

/// Sorts `records` by timestamp, which differ only in the bits of `varying`, and keeps
/// the order of equal ones. Reports whether they are in `other` then, which has the
/// same length, rather than in place; the other one is garbage.
///
/// It sorts by digits, the lowest first (D. E. Knuth, "The Art of Computer
/// Programming", volume 3, section 5.2.5, algorithm R). Timestamps of one batch
/// differ in few bits, so this takes a third of the time of a sort by comparisons,
/// and no order of the input makes it slower.
// wazero compiles one large function more slowly than two.
#[inline(never)]
pub fn sort(records: &mut [Packed], other: &mut [Packed], varying: u64) -> bool {
    // Clearing and adding up the places of a wide digit costs some thousand records.
    if records.len() < 4096 {
        sort_by::<8, { 1 << 8 }>(records, other, varying)
    } else {
        sort_by::<11, { 1 << 11 }>(records, other, varying)
    }
}

/// As [`sort`], by digits of `WIDTH` bits, so with `VALUES` values.
fn sort_by<'a, const WIDTH: u32, const VALUES: usize>(
    mut records: &'a mut [Packed],
    mut other: &'a mut [Packed],
    mut varying: u64,
) -> bool {
    let mut swapped = false;
    while varying != 0 {
        let lowest = varying.trailing_zeros();
        let digit = |record: &Packed| (timestamp(record) >> lowest) as usize % VALUES;
        let mut places = [0_u32; VALUES];
        for_each(records, |record| places[digit(record)] += 1);
        let mut place = 0;
        for count in &mut places {
            place += std::mem::replace(count, place);
        }
        for_each(records, |record| {
            let place = &mut places[digit(record)];
            other[*place as usize] = *record;
            *place += 1;
        });
        std::mem::swap(&mut records, &mut other);
        swapped = !swapped;
        varying &= u64::MAX.unbounded_shl(lowest + WIDTH);
    }
    swapped
}

/// Four at a time, so that a loop is counted and memory's bounds are checked less often.
#[inline(always)]
fn for_each(records: &[Packed], mut f: impl FnMut(&Packed)) {
    let (fours, rest) = records.as_chunks::<4>();
    for four in fours {
        check_once(four);
        f(&four[0]);
        f(&four[1]);
        f(&four[2]);
        f(&four[3]);
    }
    rest.iter().for_each(f);
}

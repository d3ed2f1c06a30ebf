//! The values that validate-stream reads, bit for bit against the standard
//! library's reader of numbers, which rounds correctly.
//!
//! COMPUTE_PIPELINE_CASES multiplies the number of doubles that each test starts from.

mod validate_oracle;

use compute_pipeline::validate::validate_stream;
use num_bigint::BigUint;
use validate_oracle::{Random, cases};

/// Asserts that each of `numbers` is read as the standard library reads it, by
/// the reader of usual texts and by the general one; one beyond the largest
/// double is refused.
#[track_caller]
fn assert_nearest(numbers: &[String]) {
    let (mut finite, mut expected) = (Vec::new(), Vec::new());
    for number in numbers {
        let value: f64 = number.parse().expect(number);
        if value.is_finite() {
            finite.push(number);
            expected.push(value.to_bits());
        } else {
            let answer = validate_stream(&format!(r#"[{{"timestamp":0,"value":{number}}}]"#));
            let message = answer.expect_err(number);
            assert!(
                message.starts_with("Parse failed: number out of range"),
                "{number}: {message}"
            );
        }
    }
    if finite.is_empty() {
        return;
    }
    let join = |before: &str, after: &str| {
        let records: Vec<_> = finite
            .iter()
            .map(|number| format!("{before}{number}{after}"))
            .collect();
        format!("[{}]", records.join(","))
    };
    for text in [join(r#"{"timestamp":0,"value":"#, "}"), join("[0,", "]")] {
        let points = validate_stream(&text).expect("numbers");
        assert_eq!(points.len(), expected.len());
        for ((point, expected), number) in points.iter().zip(&expected).zip(&finite) {
            assert_eq!(point.value.to_bits(), *expected, "{number}");
        }
    }
}

/// A double of any bits, but finite.
fn any_double(random: &mut Random) -> f64 {
    loop {
        let value = f64::from_bits(random.bits());
        if value.is_finite() {
            return value;
        }
    }
}

/// A finite double: of any size, of the size of usual values, subnormal, or
/// near the ends of the range.
fn double(random: &mut Random) -> f64 {
    match random.below(6) {
        0 | 1 => any_double(random),
        2 => (random.bits() >> 11) as f64 / 9_007_199_254_740.992,
        3 => f64::from_bits(random.bits() >> (12 + random.below(52))),
        4 => f64::from_bits(0x7fef_ffff_ffff_ffff - (random.bits() >> (12 + random.below(52)))),
        _ => random.bits() as f64,
    }
}

#[test]
fn doubles_written_in_any_precision_are_the_nearest_double() {
    let mut random = Random(1);
    for _ in 0..cases(40_000) {
        let value = double(&mut random);
        let places = random.below(30);
        let mut numbers = vec![
            format!("{value}"),
            format!("{value:e}"),
            format!("{value:.16e}"),
            format!("{value:.17e}"),
            format!("{value:.18e}"),
            format!("{value:.19e}"),
            format!("{value:.places$e}"),
            format!("{value:.places$}"),
        ];
        // Digits and exponents of no double in particular.
        let digits = random.digits(1 + places);
        numbers.push(format!("1{digits}e{}", random.below(700) as i64 - 370));
        numbers.push(format!("{}.{digits}", random.bits()));
        assert_nearest(&numbers);
    }
}

/// The point halfway between the positive double `lower` and the next one, as an
/// integer and the power of ten to multiply it with.
fn halfway(lower: f64) -> (BigUint, i64) {
    let field = lower.to_bits() >> 52;
    let fraction = lower.to_bits() & ((1 << 52) - 1);
    let mantissa = if field == 0 {
        fraction
    } else {
        fraction | 1 << 52
    };
    let point = BigUint::from(2 * mantissa + 1);
    let exponent = field.max(1) as i64 - 1076;
    if exponent < 0 {
        (
            point * BigUint::from(5_u32).pow(exponent.unsigned_abs() as u32),
            exponent,
        )
    } else {
        (point << exponent, 0)
    }
}

#[test]
fn points_halfway_between_doubles_go_to_the_even_one_and_others_to_the_nearer() {
    let mut random = Random(2);
    for _ in 0..cases(2_000) {
        let value = match random.below(3) {
            // So that points of few digits are among them.
            0 => (1_u64 << 53 | random.bits() >> 11) as f64 / [1.0, 4.0, 64.0][random.below(3)],
            _ => double(&mut random).abs(),
        };
        let (point, ten) = halfway(value);
        let mut numbers = Vec::new();
        for digits in [&point - 1_u32, point.clone(), &point + 1_u32] {
            let digits = digits.to_string();
            numbers.push(format!("{digits}e{ten}"));
            numbers.push(format!("{digits}0000000e{}", ten - 7));
            numbers.push(format!("-{digits}000000000000000000001e{}", ten - 21));
            numbers.push(
                format!(
                    "{}.{}e{}",
                    &digits[..1],
                    &digits[1..],
                    ten + digits.len() as i64 - 1
                )
                .replace(".e", ".0e"),
            );
        }
        // Cut off, so that the digits that are read first do not decide.
        let digits = point.to_string();
        for length in [17, 18, 19, 20, 21, 40, 766, 767, 768, 769, 800, 819, 820] {
            if let Some(first) = digits.get(..length) {
                let exponent = ten + (digits.len() - length) as i64;
                numbers.push(format!("{first}e{exponent}"));
                numbers.push(format!("{first}9e{}", exponent - 1));
            }
        }
        assert_nearest(&numbers);
    }
}

#[test]
fn the_last_digit_of_many_decides() {
    // The halfway point with the most significant digits: above the largest
    // double with the exponent of the smallest normal one.
    let (point, ten) = halfway(f64::from_bits((2 << 52) - 1));
    let digits = point.to_string();
    assert_eq!(digits.len(), 768);
    let numbers: Vec<_> = [0, 1, 49, 50, 51, 52, 53, 1_000, 50_000]
        .into_iter()
        .flat_map(|zeros| {
            let exponent = ten - zeros as i64 - 1;
            let zeros = "0".repeat(zeros);
            [
                format!("{digits}{zeros}0e{exponent}"),
                format!("{digits}{zeros}1e{exponent}"),
            ]
        })
        .collect();
    assert_nearest(&numbers);
}

#[test]
fn every_power_of_ten_and_its_neighbours_are_the_nearest_doubles() {
    for exponent in -400..400 {
        let numbers = [
            "1",
            "9",
            "9007199254740993",
            "18446744073709551615",
            "9999999999999999999",
        ]
        .map(|digits| format!("{digits}e{exponent}"));
        assert_nearest(&numbers);
    }
}

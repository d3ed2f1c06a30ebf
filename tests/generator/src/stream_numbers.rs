//! validate-stream: numbers, at every border and in many spellings.

use num_bigint::BigUint;

use crate::format::Case;
use crate::prng::Prng;
use crate::stream::add;

/// Values, the hard ones of the literature among them.
pub fn values(cases: &mut Vec<Case>) {
    let long_tie = format!("9007199254740993{}", "0".repeat(800));
    let long_tie_and_a_bit = format!("9007199254740993.{}1", "0".repeat(800));
    let long_zero = format!("0.{}", "0".repeat(1000));
    // 2^-1075 is 5^1075 x 10^-1075: in full, and a little more and less.
    let five = BigUint::from(5u32).pow(1075);
    let half_smallest = format!("{five}e-1075");
    let half_smallest_more = format!("{}e-1076", &five * 10u32 + 1u32);
    let half_smallest_less = format!("{}e-1076", &five * 10u32 - 1u32);
    for (name, number) in [
        ("zero", "0"),
        ("minus-zero", "-0"),
        ("minus-zero-point", "-0.0"),
        ("zero-exponent", "0e999"),
        ("minus-zero-exponent", "-0e-999"),
        ("long-zero", &long_zero),
        ("tenth", "0.1"),
        ("seventeen-digits", "0.30000000000000004"),
        ("nineteen-digits", "1234567890123456789"),
        ("twenty-digits", "12345678901234567890"),
        ("twenty-five-digits", "1234567890123456789012345"),
        (
            "thirty-digits-after-point",
            "0.123456789012345678901234567891",
        ),
        ("u64-max", "18446744073709551615"),
        ("u64-max-plus-one", "18446744073709551616"),
        ("i64-min", "-9223372036854775808"),
        ("i64-min-minus-one", "-9223372036854775809"),
        ("tie-to-even", "9007199254740993"),
        ("tie-to-even-point", "9007199254740993.0"),
        (
            "tie-and-a-bit",
            "9007199254740993.00000000000000000000000000001",
        ),
        (
            "tie-less-a-bit",
            "9007199254740992.99999999999999999999999999999",
        ),
        ("tie-with-800-zeros", &long_tie),
        ("tie-with-800-zeros-and-a-bit", &long_tie_and_a_bit),
        ("tie-small", "6929495644600919.5"),
        (
            "tie-at-power",
            "1.00000000000000011102230246251565404236316680908203125",
        ),
        (
            "tie-at-power-less",
            "1.00000000000000011102230246251565404236316680908203124",
        ),
        (
            "tie-at-power-more",
            "1.00000000000000011102230246251565404236316680908203126",
        ),
        ("hard-1", "2.2250738585072011e-308"),
        ("hard-2", "2.2250738585072012e-308"),
        ("hard-3", "8.5e-317"),
        ("hard-4", "9214843084008499"),
        ("hard-5", "5e-20"),
        ("hard-6", "7.8459735791271921e+65"),
        ("hard-7", "3.571e266"),
        (
            "hard-8",
            "1.8254370818746402660437411213933955878019332885742187e0",
        ),
        ("largest", "1.7976931348623157e308"),
        (
            "largest-written-out",
            "179769313486231570000000000000000000000e270",
        ),
        ("below-overflow", "1.7976931348623158079e308"),
        ("overflow", "1.7976931348623159e308"),
        ("overflow-minus", "-1.8e308"),
        ("overflow-exponent", "1e309"),
        ("overflow-huge-exponent", "1e99999999999999999999"),
        ("underflow-huge-exponent", "1e-99999999999999999999"),
        ("smallest", "5e-324"),
        ("smallest-of-normal", "2.2250738585072014e-308"),
        ("half-smallest", &half_smallest),
        ("half-smallest-and-a-bit", &half_smallest_more),
        ("half-smallest-less-a-bit", &half_smallest_less),
        ("subnormal", "4.9406564584124654e-322"),
        (
            "leading-zeros-after-point",
            "0.000000000000000000000000000000000000000123456789",
        ),
        ("point-and-exponent", "123.456e-7"),
        ("exponent-leading-zeros", "1e0000000000000000000005"),
    ] {
        add(
            cases,
            format!("value-{name}"),
            format!(r#"[{{"timestamp":1,"value":{number}}}]"#),
        );
    }
}

/// Timestamps and what is none.
pub fn timestamps(cases: &mut Vec<Case>) {
    for (name, number) in [
        ("zero", "0"),
        ("53-bits-and-one", "9007199254740993"),
        ("i64-max-plus-one", "9223372036854775808"),
        ("u64-max", "18446744073709551615"),
        ("u64-max-plus-one", "18446744073709551616"),
        ("twenty-one-digits", "184467440737095516150"),
        ("minus-one", "-1"),
        ("minus-zero", "-0"),
        ("fraction", "1.5"),
        ("whole-with-point", "1.0"),
        ("exponent", "1e3"),
        ("beyond-range", "1e400"),
        ("string", r#""1""#),
        ("null", "null"),
        ("true", "true"),
        ("array", "[1]"),
        ("object", "{}"),
        ("leading-zero", "01"),
        ("plus", "+1"),
    ] {
        add(
            cases,
            format!("timestamp-{name}"),
            format!(r#"[{{"timestamp":{number},"value":1}}]"#),
        );
    }
}

/// Numbers in many spellings, round trips and halfway decimals among them.
pub fn random_numbers(cases: &mut Vec<Case>) {
    let mut random = Prng::new(0x5712);
    for i in 0..12 {
        let records: Vec<String> = (0..40)
            .map(|_| {
                let value = match i % 4 {
                    0 => format!("{:e}", random.finite()),
                    1 => format!("{}", random.wide(20.0)),
                    2 => digits(&mut random),
                    _ => format!("{:.*e}", random.below(30) as usize, random.finite() / 2.0),
                };
                format!(
                    r#"{{"timestamp":{},"value":{value}}}"#,
                    random.bits() >> random.below(64)
                )
            })
            .collect();
        add(
            cases,
            format!("random-{i:02}"),
            format!("[{}]", records.join(",")),
        );
    }
    // The exact middle of two doubles, written out in full: an odd number of 54
    // bits by a power of two, which is a power of five by one of ten.
    for (i, power) in [1, 2, 5, 20, 53, 54, 80, 150, 400, 900]
        .into_iter()
        .enumerate()
    {
        let records: Vec<String> = (0..6)
            .map(|_| {
                let odd = BigUint::from((1 << 53) | random.bits() >> 11 | 1);
                format!("[{i},{}e-{power}]", odd * BigUint::from(5u32).pow(power))
            })
            .collect();
        add(
            cases,
            format!("random-halfway-{power}"),
            format!("[{}]", records.join(", ")),
        );
    }
}

/// A number of random digits, point and exponent.
fn digits(random: &mut Prng) -> String {
    let mut number = String::from(["", "-"][random.below(2) as usize]);
    number.push((b'1' + random.below(9) as u8) as char);
    for _ in 0..random.below(40) {
        number.push((b'0' + random.below(10) as u8) as char);
    }
    if random.below(2) == 1 {
        number.push('.');
        for _ in 0..=random.below(40) {
            number.push((b'0' + random.below(10) as u8) as char);
        }
    }
    if random.below(2) == 1 {
        number += &format!("e{}", random.below(500) as i64 - 250);
    }
    number
}

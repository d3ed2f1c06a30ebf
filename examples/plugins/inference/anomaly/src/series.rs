//! What is known of a series so far: its level, its season, how it usually changes. From that
//! come the numbers that the network judges a point by.

use crate::network::FEATURES;
use crate::number::{clamp, share, squash};

/// Points of a season.
pub const SEASON: usize = 24;
/// Values that are kept: two seasons.
pub const RING: usize = 2 * SEASON;
/// Points before the model answers.
pub const WARM: u64 = 3 * SEASON as u64;
/// Values beyond it, and those that are not finite, are invalid.
pub const LARGEST: f64 = 1e200;
/// The max number of intervals between two points that are told apart.
const MOST: u64 = 1 << 32;
/// Points in order after which a clock that went back is believed.
const SET_BACK: u64 = 24;
/// Points with another interval after which that is believed.
const CHANGED: u64 = 6;

/// The state of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Valid points.
    pub count: u64,
    /// The timestamp of the last valid point.
    pub time: u64,
    /// The time between points; 0 as long as it is unknown.
    pub interval: u64,
    /// Another interval that was seen, and how often in succession.
    pub other: u64,
    pub others: u64,
    /// The timestamp of the last point that came before its time, and how many are in order.
    pub back_time: u64,
    pub backs: u64,
    /// Points that repeat the value before them.
    pub run: u64,
    /// The place in the season.
    pub slot: usize,
    /// The place of the oldest value in the ring.
    pub head: usize,
    pub ring: [f64; RING],
    pub season: [f64; SEASON],
    /// The other numbers, by the names below.
    pub means: [f64; MEANS],
}

/// How many numbers `means` has.
pub const MEANS: usize = 17;
/// The level, and a slower one.
const LEVEL: usize = 0;
const SLOW: usize = 1;
/// Means of absolute values: of steps, residuals, changes in a season, drifts of the level.
const STEP_SCALE: usize = 2;
const REST_SCALE: usize = 3;
const SEASON_SCALE: usize = 4;
const DRIFT_SCALE: usize = 5;
/// Means of the last residuals and absolute steps.
const REST6: usize = 6;
const REST24: usize = 7;
const REST96: usize = 8;
const STEP6: usize = 9;
const STEP24: usize = 10;
/// The season where the run of equal values began, and how often values repeat.
const RUN_SEASON: usize = 11;
const EQUAL: usize = 12;
/// Features of the last three steps and the last residual.
const LAST: usize = 13;
const LAST_REST: usize = 16;

impl Series {
    pub const NEW: Self = Self {
        count: 0,
        time: 0,
        interval: 0,
        other: 0,
        others: 0,
        back_time: 0,
        backs: 0,
        run: 0,
        slot: 0,
        head: 0,
        ring: [0.0; RING],
        season: [0.0; SEASON],
        means: [0.0; MEANS],
    };

    /// Reports whether a point with this timestamp can follow.
    pub fn in_order(&mut self, time: u64) -> bool {
        if self.count == 0 || time > self.time {
            self.backs = 0;
            return true;
        }
        self.backs = if self.backs > 0 && time > self.back_time {
            self.backs + 1
        } else {
            1
        };
        if self.backs >= SET_BACK {
            self.backs = 0;
            self.time = self.back_time;
            return true;
        }
        self.back_time = time;
        false
    }

    /// Adds a valid point. Returns what the network is asked about it, unless the series is too
    /// short, and the number of intervals since the point before.
    pub fn add(&mut self, time: u64, x: f64) -> (Option<[f64; FEATURES]>, u64) {
        if self.count == 0 {
            self.count = 1;
            self.time = time;
            self.means[LEVEL] = x;
            self.means[SLOW] = x;
            self.ring = [x; RING];
            return (None, 1);
        }
        let steps = self.steps(time - self.time);
        let missing = steps - 1;
        // What is missing is what was expected, for at most the length of the ring.
        for _ in 0..missing.min(RING as u64) {
            self.slot = (self.slot + 1) % SEASON;
            self.push(self.means[LEVEL] + self.season[self.slot]);
        }
        if missing > RING as u64 {
            let beyond = (missing - RING as u64) % SEASON as u64;
            self.slot = (self.slot + beyond as usize) % SEASON;
        }
        self.slot = (self.slot + 1) % SEASON;
        let features = self.measure(x);
        self.time = time;
        ((self.count > WARM).then_some(features), steps)
    }

    /// Returns how many intervals a time is, at least 1.
    fn steps(&mut self, passed: u64) -> u64 {
        if self.interval == 0 {
            self.interval = passed;
            return 1;
        }
        let rest = passed % self.interval;
        let up = u64::from(rest >= self.interval - rest);
        let steps = (passed / self.interval + up).min(MOST);
        if steps == 1 {
            self.others = 0;
            return 1;
        }
        if self.others > 0 && passed.abs_diff(self.other) <= self.other / 8 {
            self.others += 1;
        } else {
            self.other = passed;
            self.others = 1;
        }
        if self.others >= CHANGED {
            self.interval = self.other;
            self.others = 0;
            return 1;
        }
        steps.max(1)
    }

    fn push(&mut self, x: f64) {
        self.ring[self.head] = x;
        self.head = (self.head + 1) % RING;
    }

    /// Returns the value some points ago, 1 for the last one.
    fn back(&self, n: usize) -> f64 {
        self.ring[(self.head + RING - n) % RING]
    }

    fn measure(&mut self, x: f64) -> [f64; FEATURES] {
        let slot = self.slot;
        let last = self.back(1);
        let change = x - last;
        let step = change - (self.season[slot] - self.season[(slot + SEASON - 1) % SEASON]);
        let rest = x - (self.means[LEVEL] + self.season[slot]);
        let day = x - self.back(SEASON);
        let days = x - self.back(2 * SEASON);
        let steps_day = change - (self.back(SEASON) - self.back(SEASON + 1));
        let drift = self.means[LEVEL] - self.means[SLOW];
        if change == 0.0 {
            self.run = self.run.saturating_add(1);
        } else {
            self.run = 0;
            self.means[RUN_SEASON] = self.season[slot];
        }
        let moved = self.season[slot] - self.means[RUN_SEASON];

        let m = &mut self.means;
        m[REST6] += (rest - m[REST6]) / 6.0;
        m[REST24] += (rest - m[REST24]) / 24.0;
        m[REST96] += (rest - m[REST96]) / 96.0;
        m[STEP6] += (step.abs() - m[STEP6]) / 6.0;
        m[STEP24] += (step.abs() - m[STEP24]) / 24.0;

        let m = &self.means;
        let now = squash(step, m[STEP_SCALE]);
        let rest_now = squash(rest, m[REST_SCALE]);
        #[expect(clippy::cast_precision_loss, reason = "long runs are alike")]
        let run = self.run as f64;
        let features = [
            now,
            m[LAST],
            m[LAST + 1],
            m[LAST + 2],
            rest_now,
            m[LAST_REST],
            squash(day, m[SEASON_SCALE]),
            squash(days, m[SEASON_SCALE]),
            squash(steps_day, m[STEP_SCALE]),
            squash(m[REST6], m[REST_SCALE]),
            squash(m[REST24], m[REST_SCALE]),
            squash(m[REST96], m[REST_SCALE]),
            squash(m[REST6] - m[REST24], m[REST_SCALE]),
            squash(drift, m[DRIFT_SCALE]),
            squash(m[STEP6], m[STEP_SCALE]),
            squash(m[STEP24], m[STEP_SCALE]),
            share(run, 4.0),
            share(run, 24.0),
            squash(moved, m[STEP_SCALE]),
            squash(last - self.back(3), m[STEP_SCALE]),
            m[EQUAL],
            share(m[STEP_SCALE], m[REST_SCALE]),
            share(m[SEASON_SCALE], m[REST_SCALE]),
            now.abs(),
        ];
        self.means[LAST + 2] = self.means[LAST + 1];
        self.means[LAST + 1] = self.means[LAST];
        self.means[LAST] = now;
        self.means[LAST_REST] = rest_now;
        self.learn([step, rest, day, drift], change);
        self.count = self.count.saturating_add(1);
        self.push(x);
        features
    }

    /// Learns level, season and scales. What is far off counts for little.
    fn learn(&mut self, [step, rest, day, drift]: [f64; 4], change: f64) {
        let warm = self.count >= WARM;
        let (near, gain, mut level, slow, rate);
        if warm {
            near = clamp(rest, 4.0 * self.means[REST_SCALE]);
            (gain, level, slow, rate) = (0.1, 0.02, 0.003, 0.01);
        } else {
            #[expect(
                clippy::cast_precision_loss,
                reason = "there are less than WARM points"
            )]
            let (n, seasons) = (self.count as f64, (self.count / SEASON as u64) as f64);
            near = rest;
            (gain, level, rate) = (1.0 / (1.0 + seasons), 1.0 / (n + 1.0), 1.0 / n);
            slow = level;
        }
        if level < 0.02 {
            level = 0.02;
        }
        let m = &mut self.means;
        m[LEVEL] += level * near;
        self.season[self.slot] += gain * (near - level * near);
        m[SLOW] += slow * (m[LEVEL] - m[SLOW]);
        for (scale, x) in [
            (STEP_SCALE, step),
            (REST_SCALE, rest),
            (SEASON_SCALE, day),
            (DRIFT_SCALE, drift),
        ] {
            let mut x = x.abs();
            if warm && x > 4.0 * m[scale] {
                // It grows also from nothing.
                x = 4.0 * m[scale] + 0.01 * x;
            }
            m[scale] += rate * (x - m[scale]);
        }
        let equal = if change == 0.0 { 1.0 } else { 0.0 };
        m[EQUAL] += rate * (equal - m[EQUAL]);
    }
}

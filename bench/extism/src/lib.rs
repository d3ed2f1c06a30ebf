//! A plugin for Extism, as one would write it in Rust: two passes, and serde_json. Points come
//! as JSON, or as their bytes.

use extism_pdk::{FnResult, Json, plugin_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Point {
    timestamp: u64,
    value: f64,
}

#[derive(Serialize)]
struct Moments {
    mean: f64,
    variance: f64,
    sum: f64,
}

fn moments(values: impl ExactSizeIterator<Item = f64> + Clone) -> Moments {
    let n = values.len() as f64;
    let sum: f64 = values.clone().sum();
    let mean = sum / n;
    let squares: f64 = values.map(|x| (x - mean) * (x - mean)).sum();
    Moments {
        mean,
        variance: squares / n,
        sum,
    }
}

/// JSON in, JSON out.
#[plugin_fn]
pub fn aggregate(points: Json<Vec<Point>>) -> FnResult<Json<Moments>> {
    Ok(Json(moments(points.0.iter().map(|point| point.value))))
}

/// Packed points in, three numbers out.
#[plugin_fn]
pub fn aggregate_bytes(points: Vec<u8>) -> FnResult<Vec<u8>> {
    let (points, _) = points.as_chunks::<16>();
    let m = moments(points.iter().map(|point| {
        let [.., a, b, c, d, e, f, g, h] = *point;
        f64::from_le_bytes([a, b, c, d, e, f, g, h])
    }));
    Ok([m.mean, m.variance, m.sum].map(f64::to_le_bytes).concat())
}

/// The text of points in, packed points out.
#[plugin_fn]
pub fn parse_bytes(text: Vec<u8>) -> FnResult<Vec<u8>> {
    let points: Vec<Point> = serde_json::from_slice(&text)?;
    let mut bytes = Vec::with_capacity(16 * points.len());
    for point in points {
        bytes.extend(point.timestamp.to_le_bytes());
        bytes.extend(point.value.to_le_bytes());
    }
    Ok(bytes)
}

/// The text of points in, their JSON out.
#[plugin_fn]
pub fn parse(points: Json<Vec<Point>>) -> FnResult<Json<Vec<Point>>> {
    Ok(points)
}

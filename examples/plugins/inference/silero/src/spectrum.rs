//! The magnitudes of a transform of Fourier, of four windows at once: one in each lane.

use compute_pipeline_nn::lanes::F32x4;

/// The samples of a window.
pub const WINDOW: usize = 256;
/// The frequencies of its transform.
pub const BINS: usize = WINDOW / 2 + 1;
/// How many windows are transformed at once.
pub const WINDOWS: usize = 4;
/// Samples between the starts of windows.
pub const STEP: usize = WINDOW / 2;
/// The samples under all windows.
pub const SPAN: usize = STEP * (WINDOWS - 1) + WINDOW;

/// What a transform needs.
#[repr(C)]
pub struct Tables {
    /// The window of Hann.
    window: [f32; WINDOW],
    /// e^(-2 pi i k / 256): real and imaginary parts.
    roots: [[f32; 2]; WINDOW / 2],
}

impl Tables {
    /// Returns the magnitudes for each window.
    ///
    /// By decimation in time (J. W. Cooley and J. W. Tukey, 1965): the numbers in the order of
    /// their indices' bits reversed, then eight rounds of butterflies.
    pub fn magnitudes(&self, samples: &[f32; SPAN]) -> [[f32; BINS]; WINDOWS] {
        let mut real = [F32x4::splat(0.0); WINDOW];
        let mut imaginary = [F32x4::splat(0.0); WINDOW];
        for (index, place) in real.iter_mut().enumerate() {
            let from = usize::from((index as u8).reverse_bits());
            let lanes = std::array::from_fn(|window| samples[from + window * STEP]);
            *place = F32x4::load(&lanes).times(F32x4::splat(self.window[from]));
        }
        let mut half = 1;
        while half < WINDOW {
            for k in 0..half {
                let [cos, sin] = self.roots[k * (WINDOW / 2 / half)].map(F32x4::splat);
                for low in (k..WINDOW).step_by(2 * half) {
                    let high = low + half;
                    let turned_real = real[high].times(cos).minus(imaginary[high].times(sin));
                    let turned_imaginary = real[high].times(sin).plus(imaginary[high].times(cos));
                    real[high] = real[low].minus(turned_real);
                    imaginary[high] = imaginary[low].minus(turned_imaginary);
                    real[low] = real[low].plus(turned_real);
                    imaginary[low] = imaginary[low].plus(turned_imaginary);
                }
            }
            half *= 2;
        }
        let mut magnitudes = [[0.0; BINS]; WINDOWS];
        for bin in 0..BINS {
            let squares = real[bin]
                .times(real[bin])
                .plus(imaginary[bin].times(imaginary[bin]));
            for (magnitudes, square) in magnitudes.iter_mut().zip(squares.lanes()) {
                magnitudes[bin] = square.sqrt();
            }
        }
        magnitudes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::WEIGHTS;

    #[test]
    fn magnitudes_are_those_of_sines_and_cosines() {
        let samples: [f32; SPAN] =
            std::array::from_fn(|i| ((i * i) as f32 * 0.37).sin() + (i as f32 * 0.05).cos());
        let got = WEIGHTS.spectrum.magnitudes(&samples);
        for (window, got) in got.iter().enumerate() {
            for (bin, got) in got.iter().enumerate() {
                let (mut real, mut imaginary) = (0.0, 0.0);
                for i in 0..WINDOW {
                    let turn = std::f64::consts::TAU * i as f64 / WINDOW as f64;
                    let hann = 0.5 - 0.5 * turn.cos();
                    let sample = f64::from(samples[window * STEP + i]) * hann;
                    real += sample * (turn * bin as f64).cos();
                    imaginary += sample * (turn * bin as f64).sin();
                }
                let want = real.hypot(imaginary);
                assert!((f64::from(*got) - want).abs() < 2e-5, "{got} is not {want}");
            }
        }
    }
}

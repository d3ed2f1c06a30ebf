"""Sound for tests: speech by espeak-ng, noise, tones and silence, at 16 kHz. Every seed gives other
sound, and the same wherever the same espeak-ng is."""

import subprocess

import numpy as np

TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "Eight instances of a module answer in parallel, and none of them sees the others.",
    "Wie spät ist es? Es ist viertel nach neun.",
    "Il fait beau aujourd'hui, n'est-ce pas?",
    "One, two, three, four, five, six, seven, eight, nine, ten.",
    "No.",
]
VOICES = ["en", "de", "fr", "en-us", "es", "it"]
RATE = 16_000


def speech(random):
    """Returns a sentence."""
    text, voice = random.choice(TEXTS), random.choice(VOICES)
    command = ["espeak-ng", "--stdout", "-v", f"{voice}+f{random.integers(1, 5)}" if random.random() < 0.5 else voice,
               "-s", str(random.integers(110, 240)), "-p", str(random.integers(20, 90)), str(text)]
    wave = subprocess.run(command, check=True, capture_output=True).stdout
    # 22,050 Hz, 16 bits, after a header of 44 bytes.
    samples = np.frombuffer(wave[44:], "<i2").astype(np.float64) / 32768
    at = np.arange(int(len(samples) * RATE / 22_050)) * 22_050 / RATE
    return np.interp(at, np.arange(len(samples)), samples)


def other(random):
    """Returns half a second to two seconds without speech."""
    length = int(random.uniform(0.5, 2) * RATE)
    kind = random.integers(4)
    if kind == 0:
        return np.zeros(length)
    if kind == 1:
        return random.standard_normal(length) * random.uniform(0.001, 0.2)
    if kind == 2:
        return random.uniform(0.1, 1) * np.sin(2 * np.pi * random.uniform(50, 4000) / RATE * np.arange(length))
    return np.sign(random.uniform(-1, 1, length)) * (random.random(length) < 0.001)


def mixture(seed):
    """Returns speech and other sound by turns, with noise under all of it, as 16-bit integers."""
    random = np.random.default_rng(seed)
    parts = [part(random) for part in (other, speech) * 2]
    samples = np.concatenate(parts) * random.uniform(0.05, 1)
    samples += random.standard_normal(len(samples)) * random.choice([0, 0.001, 0.01, 0.1])
    return np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2")

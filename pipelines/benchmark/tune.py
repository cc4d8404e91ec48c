"""A tune of plucked chords, a melody and a beat; made here, so that nobody owns it."""

import numpy as np

from pipelines.tagging.decoding import SOUND_HZ, Sound

BEAT_S = 0.25
CHORDS = ((261.6, 329.6, 392.0), (220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7))
"""C, A minor, F, G in Hz."""
SCALE = (523.3, 587.3, 659.3, 784.0, 880.0)


def tune(seconds: float, seed: int = 0) -> Sound:
    """So many seconds of it."""
    random = np.random.default_rng(seed)
    out = np.zeros(int(seconds * SOUND_HZ))
    for beat in range(int(seconds / BEAT_S)):
        chord = CHORDS[beat // 8 % len(CHORDS)]
        notes = [(SCALE[random.integers(len(SCALE))], 0.3)]
        notes += [(note, 0.25) for note in chord] if beat % 2 == 0 else []
        notes += [(chord[0] / 4, 0.5)] if beat % 4 == 0 else []
        hiss = random.standard_normal(SOUND_HZ // 20) * np.exp(-np.linspace(0, 6, SOUND_HZ // 20)) * 0.15
        for sound in (hiss, *(loud * _plucked(hertz, 2 * BEAT_S) for hertz, loud in notes)):
            first = int(beat * BEAT_S * SOUND_HZ)
            fits = out[first : first + len(sound)]
            fits += sound[: len(fits)]
    return (0.7 * out / np.abs(out).max()).astype(np.float32)


def _plucked(hertz: float, seconds: float) -> np.ndarray:
    """A string: six overtones that die away."""
    t = np.arange(int(seconds * SOUND_HZ)) / SOUND_HZ
    overtones = sum(np.sin(2 * np.pi * hertz * n * t) / n**1.5 for n in range(1, 7))
    return overtones * np.exp(-3 * t / seconds) * np.minimum(1, t / 0.01)

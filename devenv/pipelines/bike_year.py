"""A made-up year of London weather and bike hires, so that the environment needs no download.

Every hour is invented. Weather follows the season and the time of day, hires follow commuters,
warmth and rain, with noise on top. The same seed gives the same hours.
"""

import numpy as np
from numpy.typing import NDArray

from devenv.pipelines.bike_hours import Hours

SOURCE = "synthetic hours"
"""The start of `Hours.source`: nobody should take this for London's data."""

START = np.datetime64("2015-01-01T00:00:00")
SEED, HOURS = 2015, 10_000

# Bikes hired by the hour of the day, on working days and at weekends.
WORKING = np.array(
    [220, 130, 80, 55, 55, 120, 600, 2000, 3800, 2000, 1000, 950]
    + [1250, 1300, 1200, 1300, 1800, 3200, 3000, 1800, 1150, 800, 600, 430]
)
WEEKEND = np.array(
    [470, 380, 270, 190, 120, 95, 120, 210, 420, 800, 1200, 1600]
    + [1900, 2050, 2100, 2150, 2050, 1850, 1550, 1200, 880, 620, 540, 450]
)
WEATHER = {1: 1.1, 2: 1.15, 3: 1.05, 4: 0.85, 7: 0.65, 10: 0.5, 26: 0.25}
"""The weather codes and how many more, or fewer, ride in them."""


def synthetic_hours(seed: int = SEED, hours: int = HOURS) -> Hours:
    """`hours` made-up hours from the beginning of 2015 on."""
    random = np.random.Generator(np.random.PCG64(seed))
    time = START + np.arange(hours).astype("timedelta64[h]")
    of_day = np.arange(hours) % 24
    day = -np.cos(2 * np.pi * (of_day - 3) / 24)
    year = -np.cos(2 * np.pi * (np.arange(hours) / 24 - 20) / 365)
    t1 = 12 + 6.5 * year + 2.8 * day + _drift(random, hours, 2.2)
    t2 = np.where(t1 < 14, t1 - 0.3 * (14 - t1), t1) + random.normal(0, 0.5, hours)
    hum = np.clip(74 - 5 * year - 11 * day + _drift(random, hours, 9), 21, 100)
    code = _weather(random, hum, t1)
    mean = np.where(np.is_busday(time.astype("datetime64[D]")), WORKING[of_day], WEEKEND[of_day])
    mean = mean * (0.55 + 0.036 * np.clip(t2, -3, 28)) * (1.45 - 0.006 * hum)
    mean = mean * np.vectorize(WEATHER.get)(code)
    hires = np.round(mean * np.exp(random.normal(0, 0.2, hours)))
    source = f"{SOURCE} (seed {seed}, {hours} hours)"
    halves = dict(
        zip(("t1", "t2", "hum"), (np.round(2 * x) / 2 for x in (t1, t2, hum)), strict=True)
    )
    return Hours(source, time, hires, **halves, weather_code=code)


def _drift(random: np.random.Generator, hours: int, spread: float) -> NDArray[np.float64]:
    """Weather that changes over a day or two: noise that remembers, of standard deviation 1."""
    kept = 0.97
    steps = random.normal(0, spread * np.sqrt(1 - kept**2), hours)
    value = 0.0
    drift = np.empty(hours)
    for hour, step in enumerate(steps):
        value = kept * value + step
        drift[hour] = value
    return drift


def _weather(
    random: np.random.Generator, hum: NDArray[np.float64], t1: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Codes: the more humid, the worse; what falls in the cold is snow."""
    level = (hum - 40) / 60 + random.normal(0, 0.28, len(hum))
    dry = np.digitize(level, [0.35, 0.6, 0.8]) + 1
    wet = np.where(t1 < 1, 26, np.where(random.random(len(hum)) < 0.01, 10, 7))
    return np.where(level > 0.95, wet, dry).astype(np.float64)

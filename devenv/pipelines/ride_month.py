"""A made-up month of green taxi trips, so that the environment needs no download.

Zone ids and their rough places are New York's; every trip is invented. Hours, distances and
speeds follow rules that are simple, plausible and learnable, with noise on top. The same seed
gives the same month.
"""

import numpy as np
from numpy.typing import NDArray

from devenv.pipelines.ride_trips import Trips, usable

SOURCE = "synthetic month"
"""The start of `Trips.source`: nobody should take this for the commission's data."""

MONTH, DAYS = np.datetime64("2022-01-01T00:00:00"), 31
SEED, TRIPS = 2022, 10_000
LAST_ZONE = 263

# id: (miles east and north of Columbus Circle, share of pickups), where green cabs are seen.
BUSY_ZONES: dict[int, tuple[float, float, float]] = {
    # Upper Manhattan
    74: (2.1, 2.9, 9.0), 75: (1.7, 2.0, 8.5), 41: (1.1, 3.0, 6.5), 42: (1.4, 3.7, 5.5),
    166: (0.6, 2.9, 4.5), 116: (0.6, 4.2, 2.5), 152: (0.5, 3.6, 1.5), 24: (0.5, 2.2, 1.2),
    151: (0.4, 1.9, 1.5), 43: (0.9, 1.1, 1.8), 238: (0.1, 1.5, 0.8), 239: (0.0, 0.9, 0.8),
    236: (1.3, 1.2, 1.2), 237: (1.1, 0.5, 1.0), 263: (1.7, 1.3, 0.8), 244: (0.8, 5.1, 1.5),
    243: (1.1, 6.1, 0.8), 127: (1.4, 7.1, 0.5),
    # Midtown, where trips end
    161: (0.7, -0.6, 0.1), 162: (1.0, -0.5, 0.1), 230: (0.2, -0.5, 0.1), 48: (-0.2, -0.3, 0.1),
    170: (0.9, -1.2, 0.1), 79: (0.7, -2.6, 0.1),
    # The Bronx
    168: (3.2, 3.2, 1.6), 247: (2.4, 4.1, 1.2), 69: (2.8, 4.6, 1.0), 119: (2.2, 4.8, 0.8),
    159: (3.3, 4.0, 1.0), 246: (-0.9, -1.1, 0.1),
    # Queens
    7: (3.2, 0.2, 3.4), 179: (2.8, 0.8, 1.0), 223: (4.0, 0.9, 1.2), 146: (2.3, -0.9, 1.0),
    145: (2.1, -1.4, 0.9), 226: (3.2, -1.5, 1.2), 260: (4.2, -1.6, 1.6), 129: (5.0, -0.9, 2.4),
    82: (5.2, -1.7, 3.4), 56: (6.0, -1.5, 1.6), 95: (6.9, -3.0, 3.2), 130: (8.9, -3.9, 2.6),
    205: (11.2, -4.6, 0.6), 216: (8.9, -6.0, 0.6), 92: (7.7, -0.4, 0.8), 138: (5.8, 0.4, 0.3),
    132: (10.1, -7.9, 0.3),
    # Brooklyn
    97: (1.0, -5.4, 3.2), 65: (0.5, -5.3, 2.0), 25: (0.3, -5.7, 1.8), 33: (0.0, -5.0, 1.4),
    66: (0.2, -4.6, 0.8), 49: (1.5, -5.3, 1.2), 181: (0.6, -6.9, 2.4), 106: (0.2, -6.3, 0.9),
    40: (-0.2, -6.2, 0.8), 52: (-0.1, -5.7, 0.8), 189: (1.2, -6.2, 0.8), 61: (2.2, -6.5, 1.4),
    17: (2.1, -5.6, 1.4), 255: (1.9, -3.6, 1.6), 256: (1.6, -4.1, 1.4), 112: (2.0, -2.6, 1.6),
    36: (3.1, -4.9, 0.7), 37: (2.9, -4.3, 1.0),
}  # fmt: skip
QUIET_SHARE = 0.03
"""The share of each zone that isn't listed; it lies somewhere on the city's map."""

# By the hour of the day: how many trips start (relative), and how fast traffic is (miles/h).
DEMAND = np.array(
    [3.2, 2.2, 1.5, 1.1, 1.0, 1.2, 2.2, 4.2, 5.4, 5.0, 4.6, 4.6]
    + [4.8, 5.0, 5.6, 6.2, 6.8, 7.4, 7.6, 6.8, 5.8, 5.2, 4.8, 4.2]
)
SPEED = np.array(
    [15.5, 16.0, 16.5, 17.0, 17.5, 17.0, 14.5, 11.5, 10.2, 10.2, 10.5, 10.5]
    + [10.3, 10.2, 9.8, 9.4, 9.2, 9.2, 9.8, 10.8, 11.8, 12.6, 13.4, 14.5]
)
WEEKEND_SPEED = 1.12
KERB_MINUTES = 1.6
"""Getting away and pulling in, whatever the distance."""


def synthetic_month(seed: int = SEED, trips: int = TRIPS) -> Trips:
    """About `trips` made-up trips of January 2022 (those under 1 or over 60 minutes drop out)."""
    random = np.random.Generator(np.random.PCG64(seed))
    miles, shares = _city(random)
    pickup = _pickups(random, trips)
    pickup_zone, dropoff_zone = _journeys(random, miles, shares, trips)
    metered = miles[pickup_zone - 1, dropoff_zone - 1] * np.exp(random.normal(0, 0.09, trips))
    distance = np.round(np.maximum(metered, 0.1), 2)
    minutes = _minutes(random, pickup, distance)
    source = f"{SOURCE} (seed {seed}, {trips} trips)"
    return usable(Trips(source, pickup, pickup_zone, dropoff_zone, distance, minutes))


def _city(random: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Miles by street from each zone to each other (index: id - 1), and the pickups' shares."""
    east = random.uniform(-1.0, 11.0, LAST_ZONE)
    north = random.uniform(-9.0, 7.0, LAST_ZONE)
    shares = np.full(LAST_ZONE, QUIET_SHARE)
    for zone, (x, y, share) in BUSY_ZONES.items():
        east[zone - 1], north[zone - 1], shares[zone - 1] = x, y, share
    straight = np.hypot(east[:, None] - east, north[:, None] - north)
    detour = np.exp(random.normal(0.25, 0.08, (LAST_ZONE, LAST_ZONE)))
    return 0.45 + straight * detour, shares / shares.sum()


def _pickups(random: np.random.Generator, trips: int) -> NDArray[np.datetime64]:
    """Pickup times to the second, by the hour's demand."""
    day = random.integers(0, DAYS, trips)
    hour = np.searchsorted(np.cumsum(DEMAND / DEMAND.sum()), random.random(trips))
    second = day * 86_400 + np.minimum(hour, 23) * 3_600 + random.integers(0, 3_600, trips)
    return np.asarray(MONTH + second.astype("timedelta64[s]"))


def _journeys(
    random: np.random.Generator,
    miles: NDArray[np.float64],
    shares: NDArray[np.float64],
    trips: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Zone ids of pickup and dropoff: the nearer and busier a zone, the likelier it's the end."""
    pull = np.sqrt(shares) * np.exp(-miles / 1.5)
    joint = shares[:, None] * pull / pull.sum(axis=1, keepdims=True)
    total = np.cumsum(joint.ravel())
    pair = np.searchsorted(total, random.random(trips) * total[-1])
    return pair // LAST_ZONE + 1, pair % LAST_ZONE + 1


def _minutes(
    random: np.random.Generator, pickup: NDArray[np.datetime64], distance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Durations: slower at busy hours, faster over longer ways, with log-normal noise."""
    seconds = (pickup - MONTH) / np.timedelta64(1, "s")
    speed = SPEED[(seconds % 86_400 // 3_600).astype(int)]
    weekend = np.is_busday(pickup.astype("datetime64[D]"), weekmask="0000011")
    speed = speed * np.where(weekend, WEEKEND_SPEED, 1.0) * (1 + 0.07 * np.minimum(distance, 12))
    noise = np.exp(random.normal(0, 0.28, len(distance)))
    return np.asarray(np.round((KERB_MINUTES + 60 * distance / speed) * noise * 60) / 60)

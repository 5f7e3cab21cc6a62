// Whether the sun is up at a place. The almanac's short formula: right to a minute or two in this century.
const DAY_MS = 86_400_000;
const YEAR_2000_MS = Date.UTC(2000, 0, 1, 12);
/** The sun's upper edge at the horizon, seen through the air. */
const RISING_DEGREES = -0.833;
const STEP_MS = 5 * 60_000;

export interface Place {
  lon: number;
  lat: number;
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Tell whether the sun is above the horizon at a time in milliseconds. */
export function is_sun_up(at_ms: number, { lon, lat }: Place): boolean {
  const days = (at_ms - YEAR_2000_MS) / DAY_MS;
  const anomaly = radians(357.529 + 0.98560028 * days);
  const mean = 280.459 + 0.98564736 * days;
  const ecliptic = radians(mean + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly));
  const tilt = radians(23.439 - 0.00000036 * days);
  const ascension = Math.atan2(Math.cos(tilt) * Math.sin(ecliptic), Math.cos(ecliptic));
  const declination = Math.asin(Math.sin(tilt) * Math.sin(ecliptic));
  const sidereal = radians((18.697374558 + 24.06570982441908 * days) * 15 + lon);
  const height = Math.asin(
    Math.sin(radians(lat)) * Math.sin(declination) +
      Math.cos(radians(lat)) * Math.cos(declination) * Math.cos(sidereal - ascension),
  );
  return height > radians(RISING_DEGREES);
}

/** When the sun rises or sets next, to five minutes; a day from now where it does neither. */
export function next_change(at_ms: number, place: Place): number {
  const is_up = is_sun_up(at_ms, place);
  for (let later = at_ms + STEP_MS; later < at_ms + DAY_MS; later += STEP_MS) {
    if (is_sun_up(later, place) !== is_up) return later;
  }
  return at_ms + DAY_MS;
}

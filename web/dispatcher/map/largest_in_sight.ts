// Which outages have marks where thousands are in sight. Pure.
import { is_open } from "../live/decisions";
import type { OutageRow } from "../live/outage_rows";

/** With more outages in sight than this, the largest of them keep their marks; thousands would hide each other. */
const MOST_MARKED = 300;

/** The outages that have marks where the others are spots; null where there is room for all in sight. */
export function largest_in_sight(
  bounds: [west_south: [number, number], east_north: [number, number]],
  rows: readonly OutageRow[],
): ReadonlySet<string> | null {
  const [[west, south], [east, north]] = bounds;
  const in_sight = rows.filter(
    ({ outage, lon, lat }) =>
      lon !== null &&
      lat !== null &&
      is_open(outage.status) &&
      west <= lon &&
      lon <= east &&
      south <= lat &&
      lat <= north,
  );
  if (in_sight.length <= MOST_MARKED) return null;
  in_sight.sort((a, b) => b.outage.customers_out - a.outage.customers_out);
  return new Set(in_sight.slice(0, MOST_MARKED).map(({ outage }) => outage.id));
}

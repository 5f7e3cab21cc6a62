// The areas of the outages' households, as the server draws them: asked for one by one, largest first, and again
// only when an outage has other households than before. Looking back, they are those that were known then.
import type { Feature, Geometry } from "geojson";
import { shallowReactive, toRaw } from "vue";
import { ask } from "../../src/shared/api/request";
import { is_out } from "../live/decisions";
import type { OutageRow } from "../live/outage_rows";
import type { LoggedOutage } from "../live/replay";

/** A map with more outlines than this says nothing; the marks say it all. */
const MOST_SHOWN = 60;
const TRY_AGAIN_MS = 5_000;

interface Area {
  /** What the area was drawn for. */
  households: string;
  geometry: Geometry | null;
}

/** Changes with the households of an outage. */
function households_of({ device, phases, status, service_points_out }: LoggedOutage): string {
  return `${device}|${phases}|${is_out(status)}|${service_points_out}`;
}

export type AreaFeature = Feature<
  Geometry,
  { id: string; selected: boolean; state: "predicted" | "confirmed" | "past" }
>;

export class Areas {
  private readonly known = shallowReactive(new Map<string, Area>());
  private wanted: OutageRow[] = [];
  private is_asking = false;
  private is_stopped = false;

  /** `is_past`: what was known of an outage at its last change then, and never what was known at another time. */
  constructor(private readonly is_past = false) {}

  stop(): void {
    this.is_stopped = true;
  }

  /** Another network version may have the households elsewhere. */
  forget(): void {
    this.known.clear();
  }

  /** Ask for what is missing of these outages. */
  want(rows: readonly OutageRow[], selected_id: string | null): void {
    const known = toRaw(this.known);
    this.wanted = this.heaviest(rows, selected_id).filter(
      ({ outage }) => known.get(outage.id)?.households !== households_of(outage),
    );
    void this.ask();
  }

  /** The selected one and the largest, heaviest first; of thousands only few are ever put in order. */
  private heaviest(rows: readonly OutageRow[], selected_id: string | null): OutageRow[] {
    const found: OutageRow[] = [];
    let least = 0;
    for (const row of rows) {
      const { id, status, customers_out } = row.outage;
      if (id !== selected_id && !(is_out(status) && customers_out > 1)) continue;
      const weight = this.weight(row, selected_id);
      if (found.length >= MOST_SHOWN && weight <= least) continue;
      const at = found.findIndex((other) => this.weight(other, selected_id) < weight);
      found.splice(at < 0 ? found.length : at, 0, row);
      if (found.length > MOST_SHOWN) found.pop();
      least = this.weight(found.at(-1) ?? row, selected_id);
    }
    return found;
  }

  /** The areas to draw: those of outages that still are out, and the selected one. */
  shown(outages: ReadonlyMap<string, LoggedOutage>, selected_id: string | null): AreaFeature[] {
    const features: AreaFeature[] = [];
    for (const [id, { geometry, households }] of this.known) {
      const outage = outages.get(id);
      if (outage && this.is_past && households !== households_of(outage)) continue;
      const selected = id === selected_id;
      if (!outage || !geometry || !(selected || is_out(outage.status))) continue;
      const held = outage.status === "predicted" ? "predicted" : "confirmed";
      const state = is_out(outage.status) ? held : "past";
      features.push({ type: "Feature", geometry, properties: { id, selected, state } });
    }
    return features;
  }

  geometry_of(outage_id: string): Geometry | null {
    return this.known.get(outage_id)?.geometry ?? null;
  }

  private weight(row: OutageRow, selected_id: string | null): number {
    return row.outage.id === selected_id ? Number.MAX_SAFE_INTEGER : row.outage.customers_out;
  }

  /** An outage's version is the position of its last change. */
  private address_of({ id, version }: LoggedOutage): string {
    const own = encodeURIComponent(id);
    if (!this.is_past) return `/api/outages/${own}/area`;
    return `/api/replay/outages/${own}/area?${new URLSearchParams({ position: String(version) })}`;
  }

  private async ask(): Promise<void> {
    if (this.is_asking) return;
    this.is_asking = true;
    try {
      for (let row = this.wanted.shift(); row && !this.is_stopped; row = this.wanted.shift()) {
        const households = households_of(row.outage);
        const answer = await ask<Feature>(this.address_of(row.outage));
        this.known.set(row.outage.id, { households, geometry: answer.geometry });
      }
    } catch {
      // Without an outline the marks still say where; the next change asks again.
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    } finally {
      this.is_asking = false;
    }
  }
}

/** West, south, east and north of a geometry in degrees. */
export function bounds_of(geometry: Geometry): [number, number, number, number] {
  const bounds: [number, number, number, number] = [180, 90, -180, -90];
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    const [lon, lat] = part;
    if (typeof lon !== "number" || typeof lat !== "number") {
      part.forEach(walk);
      return;
    }
    bounds[0] = Math.min(bounds[0], lon);
    bounds[1] = Math.min(bounds[1], lat);
    bounds[2] = Math.max(bounds[2], lon);
    bounds[3] = Math.max(bounds[3], lat);
  };
  if (geometry.type !== "GeometryCollection") walk(geometry.coordinates);
  return bounds;
}

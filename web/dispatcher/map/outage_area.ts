// The area of an outage's households, as the server draws it.
import type { Feature } from "geojson";
import { ask } from "../../src/shared/api/request";

/** Return the area; null where there is none or it cannot be had, which leaves the map without an outline. */
export async function area_of(outage_id: string): Promise<Feature | null> {
  try {
    return await ask<Feature>(`/api/outages/${encodeURIComponent(outage_id)}/area`);
  } catch {
    return null;
  }
}

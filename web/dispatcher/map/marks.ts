// Outages and crews as marks of the map. Each look is drawn once and kept by the map under a name that says it all.
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Crew, Job } from "../../src/shared/api/model";
import { is_active } from "../../src/shared/job_progress";
import { crew_image, outage_image, PIXEL_RATIO, short_number } from "../../src/shared/map/marker_images";
import type { Palette } from "../../src/shared/map/palette";
import { duration } from "../../src/shared/words/times";
import { t } from "../../src/shared/words/vocabulary";
import { is_open } from "../live/decisions";
import type { OutageRow } from "../live/outage_rows";
import type { Mark } from "./desk_layers";
import { largest_in_sight } from "./largest_in_sight";

/** A crew that is free or driving is expected to be heard of at least this often. */
const STALE_AFTER_MS = 30 * 60_000;

/** The marks by outage, of one style: its images go with it. What is drawn as before is the same object as before. */
export type KeptMarks = Map<string, Mark>;

export function outage_marks(
  map: MapLibreMap,
  palette: Palette,
  rows: readonly OutageRow[],
  selected_id: string | null,
  kept: KeptMarks,
): Mark[] {
  const marks: Mark[] = [];
  const largest = largest_in_sight(map.getBounds().toArray(), rows);
  for (const row of rows) {
    const { id, status, customers_out } = row.outage;
    if (row.lon === null || row.lat === null) continue;
    if (!is_open(status) && id !== selected_id) continue;
    const has_crew = row.job !== null && is_active(row.job);
    const selected = id === selected_id;
    const is_spot = largest !== null && !selected && !largest.has(id);
    const image = is_spot ? "" : `outage|${status}|${short_number(customers_out)}|${has_crew}`;
    const order = selected ? Number.MAX_SAFE_INTEGER : customers_out;
    const before = kept.get(id);
    if (before && is_as_before(before, row, { id, image, order, selected, status })) {
      marks.push(before);
      continue;
    }
    if (image && !map.hasImage(image)) {
      const drawn = outage_image({ status, customers: customers_out, has_crew }, palette);
      map.addImage(image, drawn, { pixelRatio: PIXEL_RATIO });
    }
    const made = mark(row.lon, row.lat, { id, image, order, selected, status });
    kept.set(id, made);
    marks.push(made);
  }
  return marks;
}

function is_as_before(before: Mark, { lon, lat }: OutageRow, now: Mark["properties"]): boolean {
  const { image, order, selected, status } = before.properties;
  const [was_lon, was_lat] = before.geometry.coordinates;
  const is_there = was_lon === lon && was_lat === lat;
  const is_same = image === now.image && order === now.order && status === now.status;
  return is_there && is_same && selected === now.selected;
}

/** So many crews in sight have names; of more they would hide the map, and drawing them anew at every step costs. */
const MOST_NAMED = 60;

/** Whether so few crews are in sight that each can have its name. */
export function are_named(map: MapLibreMap, crews: Iterable<Crew>): boolean {
  const bounds = map.getBounds();
  let count = 0;
  for (const { lon, lat } of crews) if (bounds.contains([lon, lat])) count += 1;
  return count <= MOST_NAMED;
}

export function crew_marks(
  map: MapLibreMap,
  palette: Palette,
  crews: Iterable<Crew>,
  job_of: (crew_id: string) => Job | null,
  now: number,
  named: boolean,
): Mark[] {
  const marks: Mark[] = [];
  for (const { id, name, lon, lat, position_at, off_duty_because } of crews) {
    const job = job_of(id);
    const at_work = job !== null && (job.status === "on_site" || job.status === "working");
    const stale = !at_work && now - Date.parse(position_at) > STALE_AFTER_MS;
    const doing = job
      ? t(`status.job.${job.status}`)
      : t(off_duty_because ? "crew_status.off_duty" : "dispatcher.crew.free");
    const state = stale
      ? t("dispatcher.crew.heard", { doing, ago: roughly(now - Date.parse(position_at)) })
      : doing;
    const image = named ? `crew|${name}|${state}|${stale}|${at_work}` : "";
    if (image && !map.hasImage(image)) {
      map.addImage(image, crew_image({ name, state, stale, at_work }, palette), { pixelRatio: PIXEL_RATIO });
    }
    marks.push(mark(lon, lat, { id, image, order: at_work ? 1 : 0, selected: false, stale }));
  }
  return marks;
}

/** How long ago, in steps that double: marks are drawn anew for each of them. */
function roughly(milliseconds: number): string {
  return duration(2 ** Math.floor(Math.log2(milliseconds / STALE_AFTER_MS)) * STALE_AFTER_MS);
}

function mark(lon: number, lat: number, properties: Mark["properties"]): Mark {
  return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties };
}

// Closed roads and the ways of crews, as the API tells them (api/schemas/travel.py).
import type { Feature, LineString, Polygon } from "geojson";
import type { Reason } from "./model";

export const closure_reasons = [
  "flooded",
  "tree_down",
  "wire_down",
  "damaged",
  "accident",
  "works",
  "other",
] as const;
export type ClosureReason = (typeof closure_reasons)[number];

/** A line or an area on which no crew drives. */
export interface RoadClosure {
  id: string;
  reason: ClosureReason;
  geometry: LineString | Polygon;
  since: string;
  until?: string | null;
  drawn_by: string;
  note?: string | null;
}

export interface DriveStep {
  name: string | null;
  road_class: string;
  length_m: number;
  travel_minutes: number;
}

/** The way of a crew; where no road leads, `unreachable` says why and there is no line. */
export interface DriveRoute {
  source: string;
  travel_minutes: number | null;
  length_m: number | null;
  line: Feature<LineString | null>;
  steps: DriveStep[];
  unreachable: Reason | null;
}

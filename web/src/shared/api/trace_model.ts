// The shape of a trace that the API answers with (api/schemas/network.py). Lengths are in metres.
import type { Geometry } from "geojson";

export type TraceDirection = "upstream" | "downstream";
export type TracedState = "now" | "normal";

export interface SwitchOnTrace {
  id: string;
  kind: string;
  name: string | null;
  /** Empty where it is closed. */
  open_phases: string;
}

export interface NetworkTrace {
  device: string;
  kind: string;
  open_phases: string;
  direction: TraceDirection;
  state: TracedState;
  /** Else there is no supply now, and this is the way it normally has. */
  is_as_asked: boolean;
  service_points: number;
  customers: number;
  critical_service_points: number;
  critical_customers: number;
  transformers: number;
  devices: number;
  length_m: number;
  switch_count: number;
  switches: SwitchOnTrace[];
  open_count: number;
  open_ends: SwitchOnTrace[];
  drawn: Geometry | null;
  /** West, south, east, north. */
  bounds: [number, number, number, number] | null;
  is_drawn_whole: boolean;
}

// What Relight tells of the past: a state as it was known then, the changes up to a later one, and a curve.
import type { Change } from "./model";
import type { PromiseClock } from "./promise_model";
import type { SwitchedDevice, TemporaryPlace } from "./switching_model";

/** Instants are kept as they were told: to the microsecond, which a Date is not. */
export interface Moment {
  at: string;
  position: number;
  /** One step away, where anything was decided or learned; null where nothing was. */
  previous_at: string | null;
  next_at: string | null;
}

export interface PlaceOnMap {
  lon: number;
  lat: number;
}

/** Beside the snapshot that the desk was given then. */
export interface PastState extends Moment {
  places: Record<string, PlaceOnMap>;
  switched: SwitchedDevice[];
  temporary: TemporaryPlace[];
}

export interface PastChanges extends Moment {
  /** null where the whole state is quicker asked for. */
  changes: Change[] | null;
  places: Record<string, PlaceOnMap>;
}

/** How the clocks of one outage stood at an instant. */
export interface PastPromises {
  at: string;
  clocks: PromiseClock[];
}

export interface PastPoint {
  at: string;
  customers: number;
  outages: number;
}

export interface PastCurve {
  since: string;
  until: string;
  first_at: string | null;
  points: PastPoint[];
}

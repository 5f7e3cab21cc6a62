// The shapes of the plan that the API answers with (api/schemas/plan.py). Times are ISO 8601 with zone.
import type { Hazard } from "./hazard_model";
import type { Outage } from "./model";

export interface PlanStop {
  /** Null where it is work on a hazard. */
  outage_id: string | null;
  hazard_id: string | null;
  kind: string;
  crew_id: string;
  number: number;
  depart_at: string;
  arrive_at: string;
  start_at: string;
  finish_at: string;
  /** Null where it waits for an outage that is in no plan. */
  restored_at: string | null;
  customers: number;
  waits_for: string[];
  job_id: string | null;
  takes_over_from: string | null;
  is_under_way: boolean;
  is_confirmed: boolean;
  /** Nobody is sent to it before somebody has looked at it. */
  waits_for_look: boolean;
  is_next: boolean;
  is_late: boolean;
  due_by: string | null;
}

export interface UnplannedWork {
  outage_id: string | null;
  hazard_id: string | null;
  kind: string;
  customers: number;
  because: string;
  values: Record<string, unknown>;
  text: string;
}

export interface PlanFigures {
  customer_minutes: number;
  lower_bound: number;
  weighted_minutes: number;
  weighted_lower_bound: number;
  gap: number;
  nearest_crew: number;
  baselines: Record<string, number>;
}

export interface RunningPlan {
  version: number;
  based_on: number;
  made_at: string;
  age_minutes: number;
  travel_source: string;
  figures: PlanFigures;
  stops: PlanStop[];
  unassigned: UnplannedWork[];
  late: string[];
}

export interface PlanOrder {
  id: string;
  kind: "pin" | "forbid";
  outage_id: string;
  crew_id: string;
  reason: string;
  ordered_by: string;
  ordered_at: string;
}

export interface Plan {
  is_on: boolean;
  plan: RunningPlan | null;
  orders: PlanOrder[];
}

export interface PlanAssigned {
  taken: Outage[];
  hazards: Hazard[];
  refused: {
    outage_id: string | null;
    hazard_id: string | null;
    crew_id: string;
    kind: string;
    error: Record<string, unknown>;
  }[];
}

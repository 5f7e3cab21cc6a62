// Switching: orders with steps, previews, tags, proposals, as api/schemas/switching.py tells them.
import type { Change } from "./model";

/** What a step does to a device, or with a cut, jumper or generator that has a name of its own. */
export const step_actions = ["open", "close", "cut", "lay_jumper", "run_generator", "remove"] as const;
export type StepAction = (typeof step_actions)[number];
export type StepStatus = "waiting" | "instructed" | "executed";
export type OrderKind = "planned" | "emergency";
export const order_statuses = ["draft", "approved", "in_progress", "completed", "cancelled"] as const;
export type OrderStatus = (typeof order_statuses)[number];
export type OrderAction = "steps" | "approve" | "return" | "instruct" | "execute" | "cancel";
export type TagKind = "hold" | "do_not_close";

/** Open or close a device, or place or remove something temporary; what a step has no use for is left out. */
export interface StepOrder {
  action: StepAction;
  device?: string | null;
  name?: string | null;
  node?: string | null;
  to_node?: string | null;
  rated_a?: number | null;
  rated_kva?: number | null;
  phases: string;
}

export interface SwitchingStep extends StepOrder {
  number: number;
  status: StepStatus;
  instructed_by: string | null;
  instructed_to: string | null;
  instructed_at: string | null;
  executed_by: string | null;
  executed_at: string | null;
  recorded_at: string | null;
  effect: { customers_lost: number; customers_gained: number; flags: string[] } | null;
  reason: string | null;
}

export interface SwitchingOrder {
  id: string;
  version: number;
  kind: OrderKind;
  status: OrderStatus;
  outage_id: string | null;
  planned_outage_id: string | null;
  drafted_by: string;
  drafted_at: string;
  approved_by: string | null;
  approved_at: string | null;
  ended_at: string | null;
  note: string | null;
  cancelled_because: string | null;
  allowed_actions: OrderAction[];
  steps: SwitchingStep[];
}

/** A step as the log tells it: free text by people is asked for by itself. */
export interface LoggedStep extends StepOrder {
  number: number;
  status: StepStatus;
  instructed_to?: string;
  instructed_at?: string;
  executed_by?: string;
  executed_at?: string;
}

/** An order as the log tells it. */
export interface LoggedOrder {
  id: string;
  version: number;
  kind: OrderKind;
  status: OrderStatus;
  outage_id?: string;
  planned_outage_id?: string;
  drafted_by: string;
  drafted_at: string;
  approved_by?: string;
  approved_at?: string;
  ended_at?: string;
  steps: LoggedStep[];
}

/** A tag (操作牌) as the log tells it. */
export interface LoggedTag {
  id: string;
  device: string;
  kind: TagKind;
  placed_by: string;
  placed_at: string;
}

export interface Tag extends LoggedTag {
  note: string | null;
}

/** A device that was switched: the phases it has open now, since when, by which step; none: telemetry told it. */
export interface SwitchedDevice {
  device: string;
  open_phases: string;
  since: string;
  order_id: string | null;
  step_number: number | null;
  is_normal: boolean;
}

/** A cut, jumper or generator that is there now, and by which step; without a place where the map has none. */
export interface TemporaryPlace {
  name: string;
  action: "cut" | "lay_jumper" | "run_generator";
  device: string | null;
  node: string;
  to_node: string | null;
  rated_a: number | null;
  rated_kva: number | null;
  phases: string;
  since: string;
  order_id: string;
  step_number: number;
  lon: number | null;
  lat: number | null;
  to_lon: number | null;
  to_lat: number | null;
}

export interface SwitchingState {
  switching_version: number;
  devices: SwitchedDevice[];
  temporary: TemporaryPlace[];
  service_points_supplied: number;
  customers_supplied: number;
  service_points_out: number;
  customers_out: number;
}

export interface CriticalCustomer {
  service_point: string;
  priority: string;
  account: string | null;
  name: string | null;
}

export interface Ring {
  phases: string;
  devices: string[];
  sources: [string, string];
  feeders: [string | null, string | null];
  has_two_sources: boolean;
  service_points_fed_twice: number;
}

/** A device that would carry more than its rating, in A or kVA. */
export interface Overload {
  device: string;
  carried: number;
  before: number;
  rated: number;
  unit: string;
}

/** What could not be checked, on how many devices, and why. */
export interface NotChecked {
  reason: string;
  devices: number;
}

/** What a step would do. With `flags` it needs a reason; with `tags` nobody may take it. */
export interface StepPreview extends StepOrder {
  number: number;
  digest: string;
  changes_nothing: boolean;
  service_points_lost: number;
  customers_lost: number;
  critical_lost: CriticalCustomer[];
  service_points_gained: number;
  customers_gained: number;
  critical_gained: CriticalCustomer[];
  rings: Ring[];
  hazards: string[];
  overloads: Overload[];
  not_checked: NotChecked[];
  tags: Tag[];
  flags: string[];
}

export interface SwitchingPreview {
  steps: StepPreview[];
  /** What changed since the order was prepared. */
  changes: Change[];
}

/** One way to give supply back. `margin` is the least free share of a rating; null: unknown. */
export interface Proposal {
  number: number;
  steps: StepOrder[];
  parts: { close: string; feeder: string | null; customers: number }[];
  service_points: number;
  customers: number;
  margin: number | null;
  holds_ratings: boolean;
  overloads: Overload[];
  not_checked: NotChecked[];
}

export interface Proposals {
  outage_id: string;
  faulted: string[];
  isolating_steps: StepOrder[];
  dead_service_points: number;
  dead_customers: number;
  is_exhaustive: boolean;
  refusal: string | null;
  digest: string;
  proposals: Proposal[];
}

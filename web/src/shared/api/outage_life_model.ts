// The shapes of incidents and of asking whether supply is back (api/schemas/incidents.py, outage_life.py).

export interface Incident {
  id: string;
  version: number;
  name: string;
  cause?: string;
  opened_at: string;
  opened_by: string;
}

export interface ToVerify {
  service_point: string;
  customers: number;
  why: "called_back" | "priority" | "asked_for" | "reported" | "spread";
  /** Since supply is said to be back. */
  supply: "back" | "still_out" | "unknown";
  account: string | null;
  address: string | null;
  name: string | null;
  phone: string | null;
  ping: {
    status: "waiting" | "answered" | "unanswered" | "lapsed";
    result: "on" | "off" | "unreachable" | "unknown" | null;
    requested_at: string;
    answered_at: string | null;
  } | null;
  call_back: {
    outcome: "supply_is_back" | "still_out" | "no_answer";
    spoken_at: string;
    recorded_at: string;
    recorded_by: string;
  } | null;
  /** Another open outage that holds it now. */
  nested_outage: string | null;
}

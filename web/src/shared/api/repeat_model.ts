// What is out or trips again and again, as api/schemas/repeats.py tells it.
export interface Repeat {
  id: number;
  kind: "customers" | "feeder" | "switch";
  subject: string;
  level: "alert" | "alarm" | "special" | "over_limit";
  times: number;
  first_at: string;
  last_at: string;
  service_points: number;
  customers: number;
  state: "open" | "looked_at" | "closed";
  acted_by: string | null;
  acted_at: string | null;
  note: string | null;
}

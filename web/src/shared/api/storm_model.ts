// The shapes of the storm view that the API answers with (api/schemas/storm.py).

export interface CurvePoint {
  at: string;
  customers: number;
}

export interface RestorationCurve {
  since: string;
  until: string;
  past: CurvePoint[];
  future: CurvePoint[];
  now_out: number;
  peak: CurvePoint;
  customer_minutes: number;
  unpromised: number;
  predicted: number;
  outages_predicted: number;
}

export type FeedState = "flowing" | "late" | "silent";

export interface Feed {
  kind: string;
  source: string;
  state: FeedState;
  last_at: string;
  in_hour: number;
  delay_s: number;
  delay_p95_s: number;
  gap_s: number;
  longest_gap_s: number;
}

export interface Storm {
  at: string;
  curve: RestorationCurve;
  feeds: Feed[];
}

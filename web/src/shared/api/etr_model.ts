// Restoration times, as api/schemas/etr.py tells them.

/** One word of a tier: a time with its window, or none where it was taken back. */
export interface EtrVersion {
  number: number;
  tier: string;
  source: string;
  at: string | null;
  earliest: string | null;
  latest: string | null;
  said_at: string;
  said_by: string;
  because: string;
  is_published: boolean;
  is_told: boolean;
  /** Its tier's newest word, not taken back. */
  is_standing: boolean;
  replaced_at: string | null;
  replaced_because: string | null;
  /** Restored − said, once the outage is closed; positive: supply came back later. */
  error_minutes: number | null;
  is_inside: boolean | null;
}

export interface OutageEtr {
  outage_id: string;
  version: number;
  at: string | null;
  source: string | null;
  /** The crew's word, where a dispatcher's is published instead. */
  overridden: EtrVersion | null;
  versions: EtrVersion[];
}

/** An outage whose time is about to lapse or has, with what Relight proposes. */
export interface LapsingEtr {
  outage_id: string;
  version: number;
  etr_at: string;
  proposed_at: string;
  proposed_source: string;
}

/** How good the words of a tier were; no kind of device: about all of them. */
export interface EtrFigures {
  tier: string;
  device_kind: string | null;
  words: number;
  median_error_minutes: number;
  median_size_minutes: number;
  inside_share: number;
  median_horizon_minutes: number;
}

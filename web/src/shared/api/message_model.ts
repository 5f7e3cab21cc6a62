// Messages to customers, as api/schemas/messages.py tells them.
export interface Message {
  id: number;
  account: string;
  channel: "email" | "sms" | "wecom" | "webhook" | "web_push";
  kind: string;
  outage_id: string | null;
  planned_outage_id: string | null;
  status: "failed" | "uncertain";
  because: string | null;
  attempts: number;
  queued_at: string;
}

/** What everybody of an outage can be warned of. */
export type Danger = "wire_down" | "keep_away";

export interface DangerReach {
  customers: number;
  reached: number;
  told: number;
  unreached: number;
  messages: Readonly<Record<string, number>>;
}

export interface DangerPreview extends DangerReach {
  texts: Record<"en" | "zh", { subject: string; body: string; sms: string }>;
}

export interface MessageList {
  messages: readonly Message[];
  count: number;
}

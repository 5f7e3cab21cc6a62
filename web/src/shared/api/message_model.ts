// Messages to customers, as api/schemas/messages.py tells them.
export interface Message {
  id: number;
  account: string;
  channel: "email" | "sms" | "wecom" | "webhook";
  kind: string;
  outage_id: string | null;
  planned_outage_id: string | null;
  status: "failed" | "uncertain";
  because: string | null;
  attempts: number;
  queued_at: string;
}

export interface MessageList {
  messages: readonly Message[];
  count: number;
}

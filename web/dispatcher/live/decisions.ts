// What an outage asks of the dispatcher next. What may be done to it the server says (`allowed_actions`).
import type { Job, OutageStatus } from "../../src/shared/api/model";
import { is_active } from "../../src/shared/job_progress";

/** In the order of urgency: the first four wait for the dispatcher, the others for somebody else. */
export const decisions = ["send", "confirm", "restore", "close", "wait", "none"] as const;
export type Decision = (typeof decisions)[number];

export function is_open(status: OutageStatus): boolean {
  return status !== "closed" && status !== "dismissed" && status !== "merged";
}

/** Whether households are without supply for all we know. */
export function is_out(status: OutageStatus): boolean {
  return is_open(status) && status !== "restored";
}

export function next_decision(status: OutageStatus, jobs: readonly Job[]): Decision {
  if (status === "predicted") return "confirm";
  if (status === "restored") return "close";
  if (!is_open(status)) return "none";
  if (jobs.some(is_active)) return "wait";
  return jobs.some((job) => job.status === "finished") ? "restore" : "send";
}

export function waits_for_dispatcher(decision: Decision): boolean {
  return decision !== "wait" && decision !== "none";
}

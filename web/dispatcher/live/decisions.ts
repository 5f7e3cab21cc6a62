// What an outage asks of the dispatcher next, and what may be done to it. The server decides what is allowed
// (dispatch/states.py); this spares people buttons it would refuse.
import type { Job, OutageStatus } from "../../src/shared/api/model";
import { is_active } from "../../src/shared/job_progress";

/** In the order of urgency: the first four wait for the dispatcher, the others for somebody else. */
export const decisions = ["send", "confirm", "restore", "close", "wait", "none"] as const;
export type Decision = (typeof decisions)[number];

export type Action = "confirm" | "dismiss" | "assign" | "reassign" | "recall" | "etr" | "restore" | "close";

const under_repair: Action[] = ["assign", "reassign", "recall", "etr", "restore", "dismiss"];
const allowed: Record<OutageStatus, Action[]> = {
  predicted: ["confirm", "dismiss", "etr"],
  confirmed: under_repair,
  partially_restored: under_repair,
  restored: ["close", "recall"],
  closed: [],
  dismissed: [],
  merged: [],
};

export function is_open(status: OutageStatus): boolean {
  return status !== "closed" && status !== "dismissed" && status !== "merged";
}

/** Whether households are without supply for all we know. */
export function is_out(status: OutageStatus): boolean {
  return is_open(status) && status !== "restored";
}

export function may(action: Action, status: OutageStatus, jobs: readonly Job[]): boolean {
  if (!allowed[status].includes(action)) return false;
  const has_crew = jobs.some(is_active);
  if (action === "dismiss" || action === "close") return !has_crew;
  if (action === "recall" || action === "reassign") return has_crew;
  return true;
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

// Which clock of a hazard runs out next: the rules of dispatch/hazard_rules.py, over what the log tells.
import type { LoggedHazard } from "../../src/shared/api/hazard_model";

export type Stage = "acknowledge" | "attend" | "relieve" | "make_safe";
export interface HazardClock {
  stage: Stage;
  due_at: number;
}

/** The clocks that run, the one due first in front. */
export function running_clocks(hazard: LoggedHazard): HazardClock[] {
  if (hazard.status === "closed") return [];
  const clocks: HazardClock[] = [];
  const run = (stage: Stage, due_at: string): void => void clocks.push({ stage, due_at: Date.parse(due_at) });
  if (!hazard.made_safe_at) {
    if (!hazard.acknowledged_at && !hazard.attended_at) run("acknowledge", hazard.acknowledge_by);
    if (!hazard.attended_at) run("attend", hazard.attend_by);
    run("make_safe", hazard.make_safe_by);
  }
  if (hazard.waiting_since && hazard.relieve_by) run("relieve", hazard.relieve_by);
  return clocks.sort((a, b) => a.due_at - b.due_at);
}

/** The worst first, then the one whose time is over soonest; what is safe stands last. */
export function by_urgency(a: LoggedHazard, b: LoggedHazard): number {
  const due = (hazard: LoggedHazard): number => running_clocks(hazard)[0]?.due_at ?? Number.MAX_SAFE_INTEGER;
  const is_safe = Number(Boolean(a.made_safe_at)) - Number(Boolean(b.made_safe_at));
  return is_safe || a.level - b.level || due(a) - due(b) || a.id.localeCompare(b.id);
}

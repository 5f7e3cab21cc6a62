// Whether a service point or device that was searched for is out, by what the desk knows live.
import type { OutageStatus } from "../../src/shared/api/model";
import { is_open, is_out } from "../live/decisions";
import type { Known } from "../live/replay";

export interface FoundOutage {
  outage_id: string;
  status: OutageStatus;
  /** Phases that the device of the outage has lost. */
  phases: string;
  started_at: string;
  /** When supply came back; null while there is none. */
  ended_at: string | null;
}

/** The outage that a service point is or was last in; null where the desk knows of none. */
export function outage_of_service_point(known: Known, service_point: string): FoundOutage | null {
  let last: FoundOutage | null = null;
  for (const [outage_id, own] of known.interruptions) {
    const interruption = own.get(service_point);
    const outage = known.outages.get(outage_id);
    if (!interruption || !outage) continue;
    const { started_at, ended_at } = interruption;
    const found = { outage_id, status: outage.status, phases: outage.phases, started_at, ended_at };
    if (ended_at === null) return found;
    if (!last || Date.parse(ended_at) > Date.parse(last.ended_at ?? "")) last = found;
  }
  return last;
}

/** The open outage whose device this is; null where there is none. */
export function outage_at_device(known: Known, device: string): FoundOutage | null {
  for (const outage of known.outages.values()) {
    if (outage.device !== device || !is_open(outage.status)) continue;
    const { id, status, phases, started_at, restored_at } = outage;
    const ended_at = is_out(status) ? null : (restored_at ?? null);
    return { outage_id: id, status, phases, started_at, ended_at };
  }
  return null;
}

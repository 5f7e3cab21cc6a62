// Who of the crews is on shift, and for how long still. Pure.
import { type CrewOnRoster, type CrewStatus, crew_statuses } from "../crews/roster";

const ON_SHIFT: readonly CrewStatus[] = ["free", "busy", "past_limit"];
const SOON_MS = 2 * 3_600_000;

export interface CrewHours {
  counts: { status: CrewStatus; count: number }[];
  on_shift: number;
  /** Hours that those on shift may still work, all together. */
  hours_left: number;
  /** Those on shift who have to stop within two hours, the first in front. */
  off_soon: { id: string; name: string; left_ms: number }[];
}

export function crew_hours(crews: readonly CrewOnRoster[], now: number): CrewHours {
  const on_shift = crews.filter(({ status }) => ON_SHIFT.includes(status));
  const left = on_shift.map(({ id, name, duty }) => {
    const until = duty.available_until ? Date.parse(duty.available_until) : now;
    return { id, name, left_ms: Math.max(0, until - now) };
  });
  return {
    counts: crew_statuses
      .map((status) => ({ status, count: crews.filter((crew) => crew.status === status).length }))
      .filter(({ count }) => count > 0),
    on_shift: on_shift.length,
    hours_left: left.reduce((sum, { left_ms }) => sum + left_ms, 0) / 3_600_000,
    off_soon: left.filter(({ left_ms }) => left_ms < SOON_MS).sort((a, b) => a.left_ms - b.left_ms),
  };
}

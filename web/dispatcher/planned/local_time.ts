// A time as the reader's own clocks show it, for a form.
import type { LocalTime } from "../../src/shared/api/planned_model";
import { local_field } from "../../src/shared/words/times";

export function local_time(at_ms: number): LocalTime {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { local: local_field(at_ms), zone, which: null };
}

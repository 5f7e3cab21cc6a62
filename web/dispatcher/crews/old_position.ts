// How old a crew's position is, where it is old enough to be said (as in dispatch/ranking.py).
import type { Crew } from "../../src/shared/api/model";
import { duration } from "../../src/shared/words/times";
import { t } from "../../src/shared/words/vocabulary";

const OLD_AFTER_MS = 30 * 60_000;

/** "position 61 min old"; null while it is fresh, or of a crew nobody knows. */
export function old_position(crew: Pick<Crew, "position_at"> | undefined, now: number): string | null {
  const age_ms = crew ? now - Date.parse(crew.position_at) : 0;
  return age_ms > OLD_AFTER_MS ? t("crew_reason.position_old", { minutes: duration(age_ms) }) : null;
}

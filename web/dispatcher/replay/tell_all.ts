// Whether changes lead from a state to a later one by themselves. Pure.
import type { Change } from "../../src/shared/api/model";
import type { PlaceOnMap } from "../../src/shared/api/replay_model";

/** After these the state of the network has to be asked for. */
const MOVING = new Set(["switching.executed", "switch.position_told", "network.activated"]);

/**
 * Whether changes are all of outages that are shown or that begin, at places that were told.
 *
 * What has been over for a day is not shown: when it changes again, the changes alone say too little of it.
 */
export function tell_all(
  changes: readonly Change[],
  shown: ReadonlyMap<string, unknown>,
  places: Readonly<Record<string, PlaceOnMap>>,
): boolean {
  const known = new Set(shown.keys());
  return changes.every(({ name, subject, outage_id, data }) => {
    if (MOVING.has(name)) return false;
    if (!outage_id) return true;
    const values = subject === `outage:${outage_id}` ? (data.values ?? {}) : {};
    if (values.status?.old === null) known.add(outage_id);
    return known.has(outage_id) && (!values.device || outage_id in places);
  });
}

// A desk of the past: the same stores as the live one, filled with what was known at an instant. It follows nothing and
// asks for nothing by itself; the live desk goes on beside it.
import { shallowReactive } from "vue";
import type { PastChanges, PastState, PlaceOnMap } from "../../src/shared/api/replay_model";
import type { Session } from "../../src/shared/api/session";
import { Desk } from "../live/desk";
import { type OutageRow, outage_rows } from "../live/outage_rows";
import { apply_change, type Snapshot, take_snapshot } from "../live/replay";
import { tell_all } from "./tell_all";

export class PastDesk extends Desk {
  private readonly places = shallowReactive(new Map<string, PlaceOnMap>());

  constructor(
    session: Session,
    private readonly live: Desk,
  ) {
    super(session);
    this.selected_id.value = live.selected_id.value;
    this.camera.value = live.camera.value;
  }

  /** The map of the live desk goes on where this one was left. */
  override stop(): void {
    this.switched.stop();
    this.live.camera.value = this.camera.value;
  }

  /** Show another state. */
  take(state: PastState & Snapshot): void {
    const before = [...this.known.outages.keys()];
    take_snapshot(this.known, state);
    this.places.clear();
    this.put_places(state.places);
    this.switched.all.value = state.switched;
    this.switched.temporary.value = state.temporary;
    void this.switched.locate(state.switched.map(({ device }) => device));
    this.changed_outages.value = new Set([...before, ...this.known.outages.keys()]);
  }

  /** Go on to a later state; false where that has to be asked for as a whole, and nothing was changed. */
  follow_changes({ changes, places }: PastChanges): boolean {
    if (!changes || !tell_all(changes, this.known.outages, places)) return false;
    const changed = new Set<string>();
    for (const change of changes) {
      apply_change(this.known, change);
      if (change.outage_id) changed.add(change.outage_id);
      if (change.data.interruptions?.moved_to) changed.add(change.data.interruptions.moved_to);
    }
    this.put_places(places);
    if (changed.size > 0) this.changed_outages.value = changed;
    return true;
  }

  rows(): OutageRow[] {
    const hazards = new Map<string, string[]>();
    for (const { outage_id, kind } of this.known.hazards.values()) {
      if (outage_id) hazards.set(outage_id, [...(hazards.get(outage_id) ?? []), kind]);
    }
    return outage_rows(this).map((row) => {
      const { id } = row.outage;
      const place = this.places.get(id);
      return { ...row, hazards: hazards.get(id) ?? [], lon: place?.lon ?? null, lat: place?.lat ?? null };
    });
  }

  private put_places(places: Record<string, PlaceOnMap>): void {
    for (const [id, place] of Object.entries(places)) this.places.set(id, place);
  }
}

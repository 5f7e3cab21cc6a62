// Which lines the map shows as without supply: one feature state each, set and taken back as the server tells.
import type { Map as MapLibreMap } from "maplibre-gl";
import { onBeforeUnmount, watch } from "vue";
import type { Session } from "../../src/shared/api/session";
import { NETWORK } from "../../src/shared/map/network_style";
import type { Desk } from "../live/desk";
import { InSight } from "./in_sight";

/** Lines have names from zoom 12 on; from so near they are few enough. */
const FROM_ZOOM = 13;

/** What the API answers with (api/schemas/network.py). */
export interface DeadLines {
  dead: string[];
  partly_dead: string[];
  predicted_dead: string[];
  predicted_partly_dead: string[];
  is_whole: boolean;
}

export interface DeadState {
  dead: "confirmed" | "predicted";
  is_partly_dead: boolean;
}

const NONE: DeadLines = {
  dead: [],
  partly_dead: [],
  predicted_dead: [],
  predicted_partly_dead: [],
  is_whole: true,
};

/** What each line's state is to be. */
export function states_of(told: DeadLines): Map<string, DeadState> {
  const states = new Map<string, DeadState>();
  const note = (ids: string[], dead: DeadState["dead"], is_partly_dead: boolean): void => {
    for (const id of ids) states.set(id, { dead, is_partly_dead });
  };
  note(told.predicted_partly_dead, "predicted", true);
  note(told.predicted_dead, "predicted", false);
  note(told.partly_dead, "confirmed", true);
  note(told.dead, "confirmed", false);
  return states;
}

export class PaintedLines {
  private painted = new Map<string, DeadState>();

  constructor(private readonly map: MapLibreMap) {}

  /** The style was loaded anew, and all feature state went with the old one. */
  forget(): void {
    this.painted = new Map();
  }

  paint(wanted: Map<string, DeadState>): void {
    for (const id of this.painted.keys()) {
      if (wanted.has(id)) continue;
      for (const name of ["dead", "is_partly_dead"]) this.map.removeFeatureState(line(id), name);
    }
    for (const [id, state] of wanted) {
      const before = this.painted.get(id);
      if (before?.dead !== state.dead || before.is_partly_dead !== state.is_partly_dead)
        this.map.setFeatureState(line(id), { ...state });
    }
    this.painted = wanted;
  }
}

function line(id: string): { source: string; sourceLayer: string; id: string } {
  return { source: NETWORK, sourceLayer: "line_section", id };
}

/** Follow what is dead, once the first view is drawn; call back whenever that is to be painted. */
export function follow_dead_lines(
  map: MapLibreMap,
  desk: Desk,
  session: Session,
  style_count: () => number,
): void {
  const address = (): string | null => (map.getZoom() < FROM_ZOOM ? null : "/api/network/dead-lines");
  const lines = new InSight<DeadLines>(map, address, NONE, (error) => session.notice(error));
  const painted = new PaintedLines(map);
  watch(desk.changed_outages, lines.look_again);
  watch(desk.switched.all, lines.look_again);
  watch(desk.network, lines.look_again);
  watch(
    () => desk.is_settled.value && session.state === "signed_in",
    (may_ask) => {
      if (may_ask) lines.start();
    },
    { immediate: true },
  );
  watch(style_count, () => painted.forget());
  watch([lines.told, style_count], ([told, styles]) => {
    if (styles > 0) painted.paint(states_of(told));
  });
  onBeforeUnmount(() => lines.leave());
}

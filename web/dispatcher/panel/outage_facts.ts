// What the panel asks for beside the outage itself: its households, its history, the crews for it. Each is asked
// for again when the outage has a new version, little by little, and keeps what it had while an answer is due.
import { onUnmounted, shallowReactive, watch } from "vue";
import type { Affected, Change, Outage, Ranking } from "../../src/shared/api/model";
import type { OutagePromises } from "../../src/shared/api/promise_model";
import { ask } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Desk } from "../live/desk";

const GATHER_MS = 300;
/** Crews move without the outage changing. */
const RANK_AGAIN_MS = 20_000;

export interface OutageFacts {
  outage: Outage | null;
  affected: Affected[] | null;
  history: Change[] | null;
  ranking: Ranking | null;
  /** Those of an outage that is over; the desk has the others. */
  promises: OutagePromises | null;
  error: unknown;
  /** Ask for the ranking again, since it has proved out of date. */
  rank_again: () => void;
}

export function use_outage_facts(outage_id: string, desk: Desk, session: Session): OutageFacts {
  const facts: OutageFacts = shallowReactive({
    outage: desk.details.by_id.get(outage_id) ?? null,
    affected: null,
    history: null,
    ranking: null,
    promises: null,
    error: null,
    rank_again,
  });
  const path = `/api/outages/${encodeURIComponent(outage_id)}`;
  let affected_as_of = "";
  let timer: ReturnType<typeof setTimeout> | undefined;

  function danger_versions(): number[] {
    const own = [...desk.known.hazards.values()].filter((one) => one.outage_id === outage_id);
    return own.map(({ version }) => version);
  }

  async function look(): Promise<void> {
    timer = undefined;
    try {
      const [outage, history] = await Promise.all([
        ask<Outage>(path),
        ask<{ changes: Change[] }>(`${path}/history`),
      ]);
      desk.details.take(outage);
      facts.history = history.changes;
      await rank();
      await list_affected(outage);
      if (!desk.promises.by_outage.has(outage_id)) {
        facts.promises = await ask<OutagePromises>(`${path}/promises`).catch(() => null);
      }
      facts.error = null;
    } catch (error) {
      if (!session.notice(error)) facts.error = error;
    }
  }

  /** A long list: asked for only when it has changed. */
  async function list_affected({ status, service_points_out }: Outage): Promise<void> {
    const listed = `${status} ${service_points_out}`;
    if (facts.affected && listed === affected_as_of) return;
    facts.affected = (await ask<{ service_points: Affected[] }>(`${path}/affected`)).service_points;
    affected_as_of = listed;
  }

  function rank_again(): void {
    rank().catch((error: unknown) => void session.notice(error));
  }

  async function rank(): Promise<void> {
    const outage = desk.details.by_id.get(outage_id);
    if (!outage?.allowed_actions.includes("assign")) facts.ranking = null;
    else facts.ranking = await ask<Ranking>(`${path}/crews`);
  }

  watch(
    () => desk.details.by_id.get(outage_id),
    (outage) => {
      facts.outage = outage ?? null;
    },
  );
  // Its dangers are part of its history, and have versions of their own.
  watch(
    () => [desk.known.outages.get(outage_id)?.version, ...danger_versions()].join(" "),
    () => {
      timer ??= setTimeout(() => void look(), GATHER_MS);
    },
  );
  watch(
    () => session.state,
    (state) => {
      if (state === "signed_in") void look();
    },
  );
  // A road that is closed or open again changes the very next ranking.
  watch(
    () => [...desk.known.road_closures.keys()].join(" "),
    () => rank_again(),
  );
  void look();
  const again = setInterval(rank_again, RANK_AGAIN_MS);
  onUnmounted(() => {
    clearTimeout(timer);
    clearInterval(again);
  });
  return facts;
}

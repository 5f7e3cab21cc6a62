// What a dispatcher does to one outage. Every order carries the version that was on screen; if somebody else acted
// in between, nothing is done, and the panel says who did what.
import { shallowReactive } from "vue";
import { Refusal } from "../../src/shared/api/errors";
import type { Outage, OutageAction } from "../../src/shared/api/model";
import { post } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Desk } from "../live/desk";

export interface OutageActions {
  busy: OutageAction | null;
  error: unknown;
  /** Give the order; return whether it was taken. */
  act: (action: OutageAction, order?: Record<string, unknown>) => Promise<boolean>;
  forget_error: () => void;
}

export function use_outage_actions(outage_id: string, desk: Desk, session: Session): OutageActions {
  const actions: OutageActions = shallowReactive({
    busy: null,
    error: null,
    async act(action, order = {}) {
      const seen = desk.details.by_id.get(outage_id);
      if (!seen || actions.busy) return false;
      actions.busy = action;
      actions.error = null;
      try {
        const path = `/api/outages/${encodeURIComponent(outage_id)}/${action}`;
        desk.details.take(await post<Outage>(path, { version: seen.version, ...order }));
        return true;
      } catch (error) {
        if (!session.notice(error)) actions.error = error;
        if (error instanceof Refusal) desk.details.want([outage_id]);
        return false;
      } finally {
        actions.busy = null;
      }
    },
    forget_error() {
      actions.error = null;
    },
  });
  return actions;
}

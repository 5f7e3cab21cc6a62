// One switching order with its preview, asked for anew whenever it or what it would do may have changed; and what may be
// done about it. Every order carries the version that was on screen.
import { onUnmounted, shallowReactive, watch } from "vue";
import { Refusal } from "../../src/shared/api/errors";
import { ask, post } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { SwitchingOrder, SwitchingPreview } from "../../src/shared/api/switching_model";
import type { Desk } from "../live/desk";

const GATHER_MS = 300;
/** Changes after which a step may do something else. */
const TELLING = /^(switching\.executed|switch\.|tag\.|hazard\.|network\.activated|outage\.|job\.finished)/;

export interface OrderFacts {
  order: SwitchingOrder | null;
  /** What is left of it would do this now; null while unknown, or where nothing is left. */
  preview: SwitchingPreview | null;
  busy: boolean;
  /** Why the order cannot be shown, or is shown as it was. */
  load_error: unknown;
  /** Why the last deed was refused, and where it was sent: the refusal is said beside what was tried. */
  error: unknown;
  refused_at: string;
  /** Do something to it at this address; return whether it was taken. */
  act: (path: string, body: Record<string, unknown>) => Promise<boolean>;
  look: () => void;
  forget_error: () => void;
}

export function use_order(order_id: string, desk: Desk, session: Session): OrderFacts {
  const path = `/api/switching-orders/${encodeURIComponent(order_id)}`;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let is_gone = false;
  const facts: OrderFacts = shallowReactive({
    order: null,
    preview: null,
    busy: false,
    load_error: null,
    error: null,
    refused_at: "",
    async act(what, body) {
      if (facts.busy) return false;
      facts.busy = true;
      facts.error = null;
      facts.refused_at = what;
      try {
        take(await post<SwitchingOrder>(`${path}/${what}`, body));
        await preview();
        return true;
      } catch (error) {
        if (!session.notice(error)) facts.error = error;
        if (error instanceof Refusal) look();
        return false;
      } finally {
        facts.busy = false;
      }
    },
    look,
    forget_error() {
      facts.error = null;
    },
  });

  /** Answers may overtake each other; an older one never replaces a newer one. */
  function take(order: SwitchingOrder): void {
    if (!facts.order || facts.order.version <= order.version) facts.order = order;
  }

  async function preview(): Promise<void> {
    const { order } = facts;
    const is_left = order?.steps.some(({ status }) => status !== "executed") ?? false;
    if (!order || !is_left || order.allowed_actions.length === 0) facts.preview = null;
    else {
      const answer = await ask<SwitchingPreview>(`${path}/preview`);
      if (!is_gone) facts.preview = answer;
    }
  }

  async function load(): Promise<void> {
    timer = undefined;
    try {
      take(await ask<SwitchingOrder>(path));
      await preview();
      facts.load_error = null;
    } catch (error) {
      if (!session.notice(error) && !is_gone) facts.load_error = error;
    }
  }

  function look(): void {
    timer ??= setTimeout(() => void load(), facts.order ? GATHER_MS : 0);
  }

  watch(() => desk.known.switching_orders.get(order_id)?.version, look, { immediate: true });
  watch(desk.latest_changes, (changes) => {
    if (changes.some(({ name }) => TELLING.test(name))) look();
  });
  watch(
    () => session.state,
    (state) => {
      if (state === "signed_in") look();
    },
  );
  onUnmounted(() => {
    is_gone = true;
    clearTimeout(timer);
  });
  return facts;
}

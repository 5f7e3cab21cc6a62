// One action on several outages. Each is done whole or not at all; what is refused stays as it is and says why.
import { Refusal } from "../../src/shared/api/errors";
import type { Outage } from "../../src/shared/api/model";
import { post } from "../../src/shared/api/request";
import type { Desk } from "../live/desk";

export const bulk_actions = ["confirm", "assign", "etr", "pause", "dismiss"] as const;
export type BulkAction = (typeof bulk_actions)[number];

/** Few enough that an answer comes soon, also while the desk's writer is busy. */
const AT_ONCE = 20;

interface Answered {
  outage_id: string;
  is_done: boolean;
  error: { code: string; text: string; [field: string]: unknown } | null;
  outage: Outage | null;
}

/** What became of one; `error` is null where it was done. */
export interface Outcome {
  outage_id: string;
  error: unknown;
}

/** Whether an action can be taken on an outage at all, as far as this page knows. */
export function may(desk: Desk, outage_id: string, action: BulkAction): boolean {
  const outage = desk.details.by_id.get(outage_id);
  if (!outage) return false;
  if (action !== "pause") return outage.allowed_actions.includes(action);
  const promises = desk.promises.by_outage.get(outage_id);
  return promises?.pauses.every(({ ended_at }) => ended_at !== null) ?? false;
}

/**
 * Do it to each, some at a time; tell of each answer as it comes.
 *
 * Throws what `ask` throws; what was told before stays done.
 */
export async function act_on_several(
  desk: Desk,
  ids: readonly string[],
  action: BulkAction,
  order: Record<string, unknown>,
  tell: (outcomes: Outcome[]) => void,
): Promise<void> {
  // As they are on screen now: what changes while the first ones are under way is not what was decided on.
  const seen = ids.map((outage_id) => ({
    outage_id,
    version: desk.details.by_id.get(outage_id)?.version ?? null,
  }));
  for (let at = 0; at < seen.length; at += AT_ONCE) {
    const outages = seen.slice(at, at + AT_ONCE);
    const { outcomes } = await post<{ outcomes: Answered[] }>("/api/worklist/actions", {
      action,
      outages,
      ...order,
    });
    for (const { outage } of outcomes) if (outage) desk.details.take(outage);
    desk.promises.look();
    tell(outcomes.map(outcome_of));
  }
}

function outcome_of({ outage_id, error }: Answered): Outcome {
  if (!error) return { outage_id, error: null };
  const { code, text, ...fields } = error;
  return { outage_id, error: new Refusal(409, code, text, fields) };
}

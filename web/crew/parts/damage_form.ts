// What the form of a damage report holds, and the report it makes.
import { type DamageKind, damage_kinds } from "../../src/shared/api/hazard_model";
import type { DamageBody, DamageReportKept } from "../outbox/reports";

export interface DamageFields {
  is_open: boolean;
  /** The client_event_id of the report that is being corrected; null for a first one. */
  corrects: string | null;
  counts: Partial<Record<DamageKind, number>>;
  skills: string[];
  hours: number | null;
  is_access_blocked: boolean;
  access: string;
  note: string;
}

export function no_damage(): DamageFields {
  return {
    is_open: false,
    corrects: null,
    counts: {},
    skills: [],
    hours: null,
    is_access_blocked: false,
    access: "",
    note: "",
  };
}

/** The form filled in as the report was, to be corrected. */
export function fields_of(report: DamageReportKept): DamageFields {
  const { body } = report;
  return {
    is_open: true,
    corrects: body.client_event_id,
    counts: Object.fromEntries(body.items.map(({ kind, count }) => [kind, count])),
    skills: [...body.skills],
    hours: body.repair_minutes / 60,
    is_access_blocked: body.is_access_blocked,
    access: body.access ?? "",
    note: body.note ?? "",
  };
}

/** Tell whether there is enough to send: how long it takes, and what is broken or a word about it. */
export function is_ready(fields: DamageFields): boolean {
  return fields.hours !== null && (items_of(fields).length > 0 || fields.note.trim() !== "");
}

export function body_of(
  fields: DamageFields,
  { now, id, replaces }: { now: number; id: string; replaces: string | null },
): DamageBody {
  return {
    items: items_of(fields),
    skills: [...fields.skills],
    repair_minutes: (fields.hours ?? 0) * 60,
    is_access_blocked: fields.is_access_blocked,
    access: fields.access.trim() || null,
    note: fields.note.trim() || null,
    occurred_at: new Date(now).toISOString(),
    phone_at: new Date().toISOString(),
    client_event_id: id,
    replaces,
  };
}

function items_of({ counts }: DamageFields): DamageBody["items"] {
  return damage_kinds.map((kind) => ({ kind, count: counts[kind] ?? 0 })).filter(({ count }) => count > 0);
}

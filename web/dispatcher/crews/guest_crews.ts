// Guest crews as Relight tells them, and what the desk asks of them.
import type { Polygon } from "geojson";
import { ref, shallowRef } from "vue";
import { ask, post } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";

export interface GuestCrew {
  crew_id: string;
  name: string;
  company: string;
  feeders: string[];
  begins_at: string;
  ends_at: string;
  admitted_by: string;
  ended_at: string | null;
  ended_by: string | null;
  holds: boolean;
  opened: number;
}

export interface NewGuest {
  name: string;
  company: string;
  skills: string[];
  ends_at: string;
  polygon?: Polygon;
  feeders?: string[];
}

interface WithLink {
  guest_crew: GuestCrew;
  link: string;
}

/** Those whose leave ended long ago are in the log, and in nobody's way. */
const MOST_SHOWN = 12;

export function use_guest_crews(session: Session) {
  const guests = shallowRef<GuestCrew[]>([]);
  const error = shallowRef<unknown>(null);
  /** The link that was made last: it is nowhere else, and gone once this is closed. */
  const made = shallowRef<{ name: string; link: string } | null>(null);
  const is_busy = ref(false);

  async function look(): Promise<void> {
    guests.value = (await ask<{ guest_crews: GuestCrew[] }>("/api/guest-crews")).guest_crews.slice(
      0,
      MOST_SHOWN,
    );
  }

  async function doing(work: () => Promise<void>): Promise<boolean> {
    is_busy.value = true;
    error.value = null;
    try {
      await work();
      await look();
      return true;
    } catch (problem) {
      if (!session.notice(problem)) error.value = problem;
      return false;
    } finally {
      is_busy.value = false;
    }
  }

  async function take(path: string, body: object): Promise<void> {
    const { guest_crew, link } = await post<WithLink>(path, body);
    made.value = { name: guest_crew.name, link: new URL(link, location.origin).href };
  }

  const of = (crew_id: string): string => `/api/guest-crews/${encodeURIComponent(crew_id)}`;
  return {
    guests,
    error,
    made,
    is_busy,
    look: () => doing(async () => undefined),
    admit: (guest: NewGuest) => doing(() => take("/api/guest-crews", guest)),
    renew: (crew_id: string) => doing(() => take(`${of(crew_id)}/link`, {})),
    end: (crew_id: string) =>
      doing(async () => {
        await post(`${of(crew_id)}/end`, {});
        made.value = null;
      }),
  };
}

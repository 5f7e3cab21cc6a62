// What the crew takes along of its jobs for a time without signal: fetched while there is signal, kept on the phone.
import { onUnmounted, type ShallowRef, shallowRef, watch } from "vue";
import type { DamageReport } from "../../src/shared/api/hazard_model";
import type { NetworkInForce } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import { fetch_map_pieces } from "../offline/map_pieces";
import type { ReportStore } from "../outbox/report_store";
import type { MaterialKind } from "../outbox/reports";
import type { CrewJob } from "./crew_job";

export interface JobPackage {
  job_id: string;
  /** Supplies that need care: where and why; no names. */
  careful: { service_point: string; priority: string; address: string | null; customers: number }[];
  tags: { id: string; device: string; kind: string; note: string | null; distance_m: number | null }[];
  damage: DamageReport[];
  /** Outages of the same device before this one, the newest first. */
  earlier: {
    outage_id: string;
    started_at: string;
    restored_at: string | null;
    cause: string | null;
    customers: number;
  }[];
  materials: { kind: MaterialKind; quantity: number }[];
}

export interface JobPackages {
  /** By Relight's clock. */
  made_at: string;
  packages: JobPackage[];
}

/** Tags are hung and taken down without a job changing. */
const AGAIN_MS = 5 * 60_000;
/** Changes of jobs come in bunches. */
const GATHER_MS = 1_500;

export function use_packages(
  { session, store }: { session: Session; store: ReportStore },
  jobs: () => readonly CrewJob[],
  network: ShallowRef<NetworkInForce | null>,
): ShallowRef<JobPackages | null> {
  const known = shallowRef<JobPackages | null>(null);
  const key = `${session.who?.name ?? ""}/packages`;
  let gathering: ReturnType<typeof setTimeout> | undefined;

  async function look(): Promise<void> {
    if (session.state !== "signed_in") return;
    try {
      known.value = await ask<JobPackages>("/api/jobs/mine/packages");
      await store.take_along(key, known.value);
      const places = jobs().flatMap(({ lon, lat }) => (lon !== null && lat !== null ? [{ lon, lat }] : []));
      if (network.value) await fetch_map_pieces(network.value.network_version, places);
    } catch (error) {
      // Without signal, what was taken along stays, and the page says how old it is.
      session.notice(error);
    }
  }

  void store.taken_along<JobPackages>(key).then((kept) => {
    if (kept) known.value ??= kept;
  });
  watch(
    () => [
      session.state,
      network.value?.network_version,
      jobs()
        .map(({ id, version }) => `${id}:${version}`)
        .join(" "),
    ],
    () => {
      clearTimeout(gathering);
      gathering = setTimeout(() => void look(), GATHER_MS);
    },
    { immediate: true },
  );
  const again = setInterval(() => void look(), AGAIN_MS);
  onUnmounted(() => {
    clearInterval(again);
    clearTimeout(gathering);
  });
  return known;
}

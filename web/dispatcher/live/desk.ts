// Everything a dispatcher's desk knows, kept live: a snapshot, the changes after it, and details beside them.
import { computed, type InjectionKey, inject, ref, shallowReactive, shallowRef } from "vue";
import { error_words } from "../../src/shared/api/error_words";
import type { LoggedHazard } from "../../src/shared/api/hazard_model";
import type { Change, Crew, Found, Job, NetworkInForce } from "../../src/shared/api/model";
import type { Incident } from "../../src/shared/api/outage_life_model";
import type { PlaceOnMap } from "../../src/shared/api/replay_model";
import { ask } from "../../src/shared/api/request";
import type { DriveRoute, RoadClosure } from "../../src/shared/api/road_model";
import type { Session } from "../../src/shared/api/session";
import type { LoggedOrder, LoggedTag } from "../../src/shared/api/switching_model";
import type { NetworkTrace } from "../../src/shared/api/trace_model";
import { ChangeStream } from "../../src/shared/live/change_stream";
import { CurrentPlan } from "../plan/current_plan";
import { PlannedList } from "../planned/planned_list";
import { OpenPromises } from "../promises/open_promises";
import { SwitchedDevices } from "../switching/switched_devices";
import { is_out, next_decision, waits_for_dispatcher } from "./decisions";
import { Details } from "./details";
import { LateInterruptions } from "./late_interruptions";
import { NetworkLosses } from "./network_losses";
import {
  apply_change,
  type Conflict,
  type Interruption,
  type Known,
  type LoggedOutage,
  type Shelves,
  take_shelves,
} from "./replay";

const TRY_AGAIN_MS = 3_000;
/** By then the first view is drawn, or there is no map that could tell. */
const SETTLED_BY_MS = 4_000;

/** The first answer: what the list and the map show at first sight. */
interface FirstView extends Shelves {
  places: Record<string, PlaceOnMap>;
  reported_hazards: Record<string, string[]>;
}

export class Desk {
  readonly known: Known = {
    outages: shallowReactive(new Map<string, LoggedOutage>()),
    jobs: shallowReactive(new Map<string, Job>()),
    crews: shallowReactive(new Map<string, Crew>()),
    conflicts: shallowReactive(new Map<string, Conflict>()),
    road_closures: shallowReactive(new Map<string, RoadClosure>()),
    hazards: shallowReactive(new Map<string, LoggedHazard>()),
    switching_orders: shallowReactive(new Map<string, LoggedOrder>()),
    tags: shallowReactive(new Map<string, LoggedTag>()),
    incidents: shallowReactive(new Map<string, Incident>()),
    // Many and only drawn: the map is told which outages changed, and looks for itself.
    interruptions: new Map<string, Map<string, Interruption>>(),
    interruptions_at: Number.POSITIVE_INFINITY,
  };
  readonly network = shallowRef<NetworkInForce | null>(null);
  readonly is_loaded = ref(false);
  /** The first view is drawn: what is looked at only later may be asked for. */
  readonly is_settled = ref(false);
  /** Why nothing could be loaded yet, as an error; its words follow the language. */
  readonly load_error = shallowRef<unknown>(null);
  readonly stream = shallowRef<ChangeStream | null>(null);
  readonly selected_id = ref<string | null>(null);
  /** The changes applied last. */
  readonly latest_changes = shallowRef<readonly Change[]>([]);
  /** Outages whose households or status changed with them. */
  readonly changed_outages = shallowRef<ReadonlySet<string>>(new Set());
  /** What was searched for and chosen: the map marks it. */
  readonly found = shallowRef<Found | null>(null);
  /** The way of the crew that is pointed at: the map draws it. */
  readonly route = shallowRef<DriveRoute | null>(null);
  /** What was traced from what is chosen: the map draws it. */
  readonly trace = shallowRef<NetworkTrace | null>(null);
  /** Where the map was left, for the next one to begin there. */
  readonly camera = shallowRef<{ center: [lon: number, lat: number]; zoom: number } | null>(null);
  /** While somebody draws on the map, a click chooses nothing. */
  readonly is_drawing = ref(false);
  readonly details: Details;
  /** What open outages refer to that the network in force no longer has. */
  readonly losses: NetworkLosses;
  /** What was promised about outages that are not over. */
  readonly promises: OpenPromises;
  /** The plan for all outages, and what people ordered of it. */
  readonly plan: CurrentPlan;
  /** Devices that do not stand as they normally do, and where tagged ones are. */
  readonly switched: SwitchedDevices;
  /** Planned outages that are not over. */
  readonly planned: PlannedList;
  private readonly late = new LateInterruptions(this.known);
  private settling: ReturnType<typeof setTimeout> | undefined;
  private is_stopped = false;

  constructor(private readonly session: Session) {
    this.details = new Details((error) => void session.notice(error));
    this.losses = new NetworkLosses((error) => session.notice(error));
    this.promises = new OpenPromises((error) => session.notice(error));
    this.plan = new CurrentPlan((error) => session.notice(error));
    this.planned = new PlannedList((error) => session.notice(error));
    this.switched = new SwitchedDevices((error) => session.notice(error));
  }

  /** Load and follow; while Relight is away, say so and try again. */
  async start(): Promise<void> {
    while (!this.is_stopped) {
      try {
        const position = await this.load();
        this.is_loaded.value = true;
        this.load_error.value = null;
        if (this.is_stopped) return;
        this.follow(position);
        this.settling = setTimeout(() => this.settle(), SETTLED_BY_MS);
        return;
      } catch (error) {
        if (this.session.notice(error)) return;
        this.load_error.value = error;
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      }
    }
  }

  /** After signing in again: go on where the log was left. */
  resume(): void {
    const stream = this.stream.value;
    this.promises.start();
    this.plan.start();
    this.planned.start();
    this.switched.look();
    if (this.is_settled.value && this.late.are_missing) void this.load_rest();
    if (!stream) void this.start();
    else if (stream.connection.state !== "live") {
      // One that was still asking under the sign-in before would be refused, and stop, after this.
      stream.stop();
      this.follow(stream.last_position);
    }
  }

  stop(): void {
    this.is_stopped = true;
    clearTimeout(this.settling);
    this.losses.stop();
    this.promises.stop();
    this.plan.stop();
    this.planned.stop();
    this.switched.stop();
    this.stream.value?.stop();
  }

  /** Why there is nothing to see yet, in words; empty where all is well. */
  readonly load_problem = computed(() => (this.load_error.value ? error_words(this.load_error.value) : ""));

  private readonly jobs_by_outage = computed(() => {
    const jobs = new Map<string, Job[]>();
    for (const job of this.known.jobs.values()) {
      if (!job.outage_id) continue;
      const own = jobs.get(job.outage_id);
      if (own) own.push(job);
      else jobs.set(job.outage_id, [job]);
    }
    for (const own of jobs.values())
      own.sort((a, b) => Date.parse(a.assigned_at) - Date.parse(b.assigned_at));
    return jobs;
  });

  /** The jobs of an outage, oldest first. */
  jobs_of(outage_id: string): readonly Job[] {
    return this.jobs_by_outage.value.get(outage_id) ?? [];
  }

  crew_name(crew_id: string): string {
    return this.known.crews.get(crew_id)?.name ?? crew_id;
  }

  readonly totals = computed(() => {
    const counted = { outages: 0, customers: 0, waiting: 0 };
    for (const outage of this.known.outages.values()) {
      if (waits_for_dispatcher(next_decision(outage.status, this.jobs_of(outage.id)))) counted.waiting += 1;
      if (!is_out(outage.status)) continue;
      counted.outages += 1;
      counted.customers += outage.customers_out;
    }
    return counted;
  });

  private async load(): Promise<number> {
    const [, view] = await Promise.all([this.look_at_network(), ask<FirstView>("/api/snapshot/first-view")]);
    const before = [...this.known.outages.keys()];
    take_shelves(this.known, view);
    this.late.begin();
    this.details.take_first(view.places, view.reported_hazards);
    // Those that the snapshot does not tell of any more go from the map as well.
    this.changed_outages.value = new Set([...before, ...this.known.outages.keys()]);
    this.losses.look();
    this.promises.start();
    this.plan.start();
    this.planned.start();
    this.switched.look();
    if (this.is_settled.value) void this.load_rest();
    return view.position;
  }

  /** The map came to rest, or there is none: ask for the rest, once. */
  settle(): void {
    if (!this.is_loaded.value || this.is_settled.value || this.is_stopped) return;
    this.is_settled.value = true;
    void this.load_rest();
  }

  private async load_rest(): Promise<void> {
    while (!this.is_stopped) {
      try {
        await this.details.load();
        await this.late.load();
        this.changed_outages.value = new Set(this.known.outages.keys());
        return;
      } catch (error) {
        if (this.session.notice(error)) return;
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      }
    }
  }

  /** The map begins to draw with the answer, whatever else is still on its way. */
  private async look_at_network(): Promise<void> {
    this.network.value = await ask<NetworkInForce>("/api/network");
  }

  /** Another network version came into force: its name, its tiles, and what it lost. */
  private async load_network(): Promise<void> {
    while (!this.is_stopped) {
      try {
        await this.look_at_network();
        return;
      } catch (error) {
        if (this.session.notice(error)) return;
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      }
    }
  }

  private follow(position: number): void {
    this.stream.value = new ChangeStream(position, {
      apply: (changes) => this.apply(changes),
      reload: () => this.load(),
      sign_in_ended: (error) => void this.session.notice(error),
    });
  }

  private apply(changes: Change[]): void {
    this.late.heed(changes);
    const changed = new Set<string>();
    const to_ask = new Set<string>();
    for (const change of changes) {
      apply_change(this.known, change);
      if (change.outage_id) {
        changed.add(change.outage_id);
        if (!this.details.follow(change)) to_ask.add(change.outage_id);
      }
      const moved_to = change.data.interruptions?.moved_to;
      if (moved_to) {
        changed.add(moved_to);
        to_ask.add(moved_to);
      }
    }
    this.latest_changes.value = changes;
    if (changed.size > 0) this.changed_outages.value = changed;
    this.details.want(to_ask);
    if (changed.size > 0) this.promises.look();
    this.plan.heed(changes);
    this.planned.heed(changes);
    this.switched.heed(changes);
    if (changes.some(({ name }) => name === "network.activated")) {
      void this.load_network();
      this.losses.look();
    } else this.losses.heed(changed);
  }
}

const desk_key: InjectionKey<Desk> = Symbol("desk");

export { desk_key };

/** The desk that the page provides. */
export function use_desk(): Desk {
  const desk = inject(desk_key);
  if (!desk) throw new Error("No desk is provided above this component.");
  return desk;
}

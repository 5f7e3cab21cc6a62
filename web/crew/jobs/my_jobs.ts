// The crew's jobs, told by Relight as they change, and kept for when there is no signal. Steps that still wait in the
// outbox are shown as done: that is how the crew knows them.
import { computed, ref, shallowRef } from "vue";
import { Away } from "../../src/shared/api/errors";
import { ask } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import { LiveStream } from "../../src/shared/live/live_stream";
import type { Outbox } from "../outbox/outbox";
import type { ReportStore } from "../outbox/report_store";
import { is_step } from "../outbox/reports";
import { type CrewJob, type CrewJobs, expected_actions } from "./crew_job";

/** A break of a blink is no news. */
const BLINK_MS = 2_500;
/** How often the jobs are asked for while they are not told. */
const ASK_EVERY_MS = 10_000;

/** "behind": the stream is broken or refused, but Relight answers when asked. */
export type Reach = "live" | "behind" | "lost";

export class MyJobs {
  private readonly from_server = shallowRef<CrewJobs | null>(null);
  /** Jobs that were taken from this crew by somebody else. */
  readonly taken_back = ref<{ id: string; device: string }[]>([]);
  readonly reach = ref<Reach>("live");
  /** Real time at which Relight was last lost; null while it answers. */
  readonly lost_at = ref<number | null>(null);
  readonly is_loaded = computed(() => this.from_server.value !== null);
  readonly crew_name = computed(() => this.from_server.value?.crew_name ?? this.session.who?.crew_id ?? "");
  private stream: LiveStream | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly session: Session,
    private readonly store: ReportStore,
    private readonly outbox: () => Outbox,
    /** Called when the page goes live, and when other roads are closed than before. */
    private readonly roads_changed: () => void = () => undefined,
  ) {}

  /** The jobs with the steps tapped since, in the order they came; ended ones are gone. */
  readonly jobs = computed(() => {
    const waiting = this.outbox().waiting_steps(this.account);
    return (this.from_server.value?.jobs ?? [])
      .map((job) => {
        const last = waiting.findLast((report) => report.job_id === job.id);
        if (!last) return job;
        const { status } = last.body;
        return { ...job, status, allowed_actions: expected_actions(status) };
      })
      .filter((job) => job.status !== "finished" && job.status !== "declined");
  });

  async start(): Promise<void> {
    const kept = (await this.store.kept_jobs(this.account)) as Partial<CrewJobs> | undefined;
    if (kept?.jobs && !this.from_server.value) this.from_server.value = kept as CrewJobs;
    this.listen();
  }

  /** Listen, or listen anew after signing in. */
  listen(): void {
    this.stream?.stop();
    this.stream = new LiveStream({
      address: () => {
        const position = this.from_server.value?.position;
        return `/api/jobs/mine/stream${position === undefined ? "" : `?after=${position}`}`;
      },
      take: ({ event, data }) => {
        if (event === "jobs") this.take(JSON.parse(data) as CrewJobs);
        else if (event === "road_closures") this.roads_changed();
      },
      // The kept position is of another database, or too old: what is answered now replaces everything.
      reload: async () => {
        const told = await ask<CrewJobs>("/api/jobs/mine");
        // Of another database: the same numbers name other jobs there.
        if (told.position < (this.from_server.value?.position ?? 0)) this.from_server.value = null;
        this.replace(told);
      },
      live: () => {
        this.roads_changed();
        this.wait(null);
        this.note("live");
      },
      lost: () => {
        if (!this.timer || !navigator.onLine) this.wait(navigator.onLine ? BLINK_MS : 0);
      },
      sign_in_ended: (error) => void this.session.notice(error),
    });
  }

  stop(): void {
    this.stream?.stop();
    this.wait(null);
  }

  readonly look_now = (): void => void this.look();

  put_away(id: string): void {
    this.taken_back.value = this.taken_back.value.filter((one) => one.id !== id);
  }

  /** Take the answer to a report. */
  take_answer(job: CrewJob): void {
    const held = this.from_server.value;
    if (held)
      this.keep({
        ...held,
        jobs: held.jobs.map((one) => (one.id === job.id ? newer(one, named(job)) : one)),
      });
  }

  private get account(): string {
    return this.session.who?.name ?? "";
  }

  /** Ask once; and again later, for as long as nothing is told. */
  private async look(): Promise<void> {
    if (this.session.state === "signed_in" || this.session.state === "away") {
      try {
        this.take(await ask<CrewJobs>("/api/jobs/mine"));
        this.note(this.stream?.connection.state === "lost" ? "behind" : "live");
      } catch (error) {
        if (error instanceof Away) this.note("lost");
        else this.session.notice(error);
      }
    }
    this.wait(this.stream?.connection.state === "lost" ? ASK_EVERY_MS : null);
  }

  /** Ask after a while, instead of whenever it was to be; null: not at all. */
  private wait(milliseconds: number | null): void {
    clearTimeout(this.timer);
    this.timer = milliseconds === null ? undefined : setTimeout(this.look_now, milliseconds);
  }

  private note(reach: Reach): void {
    // What waited for the signal goes out with it.
    if (this.reach.value === "lost" && reach !== "lost") void this.outbox().flush();
    this.reach.value = reach;
    this.lost_at.value = reach === "lost" ? (this.lost_at.value ?? Date.now()) : null;
  }

  private take(told: CrewJobs): void {
    const held = this.from_server.value;
    if (held && told.position < held.position) return;
    this.replace(told);
  }

  private replace(told: CrewJobs): void {
    // Another crew signed in on this browser: these are not the jobs of whoever looks at this page.
    if (told.crew_id !== this.session.who?.crew_id) {
      this.session.note_another();
      return;
    }
    const held = new Map(this.from_server.value?.jobs.map((job) => [job.id, job]));
    const still = new Set(told.jobs.map((job) => job.id));
    for (const before of held.values()) {
      if (!still.has(before.id) && !this.was_ended_here(before.id)) {
        this.taken_back.value = [...this.taken_back.value, { id: before.id, device: before.device }];
      }
    }
    this.keep({ ...told, jobs: told.jobs.map((job) => newer(held.get(job.id) ?? job, named(job))) });
  }

  private keep(jobs: CrewJobs): void {
    this.from_server.value = jobs;
    void this.store.keep_jobs(this.account, jobs);
  }

  private was_ended_here(job_id: string): boolean {
    const ends = ["finished", "declined"];
    return this.outbox().reports.some(
      (report) => is_step(report) && report.job_id === job_id && ends.includes(report.body.status),
    );
  }
}

/** A danger may hang on no device: the job is then named by the danger. */
function named(job: CrewJob): CrewJob {
  return job.device ? job : { ...job, device: job.hazard_id ?? job.id };
}

/** Answers may overtake each other: an older one never replaces a newer one. */
function newer(held: CrewJob, told: CrewJob): CrewJob {
  return held.version > told.version ? held : told;
}

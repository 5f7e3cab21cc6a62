// The crew's jobs, asked for again and again while the page is looked at, and kept for when there is no signal.
// Steps that still wait in the outbox are shown as done: that is how the crew knows them.
import { computed, ref, shallowRef } from "vue";
import { Away } from "../../src/shared/api/errors";
import { ask } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Outbox } from "../outbox/outbox";
import type { ReportStore } from "../outbox/report_store";
import type { CrewJob } from "./crew_job";

const LOOK_EVERY_MS = 1_000;
const LOOK_HIDDEN_EVERY_MS = 20_000;

export class MyJobs {
  private readonly from_server = shallowRef<CrewJob[] | null>(null);
  /** Jobs that were taken from this crew by somebody else. */
  readonly taken_back = ref<{ id: string; device: string }[]>([]);
  /** Real time at which Relight was last lost; null while it answers. */
  readonly lost_at = ref<number | null>(null);
  readonly is_loaded = computed(() => this.from_server.value !== null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private is_stopped = false;
  private answers = 0;

  constructor(
    private readonly session: Session,
    private readonly store: ReportStore,
    private readonly outbox: () => Outbox,
  ) {}

  /** The jobs with the steps tapped since, in the order they came; ended ones are gone. */
  readonly jobs = computed(() => {
    const waiting = this.outbox().waiting(this.account);
    return (this.from_server.value ?? [])
      .map((job) => {
        const last = waiting.findLast((report) => report.job_id === job.id);
        return last ? { ...job, status: last.body.status } : job;
      })
      .filter((job) => job.status !== "finished" && job.status !== "declined");
  });

  async start(): Promise<void> {
    const kept = await this.store.kept_jobs(this.account);
    if (kept && !this.from_server.value) this.from_server.value = kept as CrewJob[];
    await this.look();
    document.addEventListener("visibilitychange", this.look_now);
    window.addEventListener("online", this.look_now);
  }

  stop(): void {
    this.is_stopped = true;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.look_now);
    window.removeEventListener("online", this.look_now);
  }

  readonly look_now = (): void => {
    clearTimeout(this.timer);
    void this.look();
  };

  put_away(id: string): void {
    this.taken_back.value = this.taken_back.value.filter((one) => one.id !== id);
  }

  /** Take the answer to a report: it is newer than any list that was asked for before. */
  take_answer(job: CrewJob): void {
    this.answers += 1;
    const jobs = this.from_server.value ?? [];
    this.from_server.value = jobs.map((one) => (one.id === job.id ? job : one));
  }

  private get account(): string {
    return this.session.who?.name ?? "";
  }

  private async look(): Promise<void> {
    clearTimeout(this.timer);
    if (this.session.state === "signed_in") {
      try {
        const { answers } = this;
        const { jobs } = await ask<{ jobs: CrewJob[] }>("/api/jobs/mine");
        if (answers === this.answers) this.take(jobs);
        if (this.lost_at.value !== null) void this.outbox().flush();
        this.lost_at.value = null;
      } catch (error) {
        if (error instanceof Away) this.lost_at.value ??= Date.now();
        else this.session.notice(error);
      }
    }
    if (this.is_stopped) return;
    this.timer = setTimeout(() => void this.look(), document.hidden ? LOOK_HIDDEN_EVERY_MS : LOOK_EVERY_MS);
  }

  private take(jobs: CrewJob[]): void {
    const now = new Set(jobs.map((job) => job.id));
    for (const before of this.from_server.value ?? []) {
      if (!now.has(before.id) && !this.was_ended_here(before.id)) {
        this.taken_back.value = [...this.taken_back.value, { id: before.id, device: before.device }];
      }
    }
    if (JSON.stringify(jobs) === JSON.stringify(this.from_server.value)) return;
    this.from_server.value = jobs;
    void this.store.keep_jobs(this.account, jobs);
  }

  private was_ended_here(job_id: string): boolean {
    const ends = ["finished", "declined"];
    return this.outbox().reports.some(
      (report) => report.job_id === job_id && ends.includes(report.body.status),
    );
  }
}

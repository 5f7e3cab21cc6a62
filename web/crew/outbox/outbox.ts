// The outbox: every tap goes in with its own id and time, and is sent, oldest first, until Relight answers. What is
// refused stays to be read. Nothing that was tapped is ever lost by a lost signal. Steps and materials go before all that
// has photos: where a crew is counts at once, and is a few hundred bytes.
import { reactive, ref } from "vue";
import { Away, Refusal } from "../../src/shared/api/errors";
import type { JobStatus } from "../../src/shared/api/model";
import type { Session } from "../../src/shared/api/session";
import type { CrewJob } from "../jobs/crew_job";
import { event_id } from "./event_id";
import type { Reports } from "./report_store";
import {
  type DamageReportKept,
  type HazardPhotos,
  has_photos,
  is_step,
  type MaterialsBody,
  type PhotoReport,
  type ReliefReport,
  type Report,
  type ReportBody,
  type StepReport,
} from "./reports";
import {
  lacks_a_photo,
  send_materials,
  send_next_photo,
  send_relief,
  send_step,
  send_with_photos,
} from "./sending";

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 30_000;

type NewPart = "account" | "state" | "sequence" | "refusal";

export class Outbox {
  readonly reports: Report[] = reactive([]);
  private readonly count = ref(0);
  private wait_ms = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private is_sending = false;

  constructor(
    private readonly store: Reports,
    private readonly session: Session,
    /** Called with the job as it now is; with null when a report was refused. */
    private readonly on_answer: (job: CrewJob | null) => void,
    /** The time by Relight's clock, in milliseconds; throws Away while that cannot be known. */
    private readonly now: () => Promise<number> = async () => Number.POSITIVE_INFINITY,
  ) {}

  async load(): Promise<void> {
    this.reports.splice(0, this.reports.length, ...(await this.store.all()));
    window.addEventListener("online", () => void this.flush());
  }

  /** How many reports were made since this page was opened. */
  get made(): number {
    return this.count.value;
  }

  waiting(account: string): Report[] {
    return this.reports.filter((report) => report.state === "waiting" && report.account === account);
  }

  /** What there was no room for on this phone: it lives only as long as this page, unless it is sent before. */
  unkept(account: string): Report[] {
    return this.waiting(account).filter(({ sequence }) => sequence === undefined);
  }

  waiting_steps(account: string): StepReport[] {
    return this.waiting(account).filter(is_step);
  }

  /** Keep a step, then send it as soon as may be. */
  async report(
    account: string,
    job: { id: string; device: string },
    body: Omit<ReportBody, "client_event_id">,
  ): Promise<void> {
    await this.keep({
      account,
      job_id: job.id,
      device: job.device,
      body: { ...body, client_event_id: event_id() },
      state: "waiting",
    });
  }

  /** Keep what was used, then send it as soon as may be. */
  async report_materials(
    account: string,
    job: { id: string; device: string },
    body: Omit<MaterialsBody, "client_event_id">,
  ): Promise<void> {
    await this.keep({
      kind: "materials",
      account,
      job_id: job.id,
      device: job.device,
      body: { ...body, client_event_id: event_id() },
      state: "waiting",
    });
  }

  /** Keep that those who waited were relieved, then send it as soon as may be. */
  async report_relief(account: string, report: Omit<ReliefReport, NewPart>): Promise<void> {
    await this.keep({ ...report, account, state: "waiting" });
  }

  /** Keep what has photos, which are in the store already, then send it as soon as may be. */
  async report_with_photos(
    account: string,
    report: Omit<DamageReportKept, NewPart> | Omit<HazardPhotos, NewPart>,
  ): Promise<void> {
    await this.keep({ ...report, account, state: "waiting" } as PhotoReport);
  }

  /** The newest damage report on a job, whatever became of it. */
  last_damage(account: string, job_id: string): DamageReportKept | null {
    const found = this.reports.findLast(
      (report) => report.kind === "damage" && report.account === account && report.job_id === job_id,
    );
    return (found as DamageReportKept | undefined) ?? null;
  }

  /** A refused report has been read. */
  async put_away(report: Report): Promise<void> {
    if (report.sequence) await this.store.forget(report.sequence);
    const { client_event_id } = report.body;
    const at = this.reports.findIndex(({ body }) => body.client_event_id === client_event_id);
    if (at >= 0) this.reports.splice(at, 1);
  }

  /** Send what waits, oldest first; stop at the first that gets no answer, and come back to it. */
  async flush(): Promise<void> {
    const account = this.session.who?.name;
    if (this.is_sending || !account || this.session.state !== "signed_in") return;
    this.is_sending = true;
    clearTimeout(this.timer);
    try {
      for (let next = this.next(account); next; next = this.next(account)) await this.send(next);
      this.wait_ms = FIRST_WAIT_MS;
      await this.store.tidy();
    } catch (error) {
      if (!(error instanceof Away) && !this.session.notice(error)) console.error(error);
      this.timer = setTimeout(() => void this.flush(), this.wait_ms);
      this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
    } finally {
      this.is_sending = false;
    }
  }

  private next(account: string): Report | undefined {
    const waiting = this.waiting(account);
    return waiting.find((report) => !has_photos(report)) ?? waiting[0];
  }

  private async keep(report: Report): Promise<void> {
    let kept: Report;
    try {
      kept = await this.store.put(report);
    } catch {
      // No room on the phone: it is tried once more; if that fails too, the page says so and holds it until it is sent.
      await this.store.make_room();
      kept = await this.store.put(report).catch(() => report);
    }
    this.reports.push(kept);
    this.count.value += 1;
    void this.flush();
  }

  /** Keep what became of a report. Where there is no room it is sent once more, later, and is still one. */
  private async note(report: Report): Promise<void> {
    const kept = await this.store.put(report).catch(() => null);
    if (kept?.sequence !== undefined) report.sequence = kept.sequence;
  }

  private async send(report: Report): Promise<void> {
    try {
      await this.set_right(report);
      if (await this.send_part(report)) {
        report.state = "sent";
        report.answered_at = new Date().toISOString();
      }
    } catch (error) {
      // About the sign-in or the connection: it will be taken later, under the same id.
      if (!(error instanceof Refusal) || this.session.notice(error)) throw error;
      if (has_photos(report) && lacks_a_photo(error) && !report.is_sent_anew) {
        report.is_sent_anew = true;
        for (const photo of report.photos) if (photo.state === "sent") photo.state = "waiting";
      } else this.refuse(report, error);
    }
    await this.note(report);
  }

  /** A phone's clock may have been set anew since the tap: nothing happened later than now. */
  private async set_right(report: Report): Promise<void> {
    const now = await this.now();
    if (Date.parse(report.body.occurred_at) > now) report.body.occurred_at = new Date(now).toISOString();
  }

  /** Send a step, a photo of a report, or the report after its last photo; return whether all of it has gone. */
  private async send_part(report: Report): Promise<boolean> {
    if (is_step(report)) {
      this.on_answer(await send_step(report));
      return true;
    }
    if (report.kind === "materials") {
      await send_materials(report);
      return true;
    }
    if (report.kind === "relief") {
      await send_relief(report);
      return true;
    }
    if (await send_next_photo(report, (id) => this.store.photo(id))) return false;
    if (report.kind === "damage") report.body.replaces ??= this.number_of(report.corrects);
    await send_with_photos(report);
    return true;
  }

  /** The number of an earlier report, which had none yet when its correction was written. */
  private number_of(client_event_id: string | undefined): string | null {
    const earlier = this.reports.find(({ body }) => body.client_event_id === client_event_id);
    return (earlier?.kind === "damage" && earlier.taken_as) || null;
  }

  private refuse(report: Report, error: Refusal): void {
    report.state = "refused";
    report.answered_at = new Date().toISOString();
    report.refusal = { code: error.code, text: error.message, fields: error.fields };
    if (error.code === "illegal_transition") report.refusal.status = error.fields.status as JobStatus;
    this.on_answer(null);
  }
}

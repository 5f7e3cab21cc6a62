// The outbox: every tap goes in with its own id and time, and is sent, oldest first, until Relight answers. What is
// refused stays to be read. Nothing that was tapped is ever lost by a lost signal.
import { reactive } from "vue";
import { Away, Refusal } from "../../src/shared/api/errors";
import type { JobStatus } from "../../src/shared/api/model";
import { post } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { CrewJob } from "../jobs/crew_job";
import { event_id } from "./event_id";
import type { Report, ReportBody, Reports } from "./report_store";

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 30_000;

export class Outbox {
  readonly reports: Report[] = reactive([]);
  private wait_ms = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private is_sending = false;

  constructor(
    private readonly store: Reports,
    private readonly session: Session,
    /** Called with the job as it now is; with null when a report was refused. */
    private readonly on_answer: (job: CrewJob | null) => void,
  ) {}

  async load(): Promise<void> {
    this.reports.splice(0, this.reports.length, ...(await this.store.all()));
    window.addEventListener("online", () => void this.flush());
  }

  waiting(account: string): Report[] {
    return this.reports.filter((report) => report.state === "waiting" && report.account === account);
  }

  /** Keep a step, then send it as soon as may be. */
  async report(
    account: string,
    job: { id: string; device: string },
    body: Omit<ReportBody, "client_event_id">,
  ): Promise<void> {
    const report: Report = {
      account,
      job_id: job.id,
      device: job.device,
      body: { ...body, client_event_id: event_id() },
      state: "waiting",
    };
    this.reports.push(await this.store.put(report));
    void this.flush();
  }

  /** A refused report has been read. */
  async put_away(report: Report): Promise<void> {
    if (report.sequence) await this.store.forget(report.sequence);
    const at = this.reports.findIndex(({ sequence }) => sequence === report.sequence);
    if (at >= 0) this.reports.splice(at, 1);
  }

  /** Send what waits, oldest first; stop at the first that gets no answer, and come back to it. */
  async flush(): Promise<void> {
    const account = this.session.who?.name;
    if (this.is_sending || !account || this.session.state !== "signed_in") return;
    this.is_sending = true;
    clearTimeout(this.timer);
    try {
      for (let next = this.waiting(account)[0]; next; next = this.waiting(account)[0]) await this.send(next);
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

  private async send(report: Report): Promise<void> {
    try {
      const path = `/api/jobs/${encodeURIComponent(report.job_id)}/progress`;
      this.on_answer(await post<CrewJob>(path, report.body));
      report.state = "sent";
    } catch (error) {
      // About the sign-in or the connection: it will be taken later, under the same id.
      if (!(error instanceof Refusal) || this.session.notice(error)) throw error;
      report.state = "refused";
      report.refusal = { code: error.code, text: error.message, fields: error.fields };
      if (error.code === "illegal_transition") report.refusal.status = error.fields.status as JobStatus;
      this.on_answer(null);
    }
    await this.store.put(report);
  }
}

// Reports kept in this phone's own database (IndexedDB) until Relight has taken or refused them.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { HazardOutcome } from "../../src/shared/api/hazard_model";
import type { JobStatus } from "../../src/shared/api/model";

export interface Finding {
  device: string;
  result: "open" | "damaged" | "ok";
}

/** One step of a job, as it happened; the same body is sent however often it takes. */
export interface ReportBody {
  status: JobStatus;
  occurred_at: string;
  client_event_id: string;
  finding?: Finding;
  etr_at?: string;
  reason?: string;
  hazard_outcome?: HazardOutcome;
}

export interface Report {
  /** Given by the database, in the order of tapping. */
  sequence?: number;
  /** Under which name it was done; it is sent under no other. */
  account: string;
  job_id: string;
  device: string;
  body: ReportBody;
  state: "waiting" | "sent" | "refused";
  refusal?: { code: string; text: string; status?: JobStatus; fields?: Record<string, unknown> };
}

/** What the outbox needs of a place that keeps reports. */
export type Reports = Pick<ReportStore, "all" | "put" | "forget" | "tidy">;

interface CrewDatabase extends DBSchema {
  reports: { key: number; value: Report };
  /** The last jobs heard of, by account, for a page opened without signal. */
  jobs: { key: string; value: unknown };
}

const SENT_KEPT = 8;

export class ReportStore {
  private constructor(private readonly database: IDBPDatabase<CrewDatabase>) {}

  static async open(): Promise<ReportStore> {
    const database = await openDB<CrewDatabase>("relight-crew", 1, {
      upgrade(fresh) {
        fresh.createObjectStore("reports", { keyPath: "sequence", autoIncrement: true });
        fresh.createObjectStore("jobs");
      },
    });
    // Asks the browser not to clear it when space runs short; it may say no.
    void navigator.storage?.persist?.();
    return new ReportStore(database);
  }

  /** All reports kept, oldest first. */
  all(): Promise<Report[]> {
    return this.database.getAll("reports");
  }

  /** Keep a report; it is safe once this has returned. */
  async put(report: Report): Promise<Report> {
    // Plain data only: the database cannot keep what Vue has wrapped.
    const plain = JSON.parse(JSON.stringify(report)) as Report;
    const sequence = await this.database.put("reports", plain);
    return { ...report, sequence };
  }

  async forget(sequence: number): Promise<void> {
    await this.database.delete("reports", sequence);
  }

  /** Forget reports that were taken long ago; the newest few stay to be seen. */
  async tidy(): Promise<void> {
    const sent = (await this.all()).filter((report) => report.state === "sent");
    for (const { sequence } of sent.slice(0, -SENT_KEPT)) if (sequence) await this.forget(sequence);
  }

  async keep_jobs(account: string, jobs: unknown): Promise<void> {
    await this.database.put("jobs", JSON.parse(JSON.stringify(jobs)), account);
  }

  kept_jobs(account: string): Promise<unknown> {
    return this.database.get("jobs", account);
  }
}

// Reports, photos and half-filled forms kept in this phone's own database (IndexedDB) until Relight has taken them.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { type Draft, is_step, type Report } from "./reports";

/** What the outbox needs of a place that keeps reports. */
export type Reports = Pick<ReportStore, "all" | "put" | "forget" | "tidy" | "photo">;

interface CrewDatabase extends DBSchema {
  reports: { key: number; value: Report };
  /** The last jobs heard of, by account, for a page opened without signal. */
  jobs: { key: string; value: unknown };
  /** The closed roads last heard of. */
  closures: { key: string; value: unknown };
  photos: { key: string; value: Blob };
  drafts: { key: string; value: Draft };
}

const SENT_KEPT = 8;

export class ReportStore {
  private constructor(private readonly database: IDBPDatabase<CrewDatabase>) {}

  static async open(): Promise<ReportStore> {
    const database = await openDB<CrewDatabase>("relight-crew", 2, {
      upgrade(fresh, version_before) {
        if (version_before < 1) {
          fresh.createObjectStore("reports", { keyPath: "sequence", autoIncrement: true });
          fresh.createObjectStore("jobs");
        }
        fresh.createObjectStore("closures");
        fresh.createObjectStore("photos");
        fresh.createObjectStore("drafts");
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
  async put<Kind extends Report>(report: Kind): Promise<Kind> {
    // Plain data only: the database cannot keep what Vue has wrapped.
    const plain = JSON.parse(JSON.stringify(report)) as Report;
    const sequence = await this.database.put("reports", plain);
    return { ...report, sequence };
  }

  async forget(sequence: number): Promise<void> {
    await this.database.delete("reports", sequence);
  }

  /** Forget reports that were taken long ago, and photos that nothing here needs any more. */
  async tidy(): Promise<void> {
    // In one go: a report that is written meanwhile has its photos either in its form or in itself.
    const work = this.database.transaction(["reports", "photos", "drafts"], "readwrite");
    const reports = await work.objectStore("reports").getAll();
    const sent = reports.filter((report) => report.state === "sent");
    for (const { sequence } of sent.slice(0, -SENT_KEPT))
      if (sequence) await work.objectStore("reports").delete(sequence);
    const drafts = await work.objectStore("drafts").getAll();
    const needed = new Set(drafts.flatMap(({ photos }) => photos));
    for (const report of reports) {
      if (!is_step(report) && report.state !== "sent") for (const { id } of report.photos) needed.add(id);
    }
    for (const id of await work.objectStore("photos").getAllKeys()) {
      if (!needed.has(id)) await work.objectStore("photos").delete(id);
    }
    await work.done;
  }

  photo(id: string): Promise<Blob | undefined> {
    return this.database.get("photos", id);
  }

  /** Keep what is filled in so far, and with it a new photo. */
  async keep_draft(key: string, draft: Draft, photo?: { id: string; content: Blob }): Promise<void> {
    const work = this.database.transaction(["photos", "drafts"], "readwrite");
    if (photo) await work.objectStore("photos").put(photo.content, photo.id);
    await work.objectStore("drafts").put(JSON.parse(JSON.stringify(draft)) as Draft, key);
    await work.done;
  }

  draft(key: string): Promise<Draft | undefined> {
    return this.database.get("drafts", key);
  }

  async forget_draft(key: string): Promise<void> {
    await this.database.delete("drafts", key);
  }

  async keep_jobs(account: string, jobs: unknown): Promise<void> {
    await this.database.put("jobs", JSON.parse(JSON.stringify(jobs)), account);
  }

  async keep_closures(closures: unknown): Promise<void> {
    await this.database.put("closures", JSON.parse(JSON.stringify(closures)), "known");
  }

  kept_closures(): Promise<unknown> {
    return this.database.get("closures", "known");
  }

  kept_jobs(account: string): Promise<unknown> {
    return this.database.get("jobs", account);
  }
}

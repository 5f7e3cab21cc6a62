// Reports, photos, the journal and half-filled forms kept in this phone's own database (IndexedDB) until Relight has
// taken them; and what is good to have without signal: jobs, packages, ways. An update only ever adds to it.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { entry_of, type JournalEntry } from "../journal/journal";
import { forget_map_pieces } from "../offline/map_pieces";
import { type Draft, has_photos, type Report } from "./reports";

/** What the outbox needs of a place that keeps reports. */
export type Reports = Pick<ReportStore, "all" | "put" | "forget" | "tidy" | "photo" | "make_room">;

interface CrewDatabase extends DBSchema {
  reports: { key: number; value: Report };
  /** The last jobs heard of, by account, for a page opened without signal. */
  jobs: { key: string; value: unknown };
  /** The closed roads last heard of. */
  closures: { key: string; value: unknown };
  photos: { key: string; value: Blob };
  drafts: { key: string; value: Draft };
  /** One line for each report, by the id of its event: what was tapped, and what Relight said. */
  journal: { key: string; value: JournalEntry };
  /** What else is good to have without signal; those of an account begin with its name and a slash. */
  taken_along: { key: string; value: unknown };
}

const VERSION = 3;
const SENT_KEPT = 8;
/** More than a month of work; those that wait are never removed. */
const JOURNAL_KEPT = 5_000;

export class ReportStore {
  private constructor(private readonly database: IDBPDatabase<CrewDatabase>) {}

  static async open(): Promise<ReportStore> {
    // Asks the browser not to clear it when space runs short; it may say no.
    void navigator.storage?.persist?.();
    return new ReportStore(await open_database(VERSION));
  }

  /** All reports kept, oldest first. */
  all(): Promise<Report[]> {
    return this.database.getAll("reports");
  }

  /** Keep a report and its line in the journal; both are safe once this has returned. */
  async put<Kind extends Report>(report: Kind): Promise<Kind> {
    // Plain data only: the database cannot keep what Vue has wrapped.
    const plain = JSON.parse(JSON.stringify(report)) as Kind;
    const work = this.database.transaction(["reports", "journal"], "readwrite", { durability: "strict" });
    const done = work.done;
    // Without room the first of these fails, and this one with it: it is told once.
    done.catch(() => undefined);
    const sequence = await work.objectStore("reports").put(plain);
    await work.objectStore("journal").put(entry_of({ ...plain, sequence }));
    await done;
    return { ...report, sequence };
  }

  async forget(sequence: number): Promise<void> {
    await this.database.delete("reports", sequence);
  }

  /** Forget reports that were taken long ago, and photos that nothing here needs any more. */
  async tidy(): Promise<void> {
    // In one go: a report that is written meanwhile has its photos either in its form or in itself.
    const work = this.database.transaction(["reports", "photos", "drafts", "journal"], "readwrite");
    const reports = await work.objectStore("reports").getAll();
    const sent = reports.filter((report) => report.state === "sent");
    for (const { sequence } of sent.slice(0, -SENT_KEPT))
      if (sequence) await work.objectStore("reports").delete(sequence);
    const drafts = await work.objectStore("drafts").getAll();
    const needed = new Set(drafts.flatMap(({ photos }) => photos));
    for (const report of reports) {
      if (has_photos(report) && report.state !== "sent") for (const { id } of report.photos) needed.add(id);
    }
    for (const id of await work.objectStore("photos").getAllKeys()) {
      if (!needed.has(id)) await work.objectStore("photos").delete(id);
    }
    const lines = await work.objectStore("journal").count();
    if (lines > JOURNAL_KEPT) {
      const old = (await work.objectStore("journal").getAll())
        .filter(({ outcome }) => outcome !== "waiting")
        .sort((one, other) => one.sequence - other.sequence);
      for (const { client_event_id } of old.slice(0, lines - JOURNAL_KEPT))
        await work.objectStore("journal").delete(client_event_id);
    }
    await work.done;
  }

  /** What can be fetched again makes way for what cannot. */
  async make_room(): Promise<void> {
    await forget_map_pieces();
    await this.tidy().catch(() => undefined);
  }

  /** The lines of an account, newest first. */
  async journal(account: string): Promise<JournalEntry[]> {
    const all = await this.database.getAll("journal");
    return all
      .filter((entry) => entry.account === account)
      .sort((one, other) => other.sequence - one.sequence);
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

  /** Keep jobs to be read without signal; that there is no room for them is no error. */
  async keep_jobs(account: string, jobs: unknown): Promise<void> {
    const plain: unknown = JSON.parse(JSON.stringify(jobs));
    await this.database.put("jobs", plain, account).catch(() => undefined);
  }

  async keep_closures(closures: unknown): Promise<void> {
    const plain: unknown = JSON.parse(JSON.stringify(closures));
    await this.database.put("closures", plain, "known").catch(() => undefined);
  }

  kept_closures(): Promise<unknown> {
    return this.database.get("closures", "known");
  }

  kept_jobs(account: string): Promise<unknown> {
    return this.database.get("jobs", account);
  }

  /** Keep something to be read without signal; that there is no room for it is no error. */
  async take_along(key: string, value: unknown): Promise<void> {
    const plain: unknown = JSON.parse(JSON.stringify(value));
    await this.database.put("taken_along", plain, key).catch(() => undefined);
  }

  taken_along<Value>(key: string): Promise<Value | undefined> {
    return this.database.get("taken_along", key) as Promise<Value | undefined>;
  }

  /** Forget what may hold customers' data, all of it or that of others than one account; what was tapped stays. */
  async forget_taken_along({ but_of }: { but_of?: string } = {}): Promise<void> {
    const work = this.database.transaction(["jobs", "taken_along"], "readwrite");
    for (const store of ["jobs", "taken_along"] as const) {
      for (const key of await work.objectStore(store).getAllKeys()) {
        const is_own = but_of !== undefined && (key === but_of || key.startsWith(`${but_of}/`));
        if (!is_own) await work.objectStore(store).delete(key);
      }
    }
    await work.done;
  }
}

async function open_database(version: number | undefined): Promise<IDBPDatabase<CrewDatabase>> {
  try {
    const database = await openDB<CrewDatabase>("relight-crew", version, {
      upgrade(fresh, version_before) {
        if (version_before < 1) {
          fresh.createObjectStore("reports", { keyPath: "sequence", autoIncrement: true });
          fresh.createObjectStore("jobs");
        }
        if (version_before < 2) {
          fresh.createObjectStore("closures");
          fresh.createObjectStore("photos");
          fresh.createObjectStore("drafts");
        }
        fresh.createObjectStore("journal", { keyPath: "client_event_id" });
        fresh.createObjectStore("taken_along");
      },
      // A page of a newer version wants to add to it: this one lets go, and comes back as the newer one.
      blocking: () => location.reload(),
    });
    return database;
  } catch (error) {
    // Made by a newer version of this page: what it added does not disturb.
    const is_newer = error instanceof DOMException && error.name === "VersionError";
    if (is_newer && version !== undefined) return open_database(undefined);
    throw error;
  }
}

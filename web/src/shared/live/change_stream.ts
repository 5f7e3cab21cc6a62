// The tail of the change log: resumes after the last position seen, and gathers changes that come close together.
import type { Change } from "../api/model";
import { type Connection, LiveStream } from "./live_stream";

/** Changes are applied together: a few at most four times a second, a flood at most once a second. */
const GATHER_MS = 250;
const GATHER_FLOOD_MS = 1_000;
const FLOOD = 20;

export interface ChangeReader {
  apply: (changes: Change[]) => void;
  /** The position is not of this database: load everything anew, and return the position to go on from. */
  reload: () => Promise<number>;
  sign_in_ended: (error: unknown) => void;
}

export class ChangeStream {
  private readonly stream: LiveStream;
  private gathered: Change[] = [];
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private delivered_at = Number.NEGATIVE_INFINITY;

  constructor(
    private position: number,
    private readonly reader: ChangeReader,
  ) {
    this.stream = new LiveStream({
      address: () => `/api/changes/stream?after=${this.position}`,
      take: ({ event, data }) => {
        if (!event || event === "message") this.gather(JSON.parse(data) as Change);
      },
      reload: async () => {
        this.position = await reader.reload();
      },
      sign_in_ended: (error) => {
        this.deliver();
        reader.sign_in_ended(error);
      },
    });
  }

  get connection(): Connection {
    return this.stream.connection;
  }

  stop(): void {
    this.stream.stop();
    this.deliver();
  }

  /** Where the next connection would go on from. */
  get last_position(): number {
    return this.position;
  }

  private gather(change: Change): void {
    if (change.position <= this.position) return;
    this.position = change.position;
    this.gathered.push(change);
    this.gathering ??= setTimeout(() => this.look(), GATHER_MS);
  }

  /** Deliver what is gathered, unless it is so much that the page had better draw it less often. */
  private look(): void {
    const left_ms = this.delivered_at + GATHER_FLOOD_MS - performance.now();
    if (this.gathered.length > FLOOD && left_ms > 0)
      this.gathering = setTimeout(() => this.deliver(), left_ms);
    else this.deliver();
  }

  private deliver(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.delivered_at = performance.now();
    const changes = this.gathered;
    this.gathered = [];
    if (changes.length > 0) this.reader.apply(changes);
  }
}

// What can go wrong between a page and Relight: it refuses, it is away, or the sign-in has ended.

/** Relight answered, and said no. `fields` are what it told beside code and text. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    text: string,
    readonly fields: Record<string, unknown>,
    /** When the request was sent, in milliseconds of the page's own clock. */
    readonly asked_at_ms = performance.now(),
  ) {
    super(text);
    this.name = "Refusal";
  }
}

/** The sign-in has ended, or there was none. */
export class SignInNeeded extends Refusal {}

/** No answer that means anything: no network, a proxy in between, or Relight's database is away. */
export class Away extends Error {
  constructor(readonly reason: "network" | "database" | "server") {
    super(`Relight is away (${reason})`);
    this.name = "Away";
  }
}

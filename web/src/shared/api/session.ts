// Who is signed in at this page, and whether that still holds. The cookie itself is out of reach of scripts.
import { reactive } from "vue";
import { Away, Refusal, SignInNeeded } from "./errors";
import { own_face } from "./face";
import type { SignedInAs } from "./model";
import { ask, post } from "./request";

export class Session {
  /** "unknown" until the first answer; "ended" keeps the page behind the sign-in form as it was. */
  state: "unknown" | "away" | "signed_out" | "signed_in" | "ended" = "unknown";
  who: SignedInAs | null = null;
  /** The last signing out was not answered. */
  is_sign_out_lost = false;
  /** Not confirmed since the page was opened: who it was when it was open last. */
  private is_presumed = false;
  /** When this page signed in last, in milliseconds of its own clock. */
  private signed_in_at_ms = 0;
  /** Other tabs of the same face, which share the sign-in. */
  private readonly tabs = new BroadcastChannel(`relight.sign_in.${own_face()}`);

  /** Hear of signing in and out in other tabs; call the returned function to hear no more. */
  heed_other_tabs(): () => void {
    const heed = (): void => {
      if (this.who) void this.look();
    };
    this.tabs.addEventListener("message", heed);
    return () => this.tabs.removeEventListener("message", heed);
  }

  /** Go on as who was signed in when this page was open last, until Relight says whether that holds. */
  presume(who: SignedInAs): void {
    if (this.state !== "unknown") return;
    this.who = who;
    this.state = "away";
    this.is_presumed = true;
  }

  /** Find out whether a sign-in holds. */
  async look(): Promise<void> {
    try {
      const now = await ask<SignedInAs>("/api/me");
      if (this.who && this.who.name !== now.name && !this.is_presumed) {
        this.note_another();
        return;
      }
      this.hold(now);
    } catch (error) {
      if (error instanceof SignInNeeded && this.is_late(error)) return;
      if (error instanceof SignInNeeded) this.state = this.who ? "ended" : "signed_out";
      else if (error instanceof Away) this.state = this.who ? this.state : "away";
      else throw error;
    }
  }

  async sign_in(name: string, password: string): Promise<void> {
    await this.enter("/api/sign-in", { name, password });
  }

  /** Sign a guest crew's phone in by the token of its link. */
  async open_link(token: string): Promise<void> {
    await this.enter("/api/guest-sign-in", { token });
  }

  private async enter(path: string, shown: object): Promise<void> {
    const before = this.who;
    const now = await post<SignedInAs>(path, shown);
    // Another person does not take over the page of the one before: what is on it was theirs.
    if (before && before.name !== now.name) location.reload();
    this.hold(now);
    this.tabs.postMessage("signed in");
  }

  /** Only Relight can end a sign-in: without an answer it still holds, and the page has to say so. */
  async sign_out(): Promise<void> {
    this.is_sign_out_lost = false;
    try {
      await post("/api/sign-out", {});
    } catch (error) {
      if (!(error instanceof SignInNeeded)) {
        this.is_sign_out_lost = true;
        return;
      }
    }
    this.who = null;
    this.state = "signed_out";
    this.tabs.postMessage("signed out");
  }

  /** Note what an error says about the sign-in; return whether it was about that. */
  notice(error: unknown): boolean {
    if (!(error instanceof Refusal)) return false;
    if (!(error instanceof SignInNeeded) && error.code !== "role_refused") return false;
    if (this.state === "signed_in" && !this.is_late(error)) this.state = "ended";
    return true;
  }

  /** Another account signed in at this page, in another tab: what is shown here is not theirs. */
  note_another(): void {
    if (this.state === "signed_in") this.state = "ended";
  }

  private hold(now: SignedInAs): void {
    if (this.state !== "signed_in") this.signed_in_at_ms = performance.now();
    this.who = now;
    this.is_presumed = false;
    this.state = "signed_in";
  }

  /** What was asked under the sign-in before says nothing about this one. */
  private is_late(error: Refusal): boolean {
    return this.state === "signed_in" && error.asked_at_ms < this.signed_in_at_ms;
  }

  has_role(...roles: string[]): boolean {
    return this.who?.roles.some((role) => roles.includes(role)) ?? false;
  }
}

export function new_session(): Session {
  return reactive(new Session()) as Session;
}

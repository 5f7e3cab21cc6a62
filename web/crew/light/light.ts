// Day or night on the crew's page: as the phone says, by tap, or by the sun. What was shown last is kept, so that the
// page begins in it (web/public/crew/first_light.js) and no white flash blinds anybody at night.
import { type Ref, ref } from "vue";
import { keep, kept } from "../../src/shared/kept";
import { is_sun_up, next_change, type Place } from "./sun";

export const light_choices = ["phone", "day", "night", "sun"] as const;
export type LightChoice = (typeof light_choices)[number];
type Light = "day" | "night";

const LOOK_EVERY_MS = 60_000;
const GROUNDS: Record<Light, string> = { day: "#ffffff", night: "#10161b" };

export interface OwnLight {
  choice: Ref<LightChoice>;
  shown: Ref<Light>;
  choose: (choice: LightChoice) => void;
  stop: () => void;
}

/** What is to be shown; by the sun only where the place is known, else as the phone says. */
export function light_of(
  choice: LightChoice,
  { now, place, phone_is_dark }: { now: number; place: Place | null; phone_is_dark: boolean },
): Light {
  if (choice === "day" || choice === "night") return choice;
  if (choice === "sun" && place) return is_sun_up(now, place) ? "day" : "night";
  return phone_is_dark ? "night" : "day";
}

/** Show the light that was chosen on this phone, and go on doing so. */
export function own_light(now: () => number, place: () => Place | null): OwnLight {
  const phone = window.matchMedia("(prefers-color-scheme: dark)");
  const before = light_choices.find((one) => one === kept("crew.light"));
  const choice = ref<LightChoice>(before ?? "phone");
  const shown = ref<Light>("day");

  function show(): void {
    const where = place();
    const light = light_of(choice.value, { now: now(), place: where, phone_is_dark: phone.matches });
    shown.value = light;
    document.documentElement.dataset.light = light;
    for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]"))
      meta.content = GROUNDS[light];
    keep("crew.light.shown", light);
    // By the phone's own clock, which is what the page has before it has anything else.
    const lasts = where && choice.value === "sun" ? next_change(now(), where) - now() : 0;
    keep("crew.light.until", lasts ? String(Date.now() + lasts) : "");
  }

  phone.addEventListener("change", show);
  const timer = setInterval(show, LOOK_EVERY_MS);
  show();
  return {
    choice,
    shown,
    choose(wanted) {
      choice.value = wanted;
      keep("crew.light", wanted);
      show();
    },
    stop() {
      clearInterval(timer);
      phone.removeEventListener("change", show);
    },
  };
}

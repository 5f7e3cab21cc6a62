// Where this phone is: asked for only when the crew wants it shown, then told to the dispatcher now and then.
import { reactive } from "vue";
import { post } from "../src/shared/api/request";
import type { Session } from "../src/shared/api/session";
import type { Clock } from "../src/shared/clock";
import { keep, kept } from "../src/shared/kept";
import { metres_between } from "./jobs/crew_job";

const TELL_EVERY_MS = 30_000;
const TELL_EVERY_M = 100;

export interface OwnPosition {
  state: "off" | "looking" | "known" | "refused" | "impossible";
  place: { lon: number; lat: number } | null;
  share: () => void;
  /** Share no longer, and remember that. */
  stop: () => void;
  /** The page goes: watch no longer, and share again next time. */
  stop_watching: () => void;
}

export function own_position(session: Session, clock: Clock): OwnPosition {
  let watching: number | null = null;
  let told: { lon: number; lat: number; at: number } | null = null;

  const position: OwnPosition = reactive({
    state: "geolocation" in navigator && window.isSecureContext ? "off" : "impossible",
    place: null,
    share() {
      if (position.state === "impossible") return;
      position.state = "looking";
      watching = navigator.geolocation.watchPosition(take, fail, { enableHighAccuracy: true });
      keep("crew.position", "shared");
    },
    stop() {
      position.stop_watching();
      position.state = "off";
      position.place = null;
      keep("crew.position", "off");
    },
    stop_watching() {
      if (watching !== null) navigator.geolocation.clearWatch(watching);
      watching = null;
    },
  });

  function take({ coords }: GeolocationPosition): void {
    position.state = "known";
    position.place = { lon: coords.longitude, lat: coords.latitude };
    tell(position.place);
  }

  function fail(error: GeolocationPositionError): void {
    position.state = error.code === error.PERMISSION_DENIED ? "refused" : "looking";
  }

  /** Only the newest position is worth sending: one that did not arrive is forgotten. */
  function tell(place: { lon: number; lat: number }): void {
    const crew_id = session.who?.crew_id;
    if (!crew_id || session.state !== "signed_in") return;
    const is_recent = told !== null && Date.now() - told.at < TELL_EVERY_MS;
    if (told && is_recent && metres_between(told, place) < TELL_EVERY_M) return;
    told = { ...place, at: Date.now() };
    const at = new Date(clock.precisely()).toISOString();
    const body = { ...place, crs: "wgs84", at };
    post(`/api/crews/${encodeURIComponent(crew_id)}/position`, body).catch((error: unknown) => {
      session.notice(error);
    });
  }

  if (kept("crew.position") === "shared") position.share();
  return position;
}

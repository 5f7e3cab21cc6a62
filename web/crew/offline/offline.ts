// The page without signal: its service worker starts it, and a newer version of it waits until the crew wants it.
// Nothing of this touches what was tapped: that lies in the phone's own database.
import { type Ref, ref, watchEffect } from "vue";
import { language } from "../../src/shared/words/vocabulary";

const LOOK_AGAIN_MS = 60 * 60_000;

export interface Newer {
  /** A newer version is on the phone, and waits. */
  is_waiting: Ref<boolean>;
  /** Start the newer version in place of this one. */
  take: () => void;
}

/** Let the page start without signal from its second visit on; without https it cannot. */
export function start_offline(): Newer {
  const is_waiting = ref(false);
  let waiting: ServiceWorker | null = null;
  const newer: Newer = {
    is_waiting,
    take: () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting?.postMessage("take over");
    },
  };
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return newer;

  function note(worker: ServiceWorker | null): void {
    // The very first one waits for nobody: there is no older page to replace.
    if (!worker || !navigator.serviceWorker.controller) return;
    waiting = worker;
    is_waiting.value = true;
  }

  async function register(): Promise<void> {
    const registration = await navigator.serviceWorker.register("/crew/service_worker.js", {
      scope: "/crew/",
    });
    note(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => {
        if (worker.state === "installed") note(worker);
      });
    });
    const look = (): void => void registration.update().catch(() => undefined);
    setInterval(look, LOOK_AGAIN_MS);
    window.addEventListener("online", look);
  }

  // Without signal there is nothing to register anew, and what is registered works on.
  register().catch(() => undefined);
  return newer;
}

/** The name and words under which the page is installed, in the language of the page. */
export function name_installed_app(): void {
  const link = document.createElement("link");
  link.rel = "manifest";
  document.head.append(link);
  watchEffect(() => {
    link.href = `/crew/manifest.${language.value}.webmanifest`;
  });
}

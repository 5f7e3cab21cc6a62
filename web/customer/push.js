// Lets this browser show messages once its owner taps the button, and says what stands in the way.
// Messages come by other ways without it. No syntax newer than 2017, for old phones.
(() => {
  const FOLDER = "/supply/push/";
  const box = document.getElementById("push");
  const button = document.getElementById("push-on");
  const said = document.getElementById("push-said");
  const needed = document.getElementById("push-scripts");
  const { key, ending, ended } = box.dataset;
  const agent = navigator.userAgent;
  const isApple = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1);

  function say(name, canTry) {
    said.textContent = box.dataset[name];
    button.hidden = !canTry;
    button.disabled = false;
  }

  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  }

  // Another key of ours than the one it was made for: nothing would come.
  function isStale(subscription) {
    const made = subscription.options && subscription.options.applicationServerKey;
    return Boolean(made) && new Uint8Array(made).join() !== bytes(key).join();
  }

  async function look() {
    if (Notification.permission === "denied") return say("blocked", false);
    const registration = await navigator.serviceWorker.getRegistration(FOLDER);
    const held = registration && (await registration.pushManager.getSubscription());
    const isHere = ending && held && held.endpoint.endsWith(ending) && !isStale(held);
    if (isHere && Notification.permission === "granted") return say("here", false);
    if (ending) button.textContent = box.dataset.instead;
    say(ending ? "elsewhere" : ended ? "ended" : "hint", true);
  }

  // `serviceWorker.ready` would wait for ever: no page is under this worker.
  function atWork(registration) {
    const worker = registration.installing || registration.waiting;
    if (registration.active || !worker) return registration;
    return new Promise((done, failed) => {
      worker.onstatechange = () => {
        if (worker.state === "activated") done(registration);
        if (worker.state === "redundant") failed(new Error(worker.state));
      };
    });
  }

  async function subscription() {
    const registration = await atWork(
      await navigator.serviceWorker.register(`${FOLDER}worker.js`, { scope: FOLDER }),
    );
    const held = await registration.pushManager.getSubscription();
    if (held && !ended && !isStale(held)) return held;
    if (held) await held.unsubscribe();
    return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  }

  async function start() {
    // First of all: browsers ask only while the tap lasts.
    const answer = await Notification.requestPermission();
    if (answer !== "granted") return look();
    const { endpoint, keys } = (await subscription()).toJSON();
    const { status, redirected } = await fetch("/supply/messages/push", {
      method: "POST",
      credentials: "same-origin",
      body: new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth }),
    });
    if (redirected) return location.reload();
    if (status === 422) return say("refused", false);
    if (status !== 204) throw new Error(status);
    location.replace("/supply/messages?said=push_on");
  }

  if (needed) needed.hidden = true;
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    return say(isApple && !navigator.standalone ? "install" : "unsupported", false);
  }
  const failed = () => say("failed", true);
  button.onclick = () => {
    button.disabled = true;
    said.textContent = box.dataset.asking;
    start().catch(failed);
  };
  look().catch(failed);
  // Back from the browser's settings, something else may hold.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !button.disabled) look().catch(failed);
  });
})();

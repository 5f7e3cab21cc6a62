// Keeps the page of one supply up to date, and asks the phone for its position on the report form.
// Everything works without it; then the page loads again every minute, and the form asks for an address.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const live = byId("live");
  let stream;
  let awayTimer;
  let againTimer;

  function setAway(isAway) {
    clearTimeout(awayTimer);
    live.textContent = isAway ? live.dataset.away : live.dataset.live;
    live.className = isAway ? "away" : "";
  }

  // A stream that merely begins anew is back within seconds: no need to worry anyone.
  function soonAway() {
    clearTimeout(awayTimer);
    awayTimer = setTimeout(setAway, 4000, true);
  }

  function later(task, seconds) {
    clearTimeout(againTimer);
    // Spread out, or all phones of a town would come back in the same moment.
    againTimer = setTimeout(task, seconds * 1000 * (0.75 + Math.random() / 2));
  }

  function swap(text) {
    const old = byId("main");
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
    if (!fresh) return location.reload();
    const said = (from) => from.querySelector(".state")?.textContent.replace(/\s+/g, " ").trim() ?? "";
    for (const details of old.querySelectorAll("details")) {
      const same = details.id && fresh.querySelector(`#${details.id}`);
      if (same) same.open = details.open;
    }
    if (said(fresh) !== said(old)) byId("said").textContent = said(fresh);
    const focused = document.activeElement?.id;
    old.replaceWith(document.importNode(fresh, true));
    if (focused && document.activeElement?.id !== focused) byId(focused)?.focus();
  }

  async function refresh() {
    try {
      const answer = await fetch(`${location.pathname}?part=1`, { cache: "no-store", redirect: "manual" });
      if (answer.status === 401 || answer.type === "opaqueredirect") return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      swap(await answer.text());
      setAway(false);
    } catch {
      soonAway();
      later(refresh, 5);
    }
  }

  function connect() {
    stream?.close();
    stream = new EventSource(`/supply/stream?seen=${byId("main").dataset.version}`);
    stream.onopen = () => setAway(false);
    stream.addEventListener("changed", refresh);
    stream.addEventListener("time", (event) => { byId("as-of").textContent = event.data; });
    stream.addEventListener("ended", () => location.reload());
    stream.addEventListener("away", () => setAway(true));
    stream.onerror = () => {
      // Broken off, the browser tries again by itself; refused, it does not.
      if (stream.readyState !== EventSource.CLOSED) return soonAway();
      later(() => refresh().then(connect), 20);
    };
  }

  function look() {
    if (document.hidden) return stream?.close();
    refresh().then(connect);
  }

  if (live && window.EventSource) {
    setAway(false);
    connect();
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", look);
    window.addEventListener("offline", () => setAway(true));
  }

  const position = byId("position");
  if (position && navigator.geolocation && window.isSecureContext) {
    const button = position.firstElementChild;
    const tell = (text) => { byId("position-said").textContent = text; };
    position.hidden = false;
    button.addEventListener("click", () => {
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          if (coords.accuracy > 250) return tell(button.dataset.rough);
          const form = button.form;
          form.lon.value = coords.longitude.toFixed(6);
          form.lat.value = coords.latitude.toFixed(6);
          tell(button.dataset.taken);
        },
        () => tell(button.dataset.failed),
        { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
      );
    });
  }
})();

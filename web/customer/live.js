// Keeps the page of one supply live, and asks the phone for its place.
// All works without it. No syntax newer than 2017, for old phones.
(() => {
  const byId = (id) => document.getElementById(id);
  const live = byId("live");
  let stream = null;
  let awayTimer;
  let againTimer;

  function setAway(isAway) {
    clearTimeout(awayTimer);
    awayTimer = undefined;
    live.textContent = isAway ? live.dataset.away : live.dataset.live;
    live.className = isAway ? "away" : "";
  }

  // Failed tries must not defer it.
  function soonAway() {
    if (!awayTimer) awayTimer = setTimeout(setAway, 4000, true);
  }

  function later(task, seconds) {
    clearTimeout(againTimer);
    // Spread out, or all phones of a town would come back at once.
    againTimer = setTimeout(task, seconds * 1000 * (0.75 + Math.random() / 2));
  }

  function said(main) {
    const state = main.querySelector(".state");
    return state ? state.textContent.replace(/\s+/g, " ").trim() : "";
  }

  function swap(text) {
    const old = byId("main");
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
    if (!fresh) return location.reload();
    for (const details of old.querySelectorAll("details")) {
      const same = fresh.querySelector(`#${details.id}`);
      if (same) same.open = details.open;
    }
    if (said(fresh) !== said(old)) byId("said").textContent = said(fresh);
    const focusable = (main) => [...main.querySelectorAll("a,summary")];
    const focused = focusable(old).indexOf(document.activeElement);
    old.parentNode.replaceChild(fresh, old);
    const again = focusable(fresh)[focused];
    if (again) again.focus();
  }

  async function refresh() {
    try {
      const answer = await fetch(`${location.pathname}?part=1`, {
        cache: "no-store",
        credentials: "same-origin",
      });
      if (answer.status === 401 || answer.redirected) return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      swap(await answer.text());
      setAway(false);
    } catch (_) {
      soonAway();
      later(refresh, 5);
    }
  }

  function disconnect() {
    if (stream) stream.close();
  }

  function connect() {
    disconnect();
    stream = new EventSource(`/supply/stream?seen=${byId("main").dataset.version}`);
    stream.onopen = () => setAway(false);
    stream.addEventListener("changed", refresh);
    stream.addEventListener("time", (event) => {
      byId("as-of").textContent = event.data;
    });
    stream.addEventListener("ended", () => location.reload());
    stream.addEventListener("away", () => setAway(true));
    stream.onerror = () => {
      // Broken off, the browser tries again; refused, it does not.
      if (stream.readyState !== EventSource.CLOSED) return soonAway();
      later(() => refresh().then(connect), 20);
    };
  }

  function look() {
    if (document.hidden) return disconnect();
    refresh().then(connect);
  }

  if (live && window.EventSource && window.fetch) {
    setAway(false);
    connect();
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", look);
    window.addEventListener("offline", () => setAway(true));
  } else if (live) {
    setTimeout(() => location.reload(), 60000);
  }

  const position = byId("position");
  if (position && navigator.geolocation && window.isSecureContext) {
    const button = position.firstElementChild;
    const tell = (text) => {
      byId("position-said").textContent = text;
    };
    position.hidden = false;
    button.onclick = () =>
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          if (coords.accuracy > 250) return tell(button.dataset.rough);
          button.form.lon.value = coords.longitude.toFixed(6);
          button.form.lat.value = coords.latitude.toFixed(6);
          tell(button.dataset.taken);
          if ("send" in button.dataset) button.form.submit();
        },
        () => tell(button.dataset.failed),
        { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
      );
  }
})();

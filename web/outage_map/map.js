// Tells how old the snapshot is, looks for a newer one, and lets the map be enlarged. Everything works without it.
// No syntax newer than 2017: old phones would stop at it.
(() => {
  const byId = (id) => document.getElementById(id);
  const OLD_AFTER_MINUTES = 5;
  const LOOK_EVERY_MS = 30000;
  // The server's clock less ours: a phone's clock may be wrong, and a map that is old must not look new.
  let ahead = 0;
  let isAway = false;

  const name = location.pathname.split("/").pop();
  const wished = navigator.language || "";
  if ((name === "" || name === "index.html") && /^zh/i.test(wished)) return location.replace("zh.html");

  function tellAge() {
    const age = byId("age");
    const written = Date.parse(byId("main").dataset.written);
    const minutes = Math.max(0, Math.floor((Date.now() + ahead - written) / 60000));
    const said =
      minutes < 1
        ? age.dataset.now
        : minutes < 120
          ? age.dataset.minutes.replace("{minutes}", minutes)
          : age.dataset.hours.replace("{hours}", Math.floor(minutes / 60));
    const isOld = minutes >= OLD_AFTER_MINUTES;
    const text = [said, isOld ? age.dataset.old : "", isAway ? age.dataset.away : ""].filter(Boolean).join(" ");
    if (age.textContent !== text) age.textContent = text;
    age.className = isOld || isAway ? "old" : "";
  }

  async function look() {
    try {
      const answer = await fetch("status.json", { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const date = Date.parse(answer.headers.get("date"));
      if (date) ahead = date - Date.now();
      const status = await answer.json();
      isAway = false;
      if (String(status.version) !== byId("main").dataset.version) await renew();
    } catch (_) {
      isAway = true;
    }
    tellAge();
  }

  async function renew() {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
    if (!answer.ok || !fresh) throw new Error(answer.status);
    const old = byId("main");
    const focused = document.activeElement && document.activeElement.dataset.zoom;
    const box = frame && frame.slice();
    old.parentNode.replaceChild(fresh, old);
    await enlarge(box);
    const button = focused && document.querySelector(`[data-zoom=${focused}]`);
    if (button) button.focus();
  }

  // The part of the picture that shows, as [x, y, width, height] of its own points, and all of it.
  let frame = null;
  let whole = null;

  function show(svg) {
    const [, , width, height] = whole;
    frame[2] = Math.min(frame[2], width);
    frame[3] = Math.min(frame[3], height);
    frame[0] = Math.min(Math.max(frame[0], 0), width - frame[2]);
    frame[1] = Math.min(Math.max(frame[1], 0), height - frame[3]);
    svg.setAttribute("viewBox", frame.join(" "));
    svg.setAttribute("class", frame[2] < width ? "near" : "");
    // Names and lines stay as large as they are.
    svg.style.setProperty("--near", frame[2] / width);
  }

  function zoom(svg, factor) {
    const [x, y, width, height] = frame;
    const by = Math.min(factor, whole[2] / width);
    if (width * by < whole[2] / 60) return;
    frame = [x + (width * (1 - by)) / 2, y + (height * (1 - by)) / 2, width * by, height * by];
    show(svg);
  }

  async function enlarge(box) {
    const image = document.querySelector("#map img");
    const answer = await fetch(image.getAttribute("src"));
    const svg = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
    if (!answer.ok || svg.nodeName !== "svg") return;
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", image.alt);
    whole = svg.getAttribute("viewBox").split(" ").map(Number);
    frame = box || whole.slice();
    image.parentNode.replaceChild(document.importNode(svg, true), image);
    const shown = document.querySelector("#map svg");
    show(shown);
    byId("zoom").hidden = false;
    byId("zoom").onclick = ({ target }) => {
      if (target.dataset.zoom === "in") zoom(shown, 0.5);
      if (target.dataset.zoom === "out") zoom(shown, 2);
      if (target.dataset.zoom === "all") {
        frame = whole.slice();
        show(shown);
      }
    };
    drag(shown);
  }

  function drag(svg) {
    let from = null;
    svg.onpointerdown = (event) => {
      if (frame[2] >= whole[2]) return;
      from = [event.clientX, event.clientY];
      svg.setPointerCapture(event.pointerId);
    };
    svg.onpointermove = (event) => {
      if (!from) return;
      const scale = frame[2] / svg.clientWidth;
      frame[0] -= (event.clientX - from[0]) * scale;
      frame[1] -= (event.clientY - from[1]) * scale;
      from = [event.clientX, event.clientY];
      show(svg);
    };
    svg.onpointerup = svg.onpointercancel = () => {
      from = null;
    };
  }

  if (!window.fetch || !window.Promise) return;
  tellAge();
  setInterval(tellAge, 10000);
  enlarge(null).catch(() => {});
  look();
  setInterval(() => {
    if (!document.hidden) look();
  }, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });
})();

// Day or night before anything is drawn: as it was shown last (crew/light/light.ts). Runs before the page's own code.
(() => {
  const kept = (name) => {
    try {
      return localStorage.getItem(`relight.crew.light${name}`);
    } catch {
      return null;
    }
  };
  const choice = kept("") ?? "phone";
  let light = matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "day";
  if (choice === "day" || choice === "night") light = choice;
  if (choice === "sun" && kept(".shown")) {
    light = kept(".shown");
    const until = Number(kept(".until"));
    if (until && Date.now() > until) light = light === "day" ? "night" : "day";
  }
  document.documentElement.dataset.light = light;
})();

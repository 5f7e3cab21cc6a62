// Colours of the map, by day and by night. The network keeps quiet tones, so that what is out stands out.
import type { OutageStatus } from "../api/model";
import { status_colour } from "../look/status_marks";

/** Up to 1 kV or unknown, above 1 kV, from 35 kV, from 220 kV (network_style.ts). */
export type ByVoltage<T> = readonly [low: T, medium: T, high: T, highest: T];

export interface Palette {
  name: "light" | "dark";
  ground: string;
  // The higher the voltage, the farther from the ground: by lightness, which everybody can tell, not by hue.
  overhead: ByVoltage<string>;
  underground: ByVoltage<string>;
  transformer: string;
  switch: string;
  service_point: string;
  out_predicted: string;
  out_confirmed: string;
  area: string;
  selection: string;
  text: string;
  label_ground: string;
  crew: string;
  crew_text: string;
  status: Record<string, string>;
}

const light: Palette = {
  name: "light",
  ground: "#f3f5f7",
  overhead: ["#9fb0c0", "#64829c", "#3d5a74", "#1f3448"],
  underground: ["#b9b0a2", "#94816a", "#6b573f", "#423322"],
  transformer: "#5d7184",
  switch: "#3f5162",
  service_point: "#93a3b1",
  out_predicted: "#d98a00",
  out_confirmed: "#c22f18",
  area: "#c22f18",
  selection: "#0a5cb8",
  text: "#14202b",
  label_ground: "rgba(255, 255, 255, 0.92)",
  crew: "#0a5cb8",
  crew_text: "#ffffff",
  status: {
    predicted: "#b87700",
    confirmed: "#c22f18",
    partially_restored: "#8a3b93",
    restored: "#08714e",
    ended: "#5c6975",
  },
};

const dark: Palette = {
  name: "dark",
  ground: "#0f1419",
  overhead: ["#4f6478", "#7692aa", "#a3bccf", "#d3e3ef"],
  underground: ["#544e45", "#85786a", "#b3a38e", "#ded0bb"],
  transformer: "#7d93a6",
  switch: "#9db0c0",
  service_point: "#4b5a68",
  out_predicted: "#f5c04a",
  out_confirmed: "#ff6a48",
  area: "#ff7b5c",
  selection: "#74b6ff",
  text: "#e6ecf1",
  label_ground: "rgba(20, 26, 32, 0.9)",
  crew: "#74b6ff",
  crew_text: "#07121f",
  status: {
    predicted: "#f5c04a",
    confirmed: "#ff7b5c",
    partially_restored: "#dc9ce6",
    restored: "#46d3a0",
    ended: "#8c9aa8",
  },
};

const night = window.matchMedia("(prefers-color-scheme: dark)");

export function palette_now(): Palette {
  // A page may let people choose (web/crew/light); else it is as the machine says.
  const chosen = document.documentElement.dataset.light;
  return (chosen ? chosen === "night" : night.matches) ? dark : light;
}

/** Call back when the machine, or whoever looks, changes between day and night; returns how to stop. */
export function on_palette_change(change: () => void): () => void {
  night.addEventListener("change", change);
  const chosen = new MutationObserver(change);
  chosen.observe(document.documentElement, { attributeFilter: ["data-light"] });
  return () => {
    night.removeEventListener("change", change);
    chosen.disconnect();
  };
}

export function colour_of(palette: Palette, status: OutageStatus): string {
  return palette.status[status_colour(status)] ?? palette.text;
}

// Part of the build: reports to hand on hold Leaflet as text (api/outage_report_page.py), so that it lies beside the
// pages as it is.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Return the plugin; `source` is the folder of Leaflet as it is published. */
export function report_map(source: string): Plugin {
  return {
    name: "relight-report-map",
    apply: "build",
    generateBundle() {
      for (const name of ["leaflet.js", "leaflet.css"]) {
        const text = readFileSync(join(source, name), "utf8");
        this.emitFile({ type: "asset", fileName: `report/${name}`, source: text });
      }
    },
  };
}

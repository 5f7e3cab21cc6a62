// One build of several pages: each face is a folder with an index.html, sharing src/shared. No router.
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import { crew_service_worker } from "./crew/offline/build_service_worker.ts";
import { report_map } from "./dispatcher/report/build_report_map.ts";

const api = process.env.RELIGHT_API ?? "http://127.0.0.1:8000";
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const page = (face: string): string => here(`${face}/index.html`);

export default defineConfig({
  plugins: [
    vue(),
    crew_service_worker(here("crew/offline/service_worker.js")),
    report_map(here("node_modules/leaflet/dist")),
  ],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    rolldownOptions: { input: { dispatcher: page("dispatcher"), crew: page("crew") } },
    // MapLibre alone is about a megabyte; it is loaded beside the page, not before it.
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": api } },
});

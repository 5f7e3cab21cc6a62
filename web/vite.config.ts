// One build of several pages: each face is a folder with an index.html, sharing src/shared. No router.
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

const api = process.env.RELIGHT_API ?? "http://127.0.0.1:8000";
const page = (face: string): string => fileURLToPath(new URL(`${face}/index.html`, import.meta.url));

export default defineConfig({
  plugins: [vue()],
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

// Part of the build: writes crew/service_worker.js, which knows every file that the crew's page needs. What the page
// names, directly or not, it needs; the names carry a hash of the content, so that a name found is a file meant.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const WORKER = "service_worker.js";

/** Return the plugin; `source` is the path of the worker as it is written here. */
export function crew_service_worker(source: string): Plugin {
  return {
    name: "relight-crew-service-worker",
    apply: "build",
    writeBundle({ dir }) {
      if (!dir) throw new Error("the build has no folder");
      const assets = needed_by(join(dir, "crew", "index.html"), join(dir, "assets"));
      const own = readdirSync(join(dir, "crew")).filter((name) => ![WORKER, "index.html"].includes(name));
      const files = [
        "/crew/",
        ...own.sort().map((name) => `/crew/${name}`),
        ...assets.map((name) => `/assets/${name}`),
      ];
      const code = readFileSync(source, "utf8");
      const hash = createHash("sha256").update(code).update(files.join("\n"));
      for (const name of ["index.html", ...own.sort()]) hash.update(readFileSync(join(dir, "crew", name)));
      const build = JSON.stringify({ version: hash.digest("hex").slice(0, 12), files });
      writeFileSync(join(dir, "crew", WORKER), `self.relight_build = ${build};\n${code}`);
    },
  };
}

/** The names of the files in a folder that a page names, or that those name. */
function needed_by(page: string, folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const needed = new Set<string>();
  const look_in = (path: string): void => {
    const text = readFileSync(path, "utf8");
    for (const name of names) {
      if (needed.has(name) || !text.includes(name)) continue;
      needed.add(name);
      look_in(join(folder, name));
    }
  };
  look_in(page);
  return [...needed].sort();
}

// Both languages say the same things, and every word of these faces is used. That every key used exists is checked
// by the compiler (src/shared/words/vocabulary.ts).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import english from "./en.json";
import chinese from "./zh.json";

const web = fileURLToPath(new URL("..", import.meta.url));
const keys = Object.keys(english) as (keyof typeof english)[];
/** Words of the messages, of printed reports and of the customer pages belong to other rooms. */
const own = keys.filter((key) => !/^(message|report|outage_report|customer)\./.test(key));

const sources = ["src", "dispatcher", "crew"]
  .flatMap((folder) =>
    readdirSync(join(web, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  )
  .filter((name) => /\.(ts|vue)$/.test(name) && !name.endsWith(".test.ts"))
  .map((name) => readFileSync(join(web, name), "utf8"))
  .join("\n");

/** Codes of the server are said from these: `t_code("hazard", …)`. */
const coded = [
  ...[...sources.matchAll(/(?:t_code|key_for|reason_words)\(\s*["']([\w.]+)["']/g)].map(
    ([, prefix]) => prefix,
  ),
  // reason_words.ts: values that are codes themselves
  "skill",
  "travel_source",
  "finding",
];

/** Every text in quotes, and every beginning of a text that is put together: looked up, since there are many. */
const named = new Set([...sources.matchAll(/["']([\w.]+)["']/g)].map(([, text]) => text));
const begun = new Set([...sources.matchAll(/`([\w.]+)\.\$\{/g)].map(([, text]) => text));

function is_used(key: string): boolean {
  const stem = key.replace(/\.(one|other)$/, "");
  const group = stem.slice(0, stem.lastIndexOf("."));
  return (
    named.has(key) ||
    named.has(stem) ||
    begun.has(group) ||
    coded.some((prefix) => key.startsWith(`${prefix}.`))
  );
}

test("both languages have the same keys", () => {
  expect(Object.keys(chinese)).toEqual(Object.keys(english));
});

test("a key takes the same values in both languages", () => {
  const values = (text: string): string => [...new Set(text.match(/\{\w+\}/g))].sort().join();
  expect(keys.filter((key) => values(chinese[key]) !== values(english[key]))).toEqual([]);
});

test("Chinese is set in full-width punctuation", () => {
  const half_width = own.filter((key) =>
    /[\u4e00-\u9fff][,:;!?()]|[,:;!?()][\u4e00-\u9fff]/.test(chinese[key]),
  );
  expect(half_width).toEqual([]);
});

test("every word is used", () => {
  expect(own.filter((key) => !is_used(key))).toEqual([]);
});

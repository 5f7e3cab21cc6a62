// The words of all faces, in both languages, from web/vocabulary. A key that does not exist does not compile.
import { readonly, ref } from "vue";
import english from "../../../vocabulary/en.json";
import chinese from "../../../vocabulary/zh.json";
import { keep, kept } from "../kept";

export type Language = "en" | "zh";
export type Key = keyof typeof english;
export type Values = Record<string, string | number>;

const vocabularies: Record<Language, Record<Key, string>> = { en: english, zh: chinese };

function first_language(): Language {
  const chosen = kept("language");
  if (chosen === "en" || chosen === "zh") return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

const chosen = ref<Language>(first_language());
document.documentElement.lang = html_language(chosen.value);

/** The language in use; whatever is said through `t` follows it by itself. */
export const language = readonly(chosen);

export function choose_language(next: Language): void {
  chosen.value = next;
  keep("language", next);
  document.documentElement.lang = html_language(next);
}

/** For `lang` and for Intl. */
export function html_language(of: Language = chosen.value): string {
  return of === "zh" ? "zh-CN" : "en-GB";
}

/** Say the words of a key, with `{name}` replaced by its value. */
export function t(key: Key, values: Values = {}): string {
  return vocabularies[chosen.value][key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}

/** Keys that come in two forms: `x.one` and `x.other`. */
export type CountedKey = { [K in Key]: K extends `${infer Stem}.one` ? Stem : never }[Key];

/** Say how many, in the form that the language wants for the number. */
export function t_count(stem: CountedKey, count: number, values: Values = {}): string {
  const form = new Intl.PluralRules(html_language()).select(count) === "one" ? "one" : "other";
  return t(`${stem}.${form}` as Key, { count: count.toLocaleString(html_language()), ...values });
}

/** Return the key for a code that the server chose, if the vocabulary has a word for it. */
export function key_for(prefix: string, code: string): Key | null {
  const key = `${prefix}.${code}`;
  return Object.hasOwn(english, key) ? (key as Key) : null;
}

/** Say a code that the server chose; a code newer than this page is said as it is. */
export function t_code(prefix: string, code: string, values: Values = {}): string {
  const key = key_for(prefix, code);
  return key ? t(key, values) : code.replaceAll("_", " ");
}

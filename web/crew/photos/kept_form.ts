// A form whose contents survive: many a phone throws the page out of memory when its camera opens.
import { onMounted, type Ref, ref, type ShallowRef, shallowRef, toRaw, watch } from "vue";
import { event_id } from "../outbox/event_id";
import type { ReportStore } from "../outbox/report_store";
import { smaller_photo } from "./smaller_photo";

/** As many as Relight takes with one report. */
export const MOST_PHOTOS = 12;

export interface KeptForm {
  photos: Ref<string[]>;
  /** No room was left on the phone for the last photo. */
  is_full: ShallowRef<boolean>;
  add: (photo: Blob) => Promise<void>;
  remove: (id: string) => void;
}

/** Keep a form (reactive, plain values) under a key of its own, and fill in what was kept before. */
export function use_kept_form<Form extends object>(
  store: ReportStore,
  { key, account, form, is_blank }: { key: string; account: string; form: Form; is_blank: () => boolean },
): KeptForm {
  const photos = ref<string[]>([]);
  const is_full = shallowRef(false);

  onMounted(async () => {
    const draft = await store.draft(key);
    if (draft) {
      Object.assign(form, draft.form);
      photos.value = [...draft.photos, ...photos.value];
    }
    // Without room the form still stands on the page, and can be sent.
    const keep_on = (): void => void keep(photos.value).catch(() => undefined);
    watch([() => form, photos], keep_on, { deep: true });
  });

  async function keep(ids: string[], photo?: { id: string; content: Blob }): Promise<void> {
    if (!ids.length && is_blank()) await store.forget_draft(key);
    else await store.keep_draft(key, { account, photos: ids, form: toRaw(form) }, photo);
  }

  async function add(file: Blob): Promise<void> {
    if (photos.value.length >= MOST_PHOTOS) return;
    const id = event_id();
    const content = await smaller_photo(file);
    try {
      await keep([...photos.value, id], { id, content });
      photos.value = [...photos.value, id];
      is_full.value = false;
    } catch {
      is_full.value = true;
    }
  }

  function remove(id: string): void {
    photos.value = photos.value.filter((one) => one !== id);
  }

  return { photos, is_full, add, remove };
}

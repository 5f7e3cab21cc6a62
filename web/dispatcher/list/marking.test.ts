import { expect, test } from "vitest";
import { nextTick, ref } from "vue";
import { use_marking } from "./marking";

const ids = ["a", "b", "c", "d", "e"];

test("a range goes from where the last mark was set, either way", () => {
  const marking = use_marking(ref(ids));
  marking.toggle("c");
  marking.extend_to("e");
  expect([...marking.marked.value]).toEqual(["c", "d", "e"]);
  marking.extend_to("b");
  expect([...marking.marked.value].sort()).toEqual(["b", "c", "d", "e"]);
  marking.toggle("d");
  expect(marking.marked.value.has("d")).toBe(false);
});

test("all of a group are marked, or none where all were", () => {
  const marking = use_marking(ref(ids));
  marking.toggle("a");
  marking.toggle_all(["a", "b"]);
  expect(marking.count.value).toBe(2);
  marking.toggle_all(["a", "b"]);
  expect(marking.count.value).toBe(0);
});

test("what leaves the list is acted on by nobody", async () => {
  const listed = ref(ids);
  const marking = use_marking(listed);
  marking.toggle_all(ids);
  listed.value = ["a", "c"];
  await nextTick();
  expect([...marking.marked.value]).toEqual(["a", "c"]);
});

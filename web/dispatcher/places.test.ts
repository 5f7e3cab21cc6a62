// One thing stands in each place of the desk.
import { expect, test } from "vitest";
import { ref } from "vue";
import { Places } from "./places";

test("a key turns to a view, the same key back to the list, another key to another view", () => {
  const places = new Places(ref(null));
  places.turn_to("plan");
  expect(places.left.value).toBe("plan");
  places.turn_to("switching");
  expect(places.left.value).toBe("switching");
  places.turn_to("switching");
  expect(places.left.value).toBe("list");
});

test("the storm gives way to what is turned to, and stays when that is left", () => {
  const places = new Places(ref(null));
  places.is_showing_storm.value = true;
  places.turn_to("planned");
  expect(places.is_showing_storm.value).toBe(false);
  places.is_showing_storm.value = true;
  places.turn_to("planned");
  expect(places.is_showing_storm.value).toBe(true);
});

test("what is chosen takes the place of what was chosen before", () => {
  const outage = ref<string | null>(null);
  const places = new Places(outage);
  places.select("O-1");
  places.show("hazard", "H-1");
  expect([outage.value, places.id_of("hazard"), places.id_of("order")]).toEqual([null, "H-1", null]);
  places.show("order", "S-1");
  expect([places.id_of("hazard"), places.id_of("order")]).toEqual([null, "S-1"]);
  places.is_showing_crews.value = true;
  places.select("O-2");
  expect([outage.value, places.chosen.value, places.is_showing_crews.value]).toEqual(["O-2", null, false]);
});

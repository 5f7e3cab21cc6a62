import { expect, test } from "vitest";
import type { PlannedOutage } from "../../src/shared/api/planned_model";
import { planned_customers_out } from "./planned_list";

test("counts whom planned work under way puts out, and nobody whose work is to come or over", () => {
  const planned = [
    { status: "executing", customers: 12 },
    { status: "published", customers: 40 },
    { status: "executing", customers: 3 },
    { status: "completed", customers: 9 },
  ] as PlannedOutage[];
  expect(planned_customers_out(planned)).toBe(15);
});

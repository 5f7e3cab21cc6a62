// A crew that has a job is never called free, and one that has none never busy.
import { expect, test } from "vitest";
import { status_with_jobs } from "./status_with_jobs";

test("the word fits the jobs on the page", () => {
  expect(status_with_jobs("free", 1)).toBe("busy");
  expect(status_with_jobs("free", 0)).toBe("free");
  expect(status_with_jobs("busy", 0)).toBe("free");
  expect(status_with_jobs("busy", 2)).toBe("busy");
});

test("what is said of shift and rest stays", () => {
  for (const status of ["resting", "past_limit", "before_shift", "no_shift", "off_duty", ""])
    for (const jobs of [0, 1]) expect(status_with_jobs(status, jobs)).toBe(status);
});

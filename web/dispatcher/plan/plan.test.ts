// The plan in rows and words: what would change against now, what it is worth, why work has no crew.
import { expect, test, vi } from "vitest";
// Loaded before there is something that looks like a document.
import "vue";
import type { Job } from "../../src/shared/api/model";
import type { PlanFigures, PlanStop, UnplannedWork } from "../../src/shared/api/plan_model";

vi.stubGlobal("navigator", { language: "en" });
vi.stubGlobal("document", { documentElement: {} });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { choose_language } = await import("../../src/shared/words/vocabulary");
const { count_states, crew_routes, is_same_wish, stop_state } = await import("./plan_rows");
const { gap_words, nearest_words, restores_words, subject_words, times_words, unplanned_words } =
  await import("./plan_words");
choose_language("en");

const NOW = Date.parse("2026-11-23T08:00:00Z");
const iso = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

function stop(more: Partial<PlanStop> = {}): PlanStop {
  return {
    outage_id: "O-1",
    hazard_id: null,
    kind: "repair",
    crew_id: "C-1",
    number: 1,
    depart_at: iso(0),
    arrive_at: iso(10),
    start_at: iso(10),
    finish_at: iso(70),
    restored_at: iso(70),
    customers: 120,
    waits_for: [],
    job_id: null,
    takes_over_from: null,
    is_under_way: false,
    is_confirmed: true,
    waits_for_look: false,
    is_next: true,
    is_late: false,
    due_by: null,
    ...more,
  };
}

const job = (more: Partial<Job>): Job =>
  ({ id: "J-1", kind: "repair", outage_id: "O-1", crew_id: "C-1", status: "assigned", ...more }) as Job;

function figures(gap: number, own = 100, nearest = 150): PlanFigures {
  const [weighted_minutes, weighted_lower_bound] = [own, own * (1 - gap)];
  const bound = { weighted_minutes, weighted_lower_bound, lower_bound: weighted_lower_bound };
  return { ...bound, customer_minutes: own, gap, nearest_crew: nearest, baselines: {} };
}

test("a stop is to be sent until somebody sends its crew, whatever the plan knows yet", () => {
  expect(stop_state(stop(), [])).toBe("send_now");
  expect(stop_state(stop(), [job({})])).toBe("sent");
  expect(stop_state(stop(), [job({ crew_id: "C-2" })])).toBe("send_now");
  expect(stop_state(stop(), [job({ kind: "assessment" })])).toBe("send_now");
  expect(stop_state(stop(), [job({ status: "declined" })])).toBe("send_now");
});

test("what cannot be sent says why", () => {
  expect(stop_state(stop({ is_next: false, is_confirmed: false }), [])).toBe("unconfirmed");
  expect(stop_state(stop({ is_next: false, number: 2 }), [])).toBe("later");
  expect(stop_state(stop({ is_next: false, job_id: "J-1" }), [])).toBe("sent");
  expect(stop_state(stop({ is_next: false, job_id: "J-1", is_under_way: true }), [])).toBe("under_way");
  const taken_over = stop({ is_next: false, job_id: "J-1", takes_over_from: "C-2" });
  expect(stop_state(taken_over, [job({ crew_id: "C-2" })])).toBe("take_over");
});

test("a repair waits for the look at it, and confirming comes before both", () => {
  const repair = stop({ is_next: false, waits_for_look: true });
  expect(stop_state(repair, [])).toBe("after_look");
  expect(stop_state({ ...repair, is_confirmed: false }, [])).toBe("unconfirmed");
});

test("work on a hazard names the danger and says what comes of it", () => {
  const danger = stop({ outage_id: null, hazard_id: "H-7", kind: "make_safe", customers: 0 });
  const known = { outages: new Map(), hazards: new Map([["H-7", { kind: "wire_down" }]]) };
  expect(subject_words(danger, known)).toBe("⚠ Wire down H-7");
  expect(subject_words({ ...danger, hazard_id: "H-8" }, known)).toBe("H-8");
  expect(subject_words(stop(), { ...known, outages: new Map([["O-1", { device: "T1" }]]) })).toBe("T1");
  expect(restores_words(danger, NOW)).toBe("nobody is in danger then");
  expect(stop_state(danger, [job({ kind: "make_safe", outage_id: null, hazard_id: "H-7" })])).toBe("sent");
});

test("what was refused is offered again where a newer plan says the same, and only then", () => {
  const wanted = stop({ takes_over_from: "C-2" });
  expect(is_same_wish(stop({ takes_over_from: "C-2" }), wanted)).toBe(true);
  for (const other of [
    { crew_id: "C-3" },
    { kind: "assessment" },
    { takes_over_from: null },
    { is_next: false },
    { outage_id: "O-2" },
  ])
    expect(is_same_wish({ ...wanted, ...other }, wanted)).toBe(false);
});

test("crews that wait to be sent come first, then by number; their stops in order", () => {
  const stops = [
    stop({ crew_id: "C-10", is_next: false, job_id: "J-1" }),
    stop({ crew_id: "C-2", number: 2, is_next: false, outage_id: "O-2" }),
    stop({ crew_id: "C-2", is_next: false, job_id: "J-2" }),
    stop({ crew_id: "C-30" }),
  ];
  const state = (one: PlanStop) => stop_state(one, []);
  const routes = crew_routes(stops, state, (id) => id);
  expect(routes.map(({ crew_id }) => crew_id)).toEqual(["C-30", "C-2", "C-10"]);
  expect(routes[1]?.stops.map(({ number }) => number)).toEqual([1, 2]);
  expect(count_states(stops, state)).toMatchObject({ send_now: 1, sent: 2, later: 1 });
});

test("the gap never promises too much, and the gain is never told too large", () => {
  expect(gap_words(figures(0.1101))).toBe("At most 12 % from the best possible");
  expect(gap_words(figures(0.12))).toBe("At most 12 % from the best possible");
  expect(gap_words(figures(0))).toBe("The best possible, or within 1 % of it");
  expect(nearest_words(figures(0, 66.9, 100))).toContain("33 % fewer");
  expect(nearest_words(figures(0, 100, 100))).toBe("As good as sending the nearest crew each time");
  expect(nearest_words(figures(0, 0, 0))).toBe("As good as sending the nearest crew each time");
  expect(nearest_words(figures(0, 110, 100))).toContain("10 % more");
});

test("what a stop brings, and what its customers wait for", () => {
  expect(restores_words(stop(), NOW)).toMatch(/^120 customers back \d\d:\d\d$/);
  expect(restores_words(stop({ waits_for: ["O-9"] }), NOW)).toMatch(/, after O-9$/);
  expect(restores_words(stop({ waits_for: ["O-9"], restored_at: null }), NOW)).toContain("only after O-9");
  expect(restores_words(stop({ customers: 0 }), NOW)).toBe("restores nobody by itself");
});

test("a crew that should be there already is not said to be there", () => {
  const past = stop({ arrive_at: iso(-1) });
  expect(times_words(stop(), NOW)).toMatch(/^there \d\d:\d\d, done \d\d:\d\d$/);
  expect(times_words(past, NOW)).toMatch(/^there at once, done/);
  expect(times_words({ ...past, job_id: "J-1" }, NOW)).toMatch(/^done/);
});

test("why work has no crew, in both languages; a reason newer than this page in English", () => {
  const work = (because: string, values: UnplannedWork["values"] = {}): UnplannedWork => ({
    outage_id: "O-1",
    hazard_id: null,
    kind: "repair",
    customers: 3,
    because,
    values,
    text: "as the engine says it",
  });
  const name = (id: string): string => `Squad ${id}`;
  const short = work("shift_too_short", { crew: "7", missing_minutes: 75 });
  expect(unplanned_words(short, name)).toContain("Squad 7 comes closest and lacks 1 h 15 min");
  expect(unplanned_words(work("no_crew_with_skills", { skills: ["cable"] }), name)).toContain("cable work");
  expect(unplanned_words(work("no_way"), name)).toBe("No road leads there for any crew.");
  expect(unplanned_words(work("of_tomorrow"), name)).toBe("as the engine says it");
  choose_language("zh");
  expect(unplanned_words(short, name)).toContain("1 小时 15 分");
  choose_language("en");
});

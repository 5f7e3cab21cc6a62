"""The peer: OR-Tools' routing model as anybody would write it, for the same objective.

Customers × finish is its cost, jobs may be left out for customers × horizon. It starts from the better simple
plan and searches by guided local search. What it has no words for: that a job waits for those upstream. So it
runs twice, each time for half of the seconds; the second time with each weight on the job that its first
answer waits for. What it finds is counted as all plans are.
"""

from __future__ import annotations

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from dispatch.planning.engine import best_simple_plan
from dispatch.planning.problem import FloatArray, PlanningProblem
from dispatch.planning.schedule import Routes, customer_minutes, is_kept, schedule

# Parts of a minute that the model counts in; OR-Tools takes whole numbers.
_PARTS = 10
_FAR = 10**7


def plan_by_routing(problem: PlanningProblem, *, seconds: float) -> Routes:
    """Return the best routes of both runs."""
    start = best_simple_plan(problem)
    first = _run(problem, problem.customers, start, seconds / 2)
    second = _run(problem, _where_they_bind(problem, first), first, seconds / 2)
    kept = [routes for routes in (start, first, second) if is_kept(problem, routes)]
    return min(kept, key=lambda routes: customer_minutes(problem, schedule(problem, routes).finish))


def _where_they_bind(problem: PlanningProblem, routes: Routes) -> FloatArray:
    finish = schedule(problem, routes).finish
    finish = np.where(np.isnan(finish), problem.horizon, finish)
    weights: FloatArray = np.zeros(len(problem.jobs))
    for job, upstream in enumerate(problem.upstream):
        waits_for = np.array([job, *upstream], dtype=np.int64)
        weights[waits_for[np.argmax(finish[waits_for])]] += problem.customers[job]
    return weights


def _run(problem: PlanningProblem, weights: FloatArray, start: Routes, seconds: float) -> Routes:
    crews, jobs = len(problem.crews), len(problem.jobs)
    # Nodes: jobs, then where each crew begins, then one end.
    end = jobs + crews
    manager = pywrapcp.RoutingIndexManager(end + 1, crews, list(range(jobs, end)), [end] * crews)
    model = pywrapcp.RoutingModel(manager)
    minutes = np.full((end + 1, end + 1), float(_FAR))
    minutes[:jobs, :jobs] = problem.between_jobs + problem.repair_minutes[:, None]
    minutes[jobs:end, :jobs] = problem.from_crews
    minutes[:jobs, end] = problem.repair_minutes
    minutes[jobs:end, end] = 0.0
    parts = np.ceil(np.where(np.isfinite(minutes), minutes, _FAR) * _PARTS).astype(np.int64)
    transit = model.RegisterTransitMatrix(parts.tolist())
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(np.zeros_like(parts).tolist()))
    horizon = int(problem.horizon * _PARTS)
    model.AddDimension(transit, horizon, horizon, False, "time")
    time = model.GetDimensionOrDie("time")
    for crew in range(crews):
        begin, until = (
            int(np.ceil(problem.available_from[crew] * _PARTS)),
            int(problem.available_until[crew] * _PARTS),
        )
        if begin > until:
            begin = until = max(0, until)
        time.CumulVar(model.Start(crew)).SetValue(min(begin, horizon))
        time.CumulVar(model.End(crew)).SetMax(min(max(begin, until), horizon))
        first = problem.first_jobs[crew]
        if first is not None:
            model.solver().Add(model.NextVar(model.Start(crew)) == manager.NodeToIndex(first))
    for job in range(jobs):
        index = manager.NodeToIndex(job)
        weight = round(float(weights[job]))
        allowed = np.flatnonzero(problem.may_do[:, job]).tolist()
        model.AddDisjunction([index], weight * horizon + 1)
        model.VehicleVar(index).SetValues([-1, *allowed])
        if problem.not_before[job] > 0:
            time.CumulVar(index).SetMin(min(horizon, int(np.ceil(problem.not_before[job] * _PARTS))))
        # The cumulative time is that of the start: its finish is a constant later.
        time.SetCumulVarSoftUpperBound(index, 0, weight)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(int(seconds * 1000))
    model.CloseModelWithParameters(parameters)
    known = model.ReadAssignmentFromRoutes([list(route) for route in start], True)
    found = (
        model.SolveFromAssignmentWithParameters(known, parameters)
        if known
        else model.SolveWithParameters(parameters)
    )
    if found is None:
        return start
    routes = []
    for crew in range(crews):
        route, index = [], found.Value(model.NextVar(model.Start(crew)))
        while not model.IsEnd(index):
            route.append(manager.IndexToNode(index))
            index = found.Value(model.NextVar(index))
        routes.append(tuple(route))
    return tuple(routes)

"""The routes, one file per subject. An endpoint opens a transaction and makes one call; it holds no rules."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    account,
    autopilot,
    calls,
    changes,
    crews,
    customers,
    damage,
    disconnections,
    doors,
    evidence,
    hazards,
    jobs,
    network,
    outage_actions,
    outages,
    photos,
    pings,
    plan,
    planned_outages,
    positions,
    promises,
    reports,
    search,
    supply_pages,
    system,
    tiles,
    travel,
    welcome,
)

ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        account,
        system,
        network,
        tiles,
        evidence,
        outages,
        outage_actions,
        crews,
        positions,
        jobs,
        hazards,
        damage,
        photos,
        changes,
        customers,
        calls,
        disconnections,
        plan,
        planned_outages,
        pings,
        promises,
        reports,
        search,
        supply_pages,
        travel,
        welcome,
        doors,
        autopilot,
    )
)

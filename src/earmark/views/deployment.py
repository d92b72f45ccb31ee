"""Code locations, daemons, and what somebody did."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import msgspec

from earmark.locations.heartbeats import read_beats
from earmark.specs.job import ASSET_JOB
from earmark.specs.manifest import Manifest
from earmark.store.ports import Store
from earmark.views.daemons import NOBODY, count_ill, daemon_row
from earmark.views.ports import Locations, LocationState
from earmark.views.shapes.deployment import DaemonRow, LocationRow, LocationRowDiff
from earmark.views.shapes.session import Status
from earmark.views.values import error_of_text

_MOST_SHOWN = 200


class DeploymentPages:
    """Everything that pages about the deployment ask.

    Args:
        store: The store.
        locations: The code locations.
    """

    def __init__(self, store: Store, locations: Locations) -> None:
        self._store = store
        self._locations = locations
        self._lock = threading.Lock()
        self._diffs: dict[str, tuple[int | None, LocationRowDiff]] = {}

    def locations(self) -> list[LocationRow]:
        """Return all code locations, by name."""
        with self._lock:
            return [self._row(state) for state in self._locations.locations()]

    def _row(self, state: LocationState) -> LocationRow:
        manifest = state.manifest or Manifest()
        status = "loaded" if state.status == "ready" else "loading" if state.status == "loading" else "failed"
        if state.status == "stopped":
            status = "gone"
        elif state.error:
            status = "stale" if state.manifest is not None else "failed"
        return LocationRow(
            name=state.name,
            origin=state.name,
            status=status,  # type: ignore[arg-type]
            loaded_at=state.loaded_at,
            load_time=state.load_seconds or None,
            error=error_of_text("LoadError", state.error, state.traceback) if state.error else None,
            assets=sum(len(one.assets) for one in manifest.computations),
            jobs=len(manifest.jobs),
            schedules=len(manifest.schedules),
            sensors=len(manifest.sensors),
            python=state.python or None,
            version=state.version or None,
            start_method="spawn" if state.note else "fork" if state.pid else None,
            warnings=[state.note] if state.note else [],
            served_by=state.served_by or None,
            diff=self._diff(state),
        )

    def _diff(self, state: LocationState) -> LocationRowDiff:
        known = self._diffs.get(state.name)
        if known is not None and known[0] == state.loaded_at:
            return known[1]
        diff = manifest_diff(state.before, state.manifest)
        self._diffs[state.name] = (state.loaded_at, diff)
        return diff

    def daemons(self) -> list[DaemonRow]:
        """Return every loop of every host, those of the host that leads first."""
        now = self._store.clock()
        rows = [daemon_row(beat, loop, now) for beat in read_beats(self._store) for loop in beat.loops]
        return rows or [NOBODY]

    def status(self, assets: int, jobs: int, paused: bool) -> Status:
        """Return what the shell shows on every page."""
        states = self._locations.locations()
        return Status(
            queued=self._store.queue.length(),
            running=self._store.runs.count("status:starting,running,canceling"),
            failed_today=self._store.runs.count("status:failed created:>-24h"),
            queue_paused=paused,
            locations_failed=sum(bool(state.error) for state in states),
            daemons_unhealthy=count_ill(self.daemons()),
            assets=assets,
            jobs=jobs,
        )


def manifest_diff(before: Manifest | None, now: Manifest | None) -> LocationRowDiff:
    """Return what a reload changed; nothing where there was no load before."""
    if before is None or now is None:
        return LocationRowDiff(added=[], removed=[], changed=[], parts={})
    old, new = _definitions(before), _definitions(now)
    parts = {name: changed for name in sorted(old.keys() & new.keys()) if (changed := _changed(old[name], new[name]))}
    return LocationRowDiff(
        added=sorted(new.keys() - old.keys())[:_MOST_SHOWN],
        removed=sorted(old.keys() - new.keys())[:_MOST_SHOWN],
        changed=list(parts)[:_MOST_SHOWN],
        parts=dict(list(parts.items())[:_MOST_SHOWN]),
    )


def _definitions(manifest: Manifest) -> dict[str, Mapping[str, object]]:
    """Return every definition part by part, by its name: assets by their keys, all else with the word for it."""
    found: dict[str, Mapping[str, object]] = {}
    for computation in manifest.computations:
        for spec in computation.assets:
            found[spec.key.to_user_string()] = _parts(spec)
        for check in computation.checks:
            found[f"check {check.name} of {check.asset_key.to_user_string()}"] = _parts(check)
    for kind, specs in (("job", manifest.jobs), ("schedule", manifest.schedules), ("sensor", manifest.sensors)):
        found |= {f"{kind} {one.name}": _parts(one) for one in specs if one.name != ASSET_JOB}
    return found


def _parts(spec: msgspec.Struct) -> Mapping[str, object]:
    return {name: getattr(spec, name) for name in spec.__struct_fields__}


def _changed(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return [name for name in new if old.get(name) != new[name]]

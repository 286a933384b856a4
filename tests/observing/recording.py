"""An observer that remembers, and events to tell one of."""

from model_registry.observing import (
    FlushFinished,
    LookFinished,
    Observer,
    RequestServed,
    ScanFinished,
    WriteFinished,
)

REQUEST = {
    "method": "GET",
    "scheme": "https",
    "route": "/models/{id}",
    "status": 200,
    "broken_off": False,
    "seconds": 0.02,
    "tenant_id": "org_abc",
}


def tell(observer):
    observer.on_request(RequestServed(**REQUEST))
    observer.on_request(RequestServed(**REQUEST | {"seconds": 0.3}))
    observer.on_request(RequestServed(**REQUEST | {"broken_off": True}))
    observer.on_request(RequestServed(**REQUEST | {"route": None, "status": 401}))
    observer.on_request(RequestServed(**REQUEST | {"status": None}))
    write = {"action": "updated", "seconds": 0.004, "tenant_id": "org_abc"}
    observer.on_write(WriteFinished(**write, count=1, outcome="success"))
    observer.on_write(WriteFinished(**write, count=0, outcome="store_error"))
    found = {"action": "discovered", "seconds": 0.5, "tenant_id": "org_abc"}
    observer.on_write(WriteFinished(**found, count=12, outcome="success"))
    scan = {"seconds": 70.0, "tenant_id": "org_abc", "outcome": "success"}
    observer.on_scan(ScanFinished(**scan, rows_read=4_000, rows_broken=1, models=12))
    observer.on_scan(ScanFinished(**scan, rows_read=None, rows_broken=0, models=12))
    observer.on_look(LookFinished(tenants=9, failed=0, seconds=0.01, outcome="success"))
    observer.on_look(LookFinished(tenants=9, failed=2, seconds=0.02, outcome="store_error"))
    flush = {"tenants": 3, "dropped": 2, "unusable": 1, "postponed": 4, "seconds": 0.01}
    observer.on_flush(FlushFinished(**flush, failed=0, requests=70, outcome="success"))
    observer.on_flush(FlushFinished(**flush, failed=3, requests=0, outcome="store_error"))


class Recorder(Observer):
    def __init__(self):
        self.requests = []
        self.writes = []
        self.scans = []
        self.flushes = []

    def on_request(self, event):
        self.requests.append(event)

    def on_write(self, event):
        self.writes.append(event)

    def on_scan(self, event):
        self.scans.append(event)

    def on_flush(self, event):
        self.flushes.append(event)

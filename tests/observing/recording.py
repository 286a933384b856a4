"""An observer that remembers."""

from model_registry.observing import Observer


class Recorder(Observer):
    def __init__(self):
        self.requests = []
        self.writes = []
        self.scans = []

    def on_request(self, event):
        self.requests.append(event)

    def on_write(self, event):
        self.writes.append(event)

    def on_scan(self, event):
        self.scans.append(event)

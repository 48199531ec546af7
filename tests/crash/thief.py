"""A store that holds other bytes than were put, so that an upload has to be given up.

Owns: a tiered topic of its own, which is filled for a while, and whose objects in a bucket directory are cut as soon as they are
seen: who verifies what was put finds something else if that was quick enough. Does not own: what the broker does about it. The
topic is deleted before anything is checked, for what was cut after its verification is damaged for good.
"""

import base64
import os
import threading
import time

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import NewTopic
from harness.checker import Writer, is_away
from harness.process import expect, wait_until

LEFT_BYTES = 10
BATCH, BATCH_SECONDS = 20, 0.1


class Thief:
    def __init__(self, clients, admin, bucket, name, config):
        self.clients, self.admin, self.bucket, self.name = clients, admin, bucket, name
        self.cut = set()
        self.ending = threading.Event()
        self._until_done(lambda: admin.create_topics([NewTopic(name, 1, 1, config=config)], request_timeout=5)[name], "TOPIC_ALREADY_EXISTS")
        self.threads = [threading.Thread(target=self._live, args=(turn,), daemon=True) for turn in (self._fill, self._steal)]
        for thread in self.threads:
            thread.start()

    def _live(self, turn):
        try:
            turn()
        except BaseException as failure:
            self.clients.ledger.note(failure)

    def _fill(self):
        writer = Writer(self.clients.bootstrap, self.clients.ledger, [(self.name, 0)], self.name, self.clients.episode.seed)
        while not self.ending.is_set():
            if writer.waiting < BATCH:
                writer.produce(BATCH)
            writer.poll(BATCH_SECONDS)
        writer.discard()

    def _steal(self):
        # Other topics come meanwhile, too: a new folder alone does not say whose it is.
        name = wait_until(self._folder_name, f"the id of {self.name} is told", 90, 0.02, transient=is_away)
        folder = None
        while not self.ending.is_set():
            if folder:
                self._cut_in(folder)
            else:
                folder = self._folder(name)
                self.ending.wait(0 if folder else 0.01)

    def _cut_in(self, folder):
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            return  # Whoever deletes the last object may take its directory along.
        for entry in entries:
            if entry.name.endswith(".seg") and entry.name not in self.cut:
                self.cut.add(entry.name)
                try:
                    os.truncate(entry.path, LEFT_BYTES)
                except FileNotFoundError:
                    continue

    def _folder_name(self):
        if self.ending.is_set():
            return "the end came first"
        described = self.admin.describe_topics(TopicCollection([self.name]), request_timeout=5)[self.name].result(30)
        halves = (described.topic_id.get_most_significant_bits(), described.topic_id.get_least_significant_bits())
        return base64.urlsafe_b64encode(b"".join(half.to_bytes(8, "big", signed=True) for half in halves)).decode().rstrip("=")

    def _folder(self, name):
        """<bucket>/<cluster>/<2 hex>/<topic id>/<partition>"""
        return next((os.path.join(parent, name, "0") for parent, below, _ in os.walk(self.bucket) if name in below and os.path.isdir(os.path.join(parent, name, "0"))), None)

    def _until_done(self, ask, done):
        def once():
            try:
                ask().result(30)
            except KafkaException as error:
                if error.args[0].name() != done:
                    raise
            return True

        wait_until(once, f"{self.name} is made or deleted", 90, 0.05, transient=is_away)

    def end(self):
        """Takes its topic with it, once the broker is back."""
        self.ending.set()
        for thread in self.threads:
            thread.join(30)
            expect(not thread.is_alive(), "the thief does not end")
        self._until_done(lambda: self.admin.delete_topics([self.name], request_timeout=5)[self.name], "UNKNOWN_TOPIC_OR_PART")
        self.clients.ledger.drop(self.name)
        self.clients.ledger.check()

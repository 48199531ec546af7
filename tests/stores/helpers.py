#!/usr/bin/env python3
"""Small servers and requests that the store tests need beside the emulators. Standard library only.

    helpers.py port                                      a free port
    helpers.py wait PORT                                 until somebody listens
    helpers.py gcs-bucket ENDPOINT BUCKET                makes a bucket in fake-gcs-server
    helpers.py gcs-front PORT ENDPOINT [--forgetful]     the XML dialect of GCS in front of fake-gcs-server
    helpers.py s3-forgetful PORT ENDPOINT                an S3 store that takes no notice of create-only preconditions
    helpers.py s3-changing PORT ENDPOINT                 an S3 store behind a network that turns a bit of each upload
    helpers.py s3-losing PORT ENDPOINT                   an S3 store whose answer to the first upload of each key is lost
    helpers.py azure-container ENDPOINT CONTAINER        makes a container in Azurite
    helpers.py metadata PORT KEY SECRET                  the metadata service of an instance with a role

fake-gcs-server knows conditional creates in GCS's JSON dialect only, and the object_store crate speaks the XML one: the front
turns each upload into the other dialect, precondition included. A forgetful front drops the precondition, as stores do that
have none; the one of S3 answers a refused create as such stores would (Garage is one of them, and a case of its own).
"""

import base64
import datetime
import hashlib
import hmac
import http.client
import http.server
import json
import socket
import sys
import time
import urllib.parse

# Azurite's account, the same everywhere.
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host", "content-length"}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Front(http.server.BaseHTTPRequestHandler):
    """Hands requests on to `endpoint`, changed by `change` and their answers by `mend`."""

    protocol_version = "HTTP/1.1"
    endpoint = None

    def log_message(self, *_):
        pass

    def change(self, method, path, headers):
        return method, path, headers

    def spoil(self, body):
        return body

    def mend(self, method, path, status, headers, body):
        """The answer as it goes back; a status of None ends the connection instead."""
        return status, headers, body

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        headers["Host"] = self.headers["Host"]
        method, path, headers = self.change(self.command, self.path, headers)
        upstream = http.client.HTTPConnection(self.endpoint, timeout=60)
        upstream.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            upstream.putheader(name, value)
        upstream.putheader("Content-Length", str(len(body)))
        upstream.endheaders(self.spoil(body))
        answer = upstream.getresponse()
        content = answer.read()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        length = answer.getheader("content-length") if self.command == "HEAD" else None
        status, kept, content = self.mend(self.command, self.path, answer.status, kept, content)
        upstream.close()
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in kept:
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = hand_on


def without(headers, *dropped):
    return {name: value for name, value in headers.items() if name.lower() not in dropped}


class GcsFront(Front):
    is_forgetful = False

    def change(self, method, path, headers):
        # The emulator looks at the name by which it is called.
        headers["Host"] = self.endpoint
        bucket, _, key = path.split("?")[0].lstrip("/").partition("/")
        if method != "PUT" or not key:
            return method, path, headers
        query = {"uploadType": "media", "name": urllib.parse.unquote(key)}
        if "x-goog-if-generation-match" in {name.lower() for name in headers} and not self.is_forgetful:
            query["ifGenerationMatch"] = self.headers["x-goog-if-generation-match"]
        headers = without(headers, "x-goog-if-generation-match")
        return "POST", f"/upload/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(query)}", headers

    def mend(self, method, path, status, headers, body):
        if method == "PUT" and status == 200:
            told = json.loads(body)
            headers = [(name, value) for name, value in headers if name.lower() not in ("etag", "x-goog-generation")]
            headers += [("ETag", f'"{told["etag"].strip(chr(34))}"'), ("x-goog-generation", told["generation"])]
        return status, headers, body


class S3Forgetful(Front):
    def mend(self, method, path, status, headers, body):
        # The precondition is signed, so that it cannot be taken out of the request: the refusal is taken out of the answer.
        if method == "PUT" and status == 412:
            digest = hashlib.md5(path.encode()).hexdigest()
            return 200, [("ETag", f'"{digest}"')], b""
        return status, headers, body


class S3Changing(Front):
    def spoil(self, body):
        middle = len(body) // 2
        return body[:middle] + bytes([body[middle] ^ 0x10]) + body[middle + 1 :] if body else body


class S3Losing(Front):
    lost = set()

    def mend(self, method, path, status, headers, body):
        key = path.split("?")[0]
        # A bucket's own creation is answered.
        if method == "PUT" and key.strip("/").count("/") > 0 and key not in self.lost:
            self.lost.add(key)
            status = None
        return status, headers, body


FRONTS = {"gcs-front": GcsFront, "s3-forgetful": S3Forgetful, "s3-changing": S3Changing, "s3-losing": S3Losing}


class Metadata(http.server.BaseHTTPRequestHandler):
    """What an instance asks for the credentials of its role (IMDSv2)."""

    protocol_version = "HTTP/1.1"
    key = secret = None

    def log_message(self, *_):
        pass

    def answer(self, text, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.answer("token" if self.path == "/latest/api/token" else "", 200 if self.path == "/latest/api/token" else 404)

    def do_GET(self):
        role = "/latest/meta-data/iam/security-credentials"
        if self.headers.get("X-aws-ec2-metadata-token") != "token":
            self.answer("", 401)
        elif self.path.rstrip("/") == role:
            self.answer("strata-role")
        elif self.path == f"{role}/strata-role":
            now = datetime.datetime.now(datetime.timezone.utc)
            stamp = lambda time: time.strftime("%Y-%m-%dT%H:%M:%SZ")
            self.answer(
                json.dumps(
                    {
                        "Code": "Success",
                        "Type": "AWS-HMAC",
                        "LastUpdated": stamp(now),
                        "Expiration": stamp(now + datetime.timedelta(hours=6)),
                        "AccessKeyId": self.key,
                        "SecretAccessKey": self.secret,
                        "Token": "",
                    }
                )
            )
        else:
            self.answer("", 404)


def serve(port, handler):
    Server(("127.0.0.1", int(port)), handler).serve_forever()


def host_of(endpoint):
    return endpoint.removeprefix("http://").rstrip("/").split("/")[0]


def request(endpoint, method, path, body=b"", **headers):
    connection = http.client.HTTPConnection(host_of(endpoint), timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    if answer.status not in (200, 201):
        sys.exit(f"{method} {path}: {answer.status} {text}")


def gcs_bucket(endpoint, bucket):
    request(endpoint, "POST", "/storage/v1/b", json.dumps({"name": bucket}).encode(), content_type="application/json")


def azure_container(endpoint, container):
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
    path = f"/{AZURE_ACCOUNT}/{container}"
    signed = f"PUT{chr(10) * 12}x-ms-date:{date}\nx-ms-version:2021-12-02\n/{AZURE_ACCOUNT}{path}\nrestype:container"
    signature = base64.b64encode(hmac.new(base64.b64decode(AZURE_KEY), signed.encode(), hashlib.sha256).digest()).decode()
    authorization = f"SharedKey {AZURE_ACCOUNT}:{signature}"
    request(endpoint, "PUT", f"{path}?restype=container", x_ms_date=date, x_ms_version="2021-12-02", authorization=authorization)


def wait(port):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(port))) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"nobody listens on port {port}")


def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        print(probe.getsockname()[1])


def main(command, *arguments):
    if command == "port":
        port()
    elif command == "wait":
        wait(*arguments)
    elif command == "gcs-bucket":
        gcs_bucket(*arguments)
    elif command == "azure-container":
        azure_container(*arguments)
    elif command == "metadata":
        Metadata.key, Metadata.secret = arguments[1:]
        serve(arguments[0], Metadata)
    elif command in FRONTS:
        Front.endpoint = host_of(arguments[1])
        GcsFront.is_forgetful = "--forgetful" in arguments
        serve(arguments[0], FRONTS[command])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])

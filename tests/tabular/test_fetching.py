"""Downloads from a server on this machine: whole, resumed, wrong, refused."""

import hashlib
import http.server
import threading

import pytest

from tabular.data.fetching import fetch
from tabular.data.source import Download, Source
from tabular.errors import HarnessError
from tests.tabular.telling import quiet

CONTENT = bytes(range(256)) * 9000  # 2.3 MB: more than one block
SHA = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT, with ranges; `asked` holds the ranges, `cut` breaks off after so many bytes."""

    asked: list
    cut: int | None = None

    def do_GET(self):
        asked = self.headers.get("Range")
        self.asked.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if self.path != "/toy.bin":
            self.send_error(404)
            return
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        end = len(CONTENT) if self.cut is None else self.cut
        self.wfile.write(CONTENT[start:end])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    handler = type("Handler", (Server,), {"asked": []})
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    handler.address = f"http://127.0.0.1:{service.server_port}"
    yield handler
    service.shutdown()
    service.server_close()


def toy(address, sha256=SHA):
    return Source(
        name="toy",
        pattern="toy.bin",
        about="",
        licence="",
        convert=lambda path, tell: {},
        page="https://example.org/toys",
        downloads=(Download("toy.bin", address, sha256),) if address else (),
    )


def folder(tmp_path):
    return tmp_path / "data" / "downloads" / "toy"


def test_a_file_is_fetched_once(server, tmp_path):
    told = []
    path = fetch(toy(f"{server.address}/toy.bin"), told.append)
    assert path == folder(tmp_path) / "toy.bin" and path.read_bytes() == CONTENT
    assert told == sorted(told) and told[-1] == 1.0
    assert fetch(toy(f"{server.address}/toy.bin"), quiet) == path
    assert server.asked == [None]
    assert [each.name for each in folder(tmp_path).iterdir()] == ["toy.bin"]


def test_an_interrupted_download_goes_on_where_it_stopped(server, tmp_path):
    server.cut = 1_500_000
    with pytest.raises(HarnessError, match=r"toy\.bin cannot be fetched"):
        fetch(toy(f"{server.address}/toy.bin"), quiet)
    (part,) = folder(tmp_path).iterdir()
    kept = part.stat().st_size
    assert 0 < kept <= 1_500_000 and part.read_bytes() == CONTENT[:kept]
    server.cut = None
    assert fetch(toy(f"{server.address}/toy.bin"), quiet).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={kept}-"]


def test_a_part_that_is_the_whole_is_taken(server, tmp_path):
    folder(tmp_path).mkdir(parents=True)
    (folder(tmp_path) / "toy.bin.part").write_bytes(CONTENT)
    assert fetch(toy(f"{server.address}/toy.bin"), quiet).read_bytes() == CONTENT


def test_a_file_with_another_checksum_is_not_kept(server, tmp_path):
    with pytest.raises(HarnessError, match=r"toy\.bin is not the published file \(sha256 0{64}\)"):
        fetch(toy(f"{server.address}/toy.bin", "0" * 64), quiet)
    assert list(folder(tmp_path).iterdir()) == []


@pytest.mark.parametrize("path", ["/gone.bin", None])
def test_without_the_file_or_a_network_one_line_says_what_to_do(server, path):
    address = f"{server.address}{path}" if path else "http://127.0.0.1:1/toy.bin"
    with pytest.raises(HarnessError) as caught:
        fetch(toy(address), quiet)
    message = str(caught.value)
    assert message.count("\n") == 0 and address in message
    assert SHA in message
    assert message.endswith("then: harness data import toy toy.bin")


def test_a_source_without_an_address_names_its_page(server):
    with pytest.raises(HarnessError, match=r"Get it from https://example\.org/toys, then: harness data"):
        fetch(toy(None), quiet)

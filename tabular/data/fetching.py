"""Downloads from publishers' addresses, with checksums; interrupted ones go on where they stopped."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tabular.data.source import BLOCK, Download, Source, Tell
from tabular.data.tables import check_writable
from tabular.errors import HarnessError
from tabular.table_file import data_folder

if TYPE_CHECKING:
    from requests import Response

TIMEOUT = 30
"""Seconds without an answer after which there is no network."""
PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 206, 416


def fetch(source: Source, tell: Tell) -> Path:
    """Download a source's files into the data folder; the path to import.

    Files that are there with the right checksum are not fetched again. Raises `HarnessError`, one line
    with address, checksum and the import command, where there is no network or no direct address.
    """
    if not source.downloads:
        raise HarnessError(
            f"{source.pattern} has no address that a plain request could get. Get it from {source.page}, "
            f"then: harness data import {source.name} {source.pattern}"
        )
    folder = data_folder() / "downloads" / source.name
    check_writable(folder)
    for done, download in enumerate(source.downloads):
        _retrieve(source, download, folder, _part(tell, done, len(source.downloads)))
    return folder if source.folder else folder / source.downloads[0].file


def _retrieve(source: Source, download: Download, folder: Path, tell: Tell) -> None:
    import pooch
    from requests import RequestException

    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            download.address,
            known_hash=f"sha256:{download.sha256}",
            fname=download.file,
            path=folder,
            downloader=_Resuming(folder / f"{download.file}.part", tell),
        )
    except ValueError:
        raise HarnessError(
            f"{download.address} is not the published file (sha256 {download.sha256}); it was not kept"
        ) from None
    except RequestException as problem:
        raise HarnessError(
            f"{download.file} cannot be fetched ({type(problem).__name__}). Get {download.address} elsewhere "
            f"(sha256 {download.sha256}), then: harness data import {source.name} {_typed(source, download)}"
        ) from None
    except OSError as problem:
        raise HarnessError(f"{folder} cannot be written ({problem.strerror}); nothing was kept") from None


def _part(tell: Tell, done: int, of: int) -> Tell:
    """Tells of the whole what it is told of one of its equal parts."""
    return lambda share: tell((done + share) / of)


def _typed(source: Source, download: Download) -> str:
    """What to type after the import command's name."""
    return (
        f"FOLDER (with {', '.join(each.file for each in source.downloads)})"
        if source.folder
        else download.file
    )


class _Resuming:
    """A downloader for pooch: what has arrived is kept in a part file, and asked for no more."""

    def __init__(self, part: Path, tell: Tell) -> None:
        self._part, self._tell = part, tell

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        """Fetch `url` into `output_file` by way of the part file. Raises what requests raises."""
        import requests

        have = self._part.stat().st_size if self._part.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with requests.get(url, stream=True, timeout=TIMEOUT, headers=headers) as response:
            if response.status_code != RANGE_NOT_SATISFIABLE:  # that is: all of it is here
                response.raise_for_status()
                self._write(response, have if response.status_code == PARTIAL_CONTENT else 0)
        shutil.move(self._part, output_file)

    def _write(self, response: Response, start: int) -> None:
        total = start + int(response.headers.get("Content-Length", 0))
        with self._part.open("ab" if start else "wb") as file:
            for block in response.iter_content(BLOCK):
                file.write(block)
                self._tell(min(file.tell() / total, 1.0) if total else 0.0)

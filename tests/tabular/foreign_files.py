"""Contents of files that people have instead of a publisher's, by what they are."""

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile

import numpy as np

WEB_PAGE = """<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title>
<meta http-equiv="content-type" content="text/html; charset=utf-8"/></head><body><div class="uc-main">
<p class="uc-warning-caption">Google Drive can't scan this file for viruses.</p></div></body></html>
"""
POINTER = """version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 132735911
"""
DENIED = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>
"""
ANNEX = "/annex/objects/SHA256E-s1234--4d7a214614ab2935c943f9e0ff69d22e.pickle\n"
CSV = "key,c10_test200,c100_test200\n421211,85.86,52.91\n334131,93.66,70.29\n"
RAW = pickle.dumps({"nasbench201": {}})


def zipped(names, content=RAW):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(name, content=RAW):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def saved(save, *values, **named):
    stream = io.BytesIO()
    save(stream, *values, **named)
    return stream.getvalue()


def by_torch(zipped):
    import torch

    return saved(lambda stream: torch.save({"a": 1}, stream, _use_new_zipfile_serialization=zipped))


def as_parquet():
    import pandas as pd

    return saved(lambda stream: pd.DataFrame({"key": ["421211"]}).to_parquet(stream))


CONTENTS = {
    "html": (WEB_PAGE.encode(), "an HTML page ('Google Drive - Virus scan warning')"),
    "html with a mark and CRLF": (
        b"\xef\xbb\xbf" + WEB_PAGE.replace("\n", "\r\n").encode(),
        "an HTML page ('Google Drive - Virus scan warning')",
    ),
    "html in UTF-16": (WEB_PAGE.encode("utf-16"), "an HTML page ('Google Drive - Virus scan warning')"),
    "xml": (DENIED.encode(), "a server's answer in XML (AccessDenied)"),
    "pointer": (POINTER.encode(), "a git-lfs pointer (to a file of 132,735,911 bytes)"),
    "pointer with CRLF": (
        POINTER.replace("\n", "\r\n").encode(),
        "a git-lfs pointer (to a file of 132,735,911 bytes)",
    ),
    "annex": (ANNEX.encode(), "a git-annex pointer"),
    "empty": (b"", "empty"),
    "blank": (b"\r\n\r\n", "empty but for white space"),
    "gzip": (gzip.compress(RAW), "compressed with gzip"),
    "bzip2": (bz2.compress(RAW), "compressed with bzip2"),
    "xz": (lzma.compress(RAW), "compressed with xz"),
    "zip": (zipped(["a/one.pickle", "two"]), "a zip archive (holding a/one.pickle, ...)"),
    "cut zip": (zipped(["one.pickle"])[:70], "a zip archive that is damaged or cut short"),
    "tar": (tarred("a/one.pickle"), "a tar archive (holding a/one.pickle)"),
    "numpy": (saved(np.save, np.zeros(3)), "a numpy array (.npy)"),
    "npz": (saved(np.savez, a=np.zeros(3)), "an archive of numpy arrays (.npz)"),
    "csv": (CSV.encode(), "a csv table"),
    "csv with semicolons": (CSV.replace(",", ";").encode(), "a csv table"),
    "json": (b'{"message": "Not Found"}', "a JSON file"),
    "list of json": (b"[1,\n 2]", "a JSON file"),
    "text": (b"404: Not Found", "a text file"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
    "pickle": (RAW, "a pickle of Python"),
    "pickle in letters": (pickle.dumps({"a": 1}, 0), "a pickle of Python"),
    "noise": (bytes(range(160, 256)) * 3, "of no known kind"),
}
"""By name: a content, and the words for it after "is"."""

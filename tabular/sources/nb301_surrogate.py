"""NAS-Bench-301 as a surrogate: YAHPO Gym's network, from an architecture and an epoch to accuracy and time.

Pfisterer et al., "YAHPO Gym", AutoML 2022; trained on the 100-epoch learning curves of Zela et al.,
"Surrogate NAS Benchmarks", ICLR 2022. One network, no replicates and no noise. It is not the official
ensemble of NAS-Bench-301, and it knows validation accuracy alone. The file runs in onnxruntime, with its
batch dimension opened as it is read, rather than from weights lifted out of it: whatever the file
computes is then computed, and six times as fast in batches as row by row.
"""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from tabular.cells import Cells
from tabular.data.source import Tell
from tabular.data.texts import as_published, plain
from tabular.errors import HarnessError
from tabular.sources.nb301_encoding import VARIABLES, Encoding
from tabular.sources.onnx_batch import Port, ports, with_open_batch
from tabular.spaces.darts import DARTSSpace
from tabular.table_file import Columns

MODEL, ENCODING = "new_model.onnx", "encoding.json"
FILES = (MODEL, ENCODING)
SOURCE = "nb301 of github.com/slds-lmu/yahpo_data"
MODEL_SHA256 = "3c6a6fb3a70998bf6c55883bdc5cc71cff190e1859468d72cc6960b88f06d280"
ENCODING_SHA256 = "b16bb8db9aa5a9b688cd97e782643abe96bd166baa445675f57cbcf5e6128a98"
"""Of `new_model.onnx` and `encoding.json` at commit 3a646b874bb2 of the source, their only version."""
EPOCHS = range(1, 99)
BLOCK = 256
"""Rows per call: fastest of 64 .. 4096 on one core, and small enough to stay in cache."""
FLOAT, INT32 = 1, 6  # ONNX element types
INPUTS = {"x_cat": (INT32, VARIABLES), "x_cont": (FLOAT, 1)}
SPACES = {space.vertices: space for space in (DARTSSpace(tie_cells=True), DARTSSpace(tie_cells=False))}


class Nb301Surrogate:
    """Validation accuracy and training time of any DARTS architecture after 1 .. 98 epochs."""

    epochs = EPOCHS
    digest: str
    """sha256 (hex) of the two files: the identity of the surrogate."""

    def __init__(self, model: bytes, encoding: Encoding, digest: str, threads: int) -> None:
        self.digest = digest
        self._encoding = encoding
        self._session = _session(model, threads)

    @staticmethod
    def load(path: Path, threads: int = 1) -> Nb301Surrogate:
        """From a folder with `new_model.onnx` and `encoding.json`, or from that model with the other beside.

        Raises `HarnessError` where one is missing, and as `of` does.
        """
        folder = path.parent if path.is_file() else path
        return Nb301Surrogate.of(_content(folder / MODEL), _content(folder / ENCODING), str(folder), threads)

    @staticmethod
    def of(model: bytes, encoding: bytes, folder: str, threads: int = 1) -> Nb301Surrogate:
        """From the contents of the two files; `folder` is where they are from, for messages.

        Raises `HarnessError` for content that is damaged or of another model, and where onnxruntime is not
        installed. With one thread an architecture's value is the same to the last bit in whatever batch it
        is asked for.
        """
        codes = Encoding.parse(plain(encoding), f"{folder}/{ENCODING}")
        name = f"{folder}/{MODEL}"
        _refuse_other_models(model, name)
        try:
            sha = hashlib.sha256(model + encoding).hexdigest()
            surrogate = Nb301Surrogate(with_open_batch(model), codes, sha, threads)
            two = surrogate._run(np.tile(codes.absent, (2, 1)), np.ones(2))
        except HarnessError:
            raise
        except Exception as problem:  # onnxruntime has no exception root of its own
            raise HarnessError(f"{name} is damaged: {_first_line(problem)}") from None
        if two.shape != (2, 2):
            raise HarnessError(f"{name} answers {two.shape} for two rows, not (2, 2)")
        return surrogate

    def evaluate(
        self, cells: Cells, epochs: int | Int[np.ndarray, " n"]
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Validation accuracy (a fraction) and seconds of training up to the given epoch, 1 .. 98.

        `cells` come from either `DARTSSpace`; tied cells stand for both. The accuracy is a sigmoid, so it
        lies in [0, 1] as it is. The seconds are the file's own and wrong where it learnt little: over 12,000
        random architectures they are positive and grow with the epoch from 3 on (98: 5,939 on average),
        but 343 are said to pass up to epoch 1 and 182 up to epoch 2.
        Raises `HarnessError` for cells outside the spaces and epochs out of range.
        """
        space = SPACES.get(cells.ops.shape[1])
        if space is None:
            raise HarnessError(
                f"graphs of {cells.ops.shape[1]} vertices are no DARTS architectures; 11 or 22 are needed"
            )
        schedule = np.broadcast_to(np.asarray(epochs), len(cells))
        outside = (schedule < EPOCHS[0]) | (schedule > EPOCHS[-1])
        if outside.any():
            raise HarnessError(f"no value after {schedule[outside][0]} epochs; the surrogate knows 1 .. 98")
        answers = self._run(self._encoding.categories(space.to_genotype(cells)), schedule).astype(np.float64)
        return answers[:, 0] / 100, answers[:, 1]

    def _run(
        self, categories: Int[np.ndarray, "n 34"], epochs: Int[np.ndarray, " n"] | Float[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n 2"]:
        """The file's own outputs: validation accuracy in percent, seconds."""
        epoch = epochs.astype(np.float32)[:, None]
        found = [np.zeros((0, 2), dtype=np.float32)]
        for start in range(0, len(categories), BLOCK):
            rows = slice(start, start + BLOCK)
            (part,) = self._session.run(None, {"x_cat": categories[rows], "x_cont": epoch[rows]})
            found.append(part)
        return np.concatenate(found)


def read(path: Path) -> Nb301Surrogate:
    """The surrogate in a folder with `FILES`, on one thread; `HarnessError` says what is wrong with them."""
    return Nb301Surrogate.load(path)


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """The two files, whole, as the columns of one table. Raises `HarnessError` as `check` does."""
    check(path)
    files = {
        MODEL: _content(path / MODEL),
        ENCODING: as_published(_content(path / ENCODING), ENCODING_SHA256),
    }
    tell(1.0)
    return {"nb301": {name: np.frombuffer(content, dtype=np.uint8) for name, content in files.items()}}


def check(path: Path) -> None:
    """Raises `HarnessError` unless the model in `path` can be read and answers in batches as row by row.

    A wrong number among its weights loads and answers like any other: only its checksum tells.
    """
    surrogate = read(path)
    cells = SPACES[22].sample(16, np.random.default_rng(0))
    epochs = np.linspace(EPOCHS[0], EPOCHS[-1], 16).astype(int)
    categories = surrogate._encoding.categories(SPACES[22].to_genotype(cells))
    folder = path.parent if path.is_file() else path
    alone = _session(_content(folder / MODEL), threads=1)
    rows = [
        alone.run(None, {"x_cat": row[None], "x_cont": np.full((1, 1), epoch, dtype=np.float32)})[0]
        for row, epoch in zip(categories, epochs, strict=True)
    ]
    expected = np.concatenate(rows)
    batched = surrogate._run(categories, epochs)
    if not (np.isfinite(expected).all() and np.allclose(batched, expected, rtol=1e-5)):
        raise HarnessError(f"{folder / MODEL} answers otherwise in batches than row by row")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise HarnessError(f"{path} cannot be read ({problem.strerror}); take it from {SOURCE}") from None


def _refuse_other_models(content: bytes, path: str) -> None:
    """Raises `HarnessError` unless the inputs and outputs are the expected ones."""
    try:
        inputs, outputs = ports(content)
    except ValueError as problem:
        raise HarnessError(f"{path} is damaged or no ONNX file: {problem}") from None
    found = {port.name: (port.element, port.shape[1:]) for port in inputs}
    expected = {name: (element, (width,)) for name, (element, width) in INPUTS.items()}
    if found != expected or [(port.element, port.shape[1:]) for port in outputs] != [(FLOAT, (2,))]:
        given = " -> ".join(", ".join(map(_described, part)) or "nothing" for part in (inputs, outputs))
        raise HarnessError(
            f"{path} is another model ({given}); 34 categories x_cat and an epoch x_cont -> 2 "
            f"numbers are needed: {SOURCE}"
        )


def _described(port: Port) -> str:
    return f"{port.name}{list(port.shape)}"


def _session(model: bytes, threads: int) -> Any:
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError:
        raise HarnessError(
            "the NAS-Bench-301 surrogate needs onnxruntime: pip install nas-harness[nb301]"
        ) from None
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0] if str(problem) else type(problem).__name__

"""Official files of NAS-Bench-201 built from the three real records and the real latency table."""

import bz2
import pickle

import numpy as np
import pandas as pd

FIRST = (0, 11, 284)
"""Official indices of the real records."""


def record(shared_data, index):
    """A real record of NATS-Bench, unpickled."""
    return pickle.loads(bz2.decompress((shared_data / f"nats_tss_slice/{index:06}.pickle.pbz2").read_bytes()))


def official_texts(shared_data):
    """All cells in the authors' form, by official index."""
    table = pd.read_parquet(shared_data / "nb201.parquet", columns=["index", "arch_str"])
    return table.sort_values("index")["arch_str"].tolist()


def write_copies(shared_data, folder, n):
    """A NATS-Bench folder of n files, the real records in turn under other names."""
    folder.mkdir()
    texts, real = official_texts(shared_data), [record(shared_data, index) for index in FIRST]
    for index in range(n):
        copy = real[index % 3]
        for epochs in ("12", "200"):
            copy[epochs] |= {"arch_index": index, "arch_str": texts[index]}
        content = pickle.dumps(copy)
        (folder / f"{index:06}.pickle.pbz2").write_bytes(bz2.compress(content, 1))


def pth_content(shared_data):
    """What NAS-Bench-201 v1.1's file holds, of the three real architectures."""
    records = {index: record(shared_data, index) for index in FIRST}
    return {
        "meta_archs": official_texts(shared_data),
        "evaluated_indexes": set(FIRST),
        "arch2infos": {index: {"less": each["12"], "full": each["200"]} for index, each in records.items()},
    }


def hardware_content(shared_data):
    """What HW-NAS-Bench's pickle holds of NAS-Bench-201, with the real numbers."""
    table = pd.read_parquet(shared_data / "hwnasbench_nb201.parquet").sort_values("index")
    texts = official_texts(shared_data)
    content = {}
    for prefix, dataset in (("c10", "cifar10"), ("c100", "cifar100"), ("im16", "ImageNet16-120")):
        lists = {
            name.removeprefix(f"{prefix}_"): table[name].tolist()
            for name in table.columns
            if name.startswith(f"{prefix}_")
        }
        # the authors mix plain numbers and numpy's
        lists["edgegpu_latency"] = [np.float64(value) for value in lists["edgegpu_latency"]]
        content[dataset] = {"config": [{"arch_str": text, "C": 16} for text in texts], **lists}
    return {"nasbench201": content, "fbnet": {}}

"""The published arch2vec embeddings and zero-cost proxies of 9,445 cells of NAS-Bench-201."""

import numpy as np
import pytest

import tabular
from tabular.errors import HarnessError
from tabular.points.files import read_sheet
from tabular.points.reading import Reading, points_of

pytest.importorskip("pyarrow")
NB201 = tabular.load("nb201").space
CELLS = 9_445


def read(folder, name, dataset="cifar10", **reading):
    return points_of(read_sheet(folder / "encodings" / name), NB201, Reading(**reading), dataset)


def test_the_published_embeddings_are_read_as_they_are(shared_data):
    import pandas as pd

    points = read(shared_data, "nb201_arch2vec_published.parquet")
    assert points.values.shape == (CELLS, 16) and points.remarks == ()
    assert points.columns == tuple(f"embeddings_{place}" for place in range(16))
    frame = pd.read_parquet(shared_data / "encodings/nb201_arch2vec_published.parquet").set_index("arch")
    texts = NB201.print(points.cells)
    assert (frame.loc[texts].to_numpy() == points.values).all()
    # what the file shows in its first row, of |avg_pool_3x3~0|+|skip_connect~0|none~1|+|...
    assert texts.index(frame.index[0]) == points.keys.tolist().index(
        NB201.keys(NB201.parse(frame.index[0]))[0]
    )


def test_every_way_to_name_the_cells_gives_the_same_points(shared_data, tmp_path):
    import pandas as pd

    frame = pd.read_parquet(shared_data / "encodings/nb201_arch2vec_published.parquet")[::20]
    frame.to_parquet(tmp_path / "official.parquet")
    points = points_of(read_sheet(tmp_path / "official.parquet"), NB201, Reading())
    cells = NB201.parse(frame.pop("arch").tolist())
    for form in ("key", "naslib", "naszilla", "index", "official"):
        written = frame.assign(**{form: NB201.print(cells, form)})
        written.sample(frac=1, random_state=0).to_csv(tmp_path / "emb.csv", index=False)
        assert points_of(read_sheet(tmp_path / "emb.csv"), NB201, Reading()).digest == points.digest, form
    frame.set_index(pd.Index(NB201.print(cells))).to_parquet(tmp_path / "by_index.parquet")
    assert points_of(read_sheet(tmp_path / "by_index.parquet"), NB201, Reading()).digest == points.digest


def test_proxies_are_those_of_the_benchmarks_dataset(shared_data):
    points = read(shared_data, "nb201_zero_cost_13.parquet")
    assert len(points.keys) == CELLS and len(points.columns) == 13
    other = read(shared_data, "nb201_zero_cost_13.parquet", dataset="imagenet16-120")
    assert len(other.keys) == CELLS and other.columns == points.columns
    assert other.remarks[1:] == (
        "without columns 'arch', 'dataset'",
    )  # arch is empty there, the tuple is not
    chosen = read(shared_data, "nb201_zero_cost_13.parquet", columns="jacov,nwot")
    assert chosen.columns == ("jacov", "nwot")
    jacov = points.columns.index("jacov")
    assert (chosen.values[:, 0] == points.values[:, jacov]).all()
    with pytest.raises(
        HarnessError, match="no row with dataset cifar100, but with 'cifar10', 'ImageNet16-120'"
    ):
        read(shared_data, "nb201_zero_cost_13.parquet", dataset="cifar100")


def test_proxies_are_of_the_cells_they_name(shared_data):
    """Their parameters have the order of ours, and jacov goes with accuracy as measured on these cells."""
    from scipy.stats import spearmanr

    points = read(shared_data, "nb201_zero_cost_13.parquet")
    truth = tabular.load("nb201:cifar10").truth()[points.keys]
    column = {name: points.values[:, place] for place, name in enumerate(points.columns)}
    assert spearmanr(column["params"], NB201.complexity(points.cells, "params")).statistic > 0.9999
    rho = [spearmanr(column[name], truth).statistic for name in ("jacov", "nwot", "params", "flops", "zen")]
    assert np.allclose(rho, [0.830, 0.795, 0.742, 0.708, 0.101], atol=0.001)

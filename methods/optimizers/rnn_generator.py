"""RNN generator: GraphPNAS' loop around an LSTM over tokens instead of a graph network (its baseline).

The authors also give it twice the evaluations on NAS-Bench-101, which is the budget's business. Their code
has it for NAS-Bench-101 only, one softmax per vertex and per row of edges; here it reads the token sequences
of the other sequence models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from methods.hyper import describe
from methods.optimizers._elite import CODE, EliteHyper, EliteSearch, Generator
from tabular.space import SearchSpace


class RNNSearch(EliteSearch["RNNSearch.Hyper"]):
    """Rank-weighted likelihood of the elite under a two-layer LSTM."""

    @dataclass(frozen=True)
    class Hyper(EliteHyper):
        reward: Literal["rank", "accuracy", "equal"] = describe(
            "rank",
            "weight of a likelihood: rank among the elite over its size, accuracy, or the same for all",
            f"ours: as graphpnas, so that the two differ in the generator alone; {CODE}",
            published="equal",
        )
        width: Annotated[int, Field(ge=1)] = describe(128, "width of the LSTM", CODE)
        layers: Annotated[int, Field(ge=1)] = describe(2, "layers of the LSTM", CODE)
        tanh_constant: Annotated[float, Field(gt=0)] = describe(
            2.5, "bound of the logits, c in c tanh(logit / temperature)", CODE
        )
        temperature: Annotated[float, Field(gt=0)] = describe(5.0, "divides the logits", CODE)

    def new_generator(self, space: SearchSpace) -> Generator:
        from methods.networks.generators.fitting import Training
        from methods.networks.generators.rnn_generator import RNNGenerator, Sizes

        hyper = self.hyper
        sizes = Sizes(hyper.width, hyper.layers, hyper.tanh_constant, hyper.temperature)
        training = Training(hyper.epochs, hyper.batch_size, hyper.learning_rate)
        return RNNGenerator(space, sizes, training, self.rng)

"""RNN generator: GraphPNAS' loop around an LSTM over tokens instead of a graph network (its baseline).

`variant=published` does not weight likelihoods by reward, as the authors' code does for this baseline
alone; `corrected` weights them as GraphPNAS does, so that the two differ in the generator and nothing
else. The authors also give it twice the evaluations on NAS-Bench-101, which is the budget's business.
Their code has it for NAS-Bench-101 only, one softmax per vertex and per row of edges; here it reads the
token sequences of the other sequence models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from methods.base import describe
from methods.optimizers._elite import EliteHyper, EliteSearch, Generator
from tabular.space import SearchSpace


class RNNSearch(EliteSearch["RNNSearch.Hyper"]):
    """Rank-weighted likelihood of the elite under a two-layer LSTM."""

    @dataclass(frozen=True)
    class Hyper(EliteHyper):
        width: Annotated[int, Field(ge=1)] = describe(128, "width of the LSTM", "authors' code")
        layers: Annotated[int, Field(ge=1)] = describe(2, "layers of the LSTM", "authors' code")
        tanh_constant: Annotated[float, Field(gt=0)] = describe(
            2.5, "bound of the logits, c in c tanh(logit / temperature)", "authors' code"
        )
        temperature: Annotated[float, Field(gt=0)] = describe(5.0, "divides the logits", "authors' code")

    @property
    def weighs(self) -> bool:
        return self.hyper.variant == "corrected"

    def new_generator(self, space: SearchSpace) -> Generator:
        from methods.networks.generators.fitting import Training
        from methods.networks.generators.rnn_generator import RNNGenerator, Sizes

        hyper = self.hyper
        sizes = Sizes(hyper.width, hyper.layers, hyper.tanh_constant, hyper.temperature)
        training = Training(hyper.epochs, hyper.batch_size, hyper.learning_rate)
        return RNNGenerator(space, sizes, training, self.rng)

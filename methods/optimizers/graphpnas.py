"""GraphPNAS: a probabilistic graph generator learns the best architectures so far (Li et al., 2022).

| | published | corrected |
|---|---|---|
| a new vertex's operation | drawn without knowing earlier operations | told them |
| a generated edge's label | may be drawn as "no edge", never trained | labels of edges only |
| mixture logits and edge loss | averaged over earlier vertices and the new one | earlier vertices |
| before the first training | 30 architectures, from a biased explorer | the initial design |
| nothing new is drawn | the explorer fills in at once | the runner's rule |

Elite size differs per data set in the authors' configs (15, 10, 5: tuned on the benchmark); here that of
CIFAR-10 is the default for all. Their training (one step per two graphs, on NAS-Bench-201 afresh after
every label) takes minutes a run, so the defaults take fewer, larger steps to the same loss, in both
variants. `methods=graphpnas-published` is theirs, without the epochs that change within their CIFAR-10 log
and nowhere in their code.

Not copied: their edge loss is divided by one candidate more; an edge drawn as "no edge" stays in their graph
while it grows; where too few graphs are new they explore for the whole batch instead of the rest of it.
What both variants cannot say: labels of edges into one vertex are independent of each other given the
graph before it, and two orders of one graph are two graphs, since vertices are told by number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from methods.base import describe
from methods.optimizers._elite import EliteHyper, EliteSearch, Generator
from tabular.space import SearchSpace


class GraphPNAS(EliteSearch["GraphPNAS.Hyper"]):
    """Rank-weighted likelihood of the elite under a graph recurrent attention network."""

    @dataclass(frozen=True)
    class Hyper(EliteHyper):
        hidden: Annotated[int, Field(ge=1)] = describe(24, "width of a vertex state", "authors' configs")
        attention: Annotated[int, Field(ge=1)] = describe(128, "hidden width of attention", "authors' code")
        layers: Annotated[int, Field(ge=1)] = describe(7, "message passing layers", "authors' configs")
        mixture: Annotated[int, Field(ge=1)] = describe(
            10, "components of the mixture of Bernoulli distributions", "authors' configs"
        )

    @property
    def weighs(self) -> bool:
        return True

    def new_generator(self, space: SearchSpace) -> Generator:
        from methods.networks.generators.fitting import Training
        from methods.networks.generators.gran import Sizes
        from methods.networks.generators.graph_generator import GraphGenerator

        hyper = self.hyper
        sizes = Sizes(hyper.hidden, hyper.attention, hyper.layers, hyper.mixture)
        training = Training(hyper.epochs, hyper.batch_size, hyper.learning_rate)
        return GraphGenerator(space, sizes, training, hyper.variant == "published", self.rng)

"""DARTS networks in torch, for the tests alone: parameters and multiply-adds counted on real modules."""

import torch
from torch import nn

SIZES = {3: (3, 1, 1), 4: (5, 2, 1), 5: (3, 2, 2), 6: (5, 4, 2)}  # operation: kernel, padding, dilation


def norm(conv, channels):
    return nn.Sequential(nn.ReLU(), conv, nn.BatchNorm2d(channels))


class Halved(nn.Module):
    """Two strided 1x1 convolutions of half the channels each, the second one pixel off."""

    def __init__(self, inputs, channels):
        super().__init__()
        self.even = nn.Conv2d(inputs, channels // 2, 1, stride=2, bias=False)
        self.odd = nn.Conv2d(inputs, channels // 2, 1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return self.norm(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], 1))


def separable(channels, stride, kernel, padding, dilation):
    depthwise = nn.Conv2d(channels, channels, kernel, stride, padding, dilation, groups=channels, bias=False)
    return norm(nn.Sequential(depthwise, nn.Conv2d(channels, channels, 1, bias=False)), channels)


def operation(op, channels, stride):
    if op == 0:
        return nn.MaxPool2d(3, stride, 1)
    if op == 1:
        return nn.AvgPool2d(3, stride, 1, count_include_pad=False)
    if op == 2:
        return nn.Identity() if stride == 1 else Halved(channels, channels)
    first = separable(channels, stride, *SIZES[op])
    return first if op >= 5 else nn.Sequential(first, separable(channels, 1, *SIZES[op]))


class Cell(nn.Module):
    def __init__(self, edges, inputs, channels, reduces, after_reduction):
        super().__init__()
        self.edges = edges
        before, last = inputs
        self.first = (
            Halved(before, channels)
            if after_reduction
            else norm(nn.Conv2d(before, channels, 1, bias=False), channels)
        )
        self.second = norm(nn.Conv2d(last, channels, 1, bias=False), channels)
        strides = [2 if reduces and source < 2 else 1 for source, _ in edges]
        self.ops = nn.ModuleList(
            operation(op, channels, s) for (_, op), s in zip(edges, strides, strict=True)
        )

    def forward(self, before, last):
        states = [self.first(before), self.second(last)]
        for k in range(0, 8, 2):
            done = [self.ops[e](states[self.edges[e][0]]) for e in (k, k + 1)]
            states.append(done[0] + done[1])
        return torch.cat(states[2:], 1)


class Network(nn.Module):
    def __init__(self, normal, reduce, channels, layers):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 3 * channels, 3, padding=1, bias=False), nn.BatchNorm2d(3 * channels)
        )
        inputs, after_reduction, cells = (3 * channels, 3 * channels), False, []
        for index in range(layers):
            reduces = index in (layers // 3, 2 * layers // 3)
            channels *= 2 if reduces else 1
            cells.append(Cell(reduce if reduces else normal, inputs, channels, reduces, after_reduction))
            inputs, after_reduction = (inputs[1], 4 * channels), reduces
        self.cells, self.classify = nn.ModuleList(cells), nn.Linear(4 * channels, 10)

    def forward(self, x):
        before = last = self.stem(x)
        for cell in self.cells:
            before, last = last, cell(before, last)
        return self.classify(last.mean((2, 3)))


def measured(normal, reduce, channels, layers):
    """Millions of parameters and of multiply-adds of one 32x32 image."""
    network = Network(normal, reduce, channels, layers).eval()
    done = []

    def count(module, _, out):
        if isinstance(module, nn.Conv2d):
            done.append(out.numel() * module.weight[0].numel())
        elif isinstance(module, nn.Linear):
            done.append(module.weight.numel())

    for module in network.modules():
        module.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 3, 32, 32))
    return sum(p.numel() for p in network.parameters()) / 1e6, sum(done) / 1e6

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's torch on a work of benchmarks/: the same weights, batches and optimizer. See Contender.java for what it says.

peer.py --check          succeeds where torch and OpenBLAS are installed
peer.py WORK FOLDER THREADS BATCH STRETCH
"""
import os
import sys
import time


def check():
    try:
        import torch  # noqa: F401
    except ImportError:
        sys.exit("python3-torch is not installed")
    # Without it torch computes with the reference BLAS, ten times slower: no peer.
    if "openblas" not in os.path.realpath("/usr/lib/x86_64-linux-gnu/libblas.so.3"):
        sys.exit("libopenblas0 is not installed, or not the libblas.so.3 in use")


if sys.argv[1] == "--check":
    check()
    sys.exit(0)

import numpy
import torch
from torch import nn

work, folder, threads, batch, stretch = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
torch.set_num_threads(threads)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Identity() if inputs == outputs and stride == 1 else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu(self.branch(x) + self.shortcut(x))


def mlp(hidden):
    layers, inputs = [nn.Flatten()], 784
    for units in hidden:
        layers += [nn.Linear(inputs, units), nn.ReLU()]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def resnet():
    layers, inputs = [nn.Conv2d(1, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()], 64
    for stage in range(4):
        for unit in range(2):
            outputs = 64 << stage
            layers.append(Residual(inputs, outputs, 2 if stage > 0 and unit == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


MODELS = {"mlp": lambda: mlp([256, 256]), "deep": lambda: mlp([128] * 30), "lenet": lenet, "resnet": resnet}
model = MODELS[work]()
weights = torch.from_numpy(numpy.fromfile(folder + "/weights.f32", "<f4"))
with torch.no_grad():
    start = 0
    for parameter in model.parameters():
        parameter.copy_(weights[start:start + parameter.numel()].reshape(parameter.shape))
        start += parameter.numel()
assert start == weights.numel(), (start, weights.numel())
size = 32 if work == "resnet" else 28
features = torch.from_numpy(numpy.fromfile(folder + "/features.f32", "<f4")).reshape(-1, 1, size, size)
classes = torch.from_numpy(numpy.fromfile(folder + "/classes.u8", "u1").astype("i8"))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
loss_function = nn.CrossEntropyLoss()


def norm():
    with torch.no_grad():
        return sum(float((p.double() ** 2).sum()) for p in model.parameters()) ** 0.5


print("ready", norm(), flush=True)
at = 0
while sys.stdin.readline().strip() == "turn":
    begin = time.perf_counter()
    for _ in range(stretch):
        x, y = features[at:at + batch], classes[at:at + batch]
        at += batch
        if at + batch > len(classes):
            at = 0
        optimizer.zero_grad(set_to_none=True)
        loss_function(model(x), y).backward()
        optimizer.step()
    print("time", (time.perf_counter() - begin) * 1e3 / stretch, flush=True)
print("norm", norm(), flush=True)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""torch on a work of benchmarks/: the same weights, batches and optimizer. See Contender.java for what it says.

peer.py --check          succeeds where torch and OpenBLAS are installed
peer.py WORK FOLDER THREADS BATCH [DEVICE MODE PRECISION]

DEVICE is cpu or cuda:N; MODE is eager, compile, or graph (forward, backward and step as one CUDA graph); PRECISION is
fp32, bf16 or fp16 (autocast).
"""
import ctypes
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


def know_the_processor():
    """Debian's OpenBLAS of 2022 takes processors that came after it for the oldest: a third of the speed. Where it does
    so it starts again with the newest kernels that it has for them."""
    library = ctypes.CDLL("libopenblas.so.0")
    library.openblas_get_corename.restype = ctypes.c_char_p
    with open("/proc/cpuinfo") as file:
        flags = next((line.split() for line in file if line.startswith("flags")), [])
    kernels = "SkylakeX" if "avx512vl" in flags else "Haswell" if "avx2" in flags else None
    if library.openblas_get_corename() == b"Prescott" and kernels and "OPENBLAS_CORETYPE" not in os.environ:
        os.environ["OPENBLAS_CORETYPE"] = kernels
        os.execv(sys.executable, [sys.executable] + sys.argv)


if sys.argv[1] == "--check":
    check()
    sys.exit(0)
# With a device it may be a torch that brings its own BLAS.
if len(sys.argv) <= 5:
    know_the_processor()

import numpy
import torch
from torch import nn

work, folder, threads, batch = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
device, mode, precision = sys.argv[5:8] if len(sys.argv) > 5 else ("cpu", "eager", "fp32")
torch.set_num_threads(threads)
# As Hookline does: on some processors one such number makes an operation many times slower.
torch.set_flush_denormal(True)


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


class Lstm(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 32)
        self.lstm = nn.LSTM(32, 128, batch_first=True)
        self.output = nn.Linear(128, vocabulary)

    def forward(self, x):
        return self.output(self.lstm(self.embedding(x.long()))[0][:, -1])


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.key, self.query, self.value, self.result = (nn.Linear(width, width) for _ in range(4))

    def split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x):
        key, query, value = self.split(self.key(x)), self.split(self.query(x)), self.split(self.value(x))
        scores = query @ key.transpose(-2, -1) * key.shape[-1] ** -0.5
        return self.result((scores.softmax(-1) @ value).transpose(1, 2).flatten(2))


class Encoder(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(width), Attention(width, heads))
        self.feedforward = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x):
        x = x + self.attention(x)
        return x + self.feedforward(x)


class Transformer(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.characters = nn.Embedding(vocabulary, 128)
        self.positions = nn.Embedding(64, 128)
        self.encoder = nn.Sequential(*(Encoder(128, 4, 512) for _ in range(2)), nn.LayerNorm(128))
        self.output = nn.Linear(128, vocabulary)

    def forward(self, x):
        x = self.characters(x.long()) + self.positions(torch.arange(x.shape[1], device=x.device))
        return self.output(self.encoder(x)[:, -1])


def of_text(model):
    """With the vocabulary that the number of weights tells: it goes up by the same for each character."""
    one, two = (sum(p.numel() for p in model(n).parameters()) for n in (1, 2))
    return model(1 + (weights.numel() - one) // (two - one))


MODELS = {"mlp": lambda: mlp([256, 256]), "deep": lambda: mlp([128] * 30), "lenet": lenet, "resnet": resnet,
          "lstm": lambda: of_text(Lstm), "transformer": lambda: of_text(Transformer)}
weights = torch.from_numpy(numpy.fromfile(folder + "/weights.f32", "<f4"))
model = MODELS[work]()
with torch.no_grad():
    start = 0
    for parameter in model.parameters():
        parameter.copy_(weights[start:start + parameter.numel()].reshape(parameter.shape))
        start += parameter.numel()
assert start == weights.numel(), (start, weights.numel())
model.to(device)
shape = {"resnet": (-1, 1, 32, 32), "lstm": (-1, 64), "transformer": (-1, 64)}.get(work, (-1, 1, 28, 28))
features = torch.from_numpy(numpy.fromfile(folder + "/features.f32", "<f4")).reshape(shape)
classes = torch.from_numpy(numpy.fromfile(folder + "/classes.u8", "u1").astype("i8"))
options = {}
if device != "cpu":
    # From page-locked memory the GPU copies by itself; one kernel for all parameters.
    features, classes = features.pin_memory(), classes.pin_memory()
    options = {"fused": True, "capturable": mode == "graph"}
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, **options)
loss_function = nn.CrossEntropyLoss()
half = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)
compute = torch.compile(model) if mode == "compile" else model


def norm():
    with torch.no_grad():
        return sum(float((p.double() ** 2).sum()) for p in model.parameters()) ** 0.5


def forward_and_backward(x, y):
    with torch.autocast(device.split(":")[0], dtype=half or torch.bfloat16, enabled=half is not None):
        loss = loss_function(compute(x), y)
    loss.backward()


def eager(x, y):
    optimizer.zero_grad(set_to_none=True)
    forward_and_backward(x.to(device, non_blocking=True), y.to(device, non_blocking=True))
    optimizer.step()


def graph():
    """The whole step in one graph, as PyTorch's documentation has it; the weights are then those of the start again."""
    before = [t.clone() for t in model.state_dict().values()]
    x, y = features[:batch].to(device), classes[:batch].to(device)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            optimizer.zero_grad(set_to_none=True)
            forward_and_backward(x, y)
            optimizer.step()
    torch.cuda.current_stream().wait_stream(side)
    captured = torch.cuda.CUDAGraph()
    optimizer.zero_grad(set_to_none=True)
    with torch.cuda.graph(captured):
        forward_and_backward(x, y)
        optimizer.step()
    with torch.no_grad():
        for tensor, value in zip(model.state_dict().values(), before):
            tensor.copy_(value)
        for state in optimizer.state.values():
            for tensor in state.values():
                tensor.zero_()

    def replay(new_x, new_y):
        x.copy_(new_x, non_blocking=True)
        y.copy_(new_y, non_blocking=True)
        captured.replay()

    return replay


step = graph() if mode == "graph" else eager
print("ready", norm(), flush=True)
at = 0
while (words := sys.stdin.readline().split()) and words[0] != "end":
    if words[0] == "norm":
        print("norm", norm(), flush=True)
        continue
    iterations = int(words[1])
    begin = time.perf_counter()
    for _ in range(iterations):
        step(features[at:at + batch], classes[at:at + batch])
        at += batch
        if at + batch > len(classes):
            at = 0
    if device != "cpu":
        torch.cuda.synchronize()
    print("time", (time.perf_counter() - begin) * 1e3 / iterations, flush=True)

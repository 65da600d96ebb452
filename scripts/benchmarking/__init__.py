"""How fast the service is, beside what its models cost and beside its peers, on this machine and in one run.

`documents` says on what, `rounds` measures in turns, `figures` makes medians and ratios of it, `fields` says how much
of what was read is right. Contenders are in `inside` (the models, PaddleOCR, our pipeline), `services` (ours over HTTP,
by engine, speed and revision) and `peers` (other engines, each in an environment of its own). `targets` holds the
promises, `report` writes tables, `plots` pictures. `memory` says what processes cost; `sizing` plays API pods and GPUs
on paper.
"""

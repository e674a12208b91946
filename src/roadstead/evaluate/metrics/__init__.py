"""The figures of every task: one module a task, each with its type of prediction, `score` and `judge`.

`score` takes plain truths and predictions; `judge` takes samples with their targets, and adds figures by slice and the worst
samples by name. Both give a Report. Nothing here needs a training framework.
"""

"""The mean of weights over steps, and of the statistics that belong to them."""

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
averages = pytest.importorskip("roadstead.train.averages")


def test_statistics_of_norms_are_averaged_as_the_weights_are() -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4))
    module[0].bias.requires_grad_(False)
    ema = averages.Ema(module, 0.5)
    kept = ("0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var")
    mean = {name: module.state_dict()[name].clone() for name in kept}
    for step in range(1, 6):
        module(torch.randn(8, 4))
        with torch.no_grad():
            module[0].weight += 0.1 * step
        ema.update()
        decay = min(0.5, (1 + step) / (10 + step))
        mean = {name: decay * value + (1 - decay) * module.state_dict()[name] for name, value in mean.items()}
    assert set(ema.mean) == set(kept)
    last = {name: value.clone() for name, value in module.state_dict().items()}
    with ema.applied():
        for name, value in mean.items():
            torch.testing.assert_close(module.state_dict()[name], value)
        assert torch.equal(module.state_dict()["0.bias"], last["0.bias"])
    assert all(torch.equal(value, last[name]) for name, value in module.state_dict().items())

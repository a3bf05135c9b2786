"""What the strongest directions of a matrix hold."""

import pytest
import torch

from chapter9_lib.studies import spectrum


def test_of_known_singular_values():
    random = torch.Generator().manual_seed(0)
    left, right = (torch.linalg.qr(torch.randn(5, 5, generator=random, dtype=torch.float64))[0] for _ in range(2))
    matrix = left @ torch.diag(torch.tensor([3.0, 2, 1, 1, 1]).double()) @ right
    assert spectrum(matrix) == pytest.approx([56.25, 81.25, 87.5, 93.75, 100])


def test_a_product_of_two_thin_ones_is_held_by_as_many_directions_as_they_are_wide():
    thin = torch.nn.Parameter(torch.randn(12, 3)) @ torch.randn(3, 8)
    held = spectrum(thin)
    assert len(held) == 8 and held[1] < 100 and held[2:] == pytest.approx([100] * 6)


def test_a_convolution_counts_as_a_row_for_each_output():
    kernel = torch.randn(4, 2, 3, 3)
    assert spectrum(kernel) == pytest.approx(spectrum(kernel.reshape(4, 18)))


@pytest.mark.parametrize(("wrong", "said"), [(torch.ones(3), "shape .3,."), (torch.zeros(3, 3), "nothing .* zeros")])
def test_what_has_no_direction_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        spectrum(wrong)

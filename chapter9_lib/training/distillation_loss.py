"""What a student is asked for: the right answer, and the teacher's doubts."""

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["distillation_loss"]


def distillation_loss(
    student: Tensor, teacher: Tensor, labels: Tensor | None = None, *, temperature: float = 4.0,
    soft_weight: float = 0.7,
) -> Tensor:  # fmt: skip
    """Hinton's loss (Hinton et al. 2015, arXiv 1503.02531, section 2).

    `(1 - soft_weight) * cross_entropy(student, labels) + soft_weight * T**2 * KL(teacher / T || student / T)`: the
    divergence of the student's softened distribution from the teacher's, a mean over photos (not over classes). T²
    undoes what dividing the scores by T does to the gradient, which would otherwise shrink with 1 / T².

    Args:
        student: scores [N, C] before any softmax; gradients flow into these.
        teacher: scores [N, C] of the same photos; taken as they are, without gradient.
        labels: int64 [N], -1 for photos that nobody has labelled, which count in the soft part alone; may be None
            where soft_weight is 1.
        temperature: T; higher shows more of what the teacher holds for nearly possible.
        soft_weight: 0 is plain cross-entropy, 1 the teacher alone. (Some libraries weigh the other part.)

    Raises:
        ValueError: when shapes differ, T is not positive, the weight is outside 0 to 1, or labels are wanted.
    """
    if student.shape != teacher.shape or student.ndim != 2:
        raise ValueError(f"Scores [N, C] of both are wanted, not {list(student.shape)} and {list(teacher.shape)}")
    if temperature <= 0 or not 0 <= soft_weight <= 1:
        raise ValueError(f"temperature={temperature}, soft_weight={soft_weight}: above 0, and from 0 to 1, are wanted")
    if labels is None and soft_weight < 1:
        raise ValueError(f"soft_weight={soft_weight} asks for labels too; without any, soft_weight=1")
    labelled = soft_weight < 1 and bool((labels >= 0).any())
    hard = F.cross_entropy(student, labels, ignore_index=-1) if labelled else student.sum() * 0
    if soft_weight == 0:
        return hard
    wanted = torch.log_softmax(teacher.detach() / temperature, 1)
    given = torch.log_softmax(student / temperature, 1)
    soft = F.kl_div(given, wanted, reduction="batchmean", log_target=True) * temperature**2
    return (1 - soft_weight) * hard + soft_weight * soft

"""A network that puts photos and sentences into one space, so that what belongs together lies close."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chapter9_lib.models.architectures import near_names
from chapter9_lib.models.lab import lab_resnet

__all__ = ["ImageText", "TextTower", "image_text", "words_in"]

LONGEST = 48
"""Words of a sentence that are read."""


class TextTower(nn.Module):
    """From words to a vector: a transformer of two layers (Vaswani et al. 2017, arXiv 1706.03762), its mean over words.

    Args:
        vocabulary: the words it knows.
        width: of the vector.
        inner: of the transformer.
    """

    def __init__(self, vocabulary: Sequence[str], width: int, inner: int = 128) -> None:
        super().__init__()
        self.numbers = {word: number for number, word in enumerate(vocabulary, start=1)}
        self.words = nn.Embedding(len(self.numbers) + 1, inner, padding_idx=0)
        self.places = nn.Parameter(0.02 * torch.randn(LONGEST, inner))
        layer = nn.TransformerEncoderLayer(inner, 4, 2 * inner, 0.0, "gelu", batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(inner)
        self.project = nn.Linear(inner, width)

    def numbered(self, texts: Sequence[str]) -> Tensor:
        """The words of each text by number, int64 [N, words], 0 where a text has ended.

        Raises:
            ValueError: for an empty text, or a word that it has never read; offers the nearest.
        """
        rows = [[self.number(word) for word in words_in(text)][:LONGEST] for text in texts]
        if empty := [text for text, row in zip(texts, rows, strict=True) if not row]:
            raise ValueError(f"{empty[0]!r} has no words in it")
        longest = max(map(len, rows), default=0)
        return torch.tensor([row + [0] * (longest - len(row)) for row in rows], device=self.places.device)

    def number(self, word: str) -> int:
        """The number of one word.

        Raises:
            ValueError: when it is unknown; offers the nearest.
        """
        if word not in self.numbers:
            near = ", ".join(near_names(word, self.numbers)) or f"any of {len(self.numbers)}: model.text.numbers"
            raise ValueError(f"This model has never read the word {word!r}. Words that it knows: {near}.")
        return self.numbers[word]

    def forward(self, numbers: Tensor) -> Tensor:
        """Vectors [N, width] of texts by number [N, words]."""
        ended = numbers == 0
        said = self.layers(self.words(numbers) + self.places[: numbers.shape[1]], src_key_padding_mask=ended)
        said = self.norm(said).masked_fill(ended[..., None], 0)
        return self.project(said.sum(1) / (~ended).sum(1, keepdim=True))


class ImageText(nn.Module):
    """Two towers with one space at their tops (Radford et al. 2021, arXiv 2103.00020).

    Args:
        width: of that space.
        vocabulary: the words that the text tower knows.

    Attributes:
        image: the tower for photos; its head is the projection.
        text: the tower for sentences.
        log_scale: the logarithm of what cosines are multiplied by (the inverse of the temperature).
    """

    def __init__(self, width: int, vocabulary: Sequence[str]) -> None:
        super().__init__()
        self.image, self.text = lab_resnet(width), TextTower(vocabulary, width)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.preprocessing = self.image.preprocessing

    def encode_images(self, images: Tensor) -> Tensor:
        """Unit vectors [N, width] of photos [N, 3, 72, 96], prepared as `preprocessing` says."""
        return F.normalize(self.image(images), dim=1)

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors [N, width] of sentences.

        Raises:
            ValueError: for a text without words, or a word that it has never read; offers the nearest.
            TypeError: for a single text.
        """
        if isinstance(texts, str):
            raise TypeError(f"A list of texts is wanted: [{texts!r}]")
        return F.normalize(self.text(self.text.numbered(texts)), dim=1)

    def forward(self, images: Tensor, texts: Sequence[str]) -> Tensor:
        """How well each photo and each text go together: scaled cosines [photos, texts]."""
        return self.log_scale.exp() * self.encode_images(images) @ self.encode_texts(texts).T


def image_text(num_classes: int, vocabulary: Sequence[str]) -> ImageText:
    """An `ImageText` with random weights, and the card that `save_model` stores.

    Args:
        num_classes: width of the common space.
        vocabulary: the words that the text tower knows.
    """
    model = ImageText(num_classes, vocabulary)
    model.card = {
        "source": "chapter9", "architecture": "image_text", "num_classes": num_classes,
        "create_kwargs": {"vocabulary": list(vocabulary)},
    }  # fmt: skip
    return model


def words_in(text: str) -> list[str]:
    """The words of a text, in lower case, without punctuation."""
    return "".join(letter if letter.isalpha() else " " for letter in text.lower()).split()

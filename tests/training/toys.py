"""Photos for tests, made in no time."""

import numpy as np
from PIL import Image


class ToyPhotos:
    """Noisy tinted pictures with the attributes of the real `Photos`; each class has its own tint."""

    def __init__(self, count=30, classes=3, size=(40, 32), seed=0, folder=None):
        random = np.random.default_rng(seed)
        self.classes = [f"kind {number}" for number in range(classes)]
        self.labels = np.arange(count, dtype=np.int64) % classes
        self.groups = np.array([f"burst {number // 4}" for number in range(count)])
        tints = np.random.default_rng(99).integers(60, 200, (classes, 3))
        noise = random.normal(0, 40, (count, size[1], size[0], 3))
        pixels = (tints[self.labels][:, None, None] + noise).clip(0, 255).astype(np.uint8)
        self.images = [Image.fromarray(picture) for picture in pixels]
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self.paths = [folder / f"{number}.png" for number in range(count)]
            for path, image in zip(self.paths, self.images, strict=True):
                image.save(path)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = Image.open(self.paths[index]) if hasattr(self, "paths") else self.images[index]
        return image, int(self.labels[index])

"""The five target species in words, as somebody would describe them who knows animals and no network."""

__all__ = ["IN_WORDS", "TEMPLATES"]

IN_WORDS: dict[str, tuple[str, ...]] = {
    "red fox": (
        "a slender rusty animal with pointed ears and a long bushy tail",
        "a reddish animal with a white belly and a bushy tail with a tip of another colour",
        "a low slim rust creature with a long snout and a long bushy tail",
        "an animal with rust fur, a cream underside, sharp ears and a bushy tail",
        "a red animal with a plain coat, a white belly and a long bushy tail",
    ),
    "roe deer": (
        "a tall slender brown animal with long legs and a pale rump",
        "a slim reddish animal with long legs and a pale patch on its rump",
        "a tall brown animal with antlers on its head and a short tail",
        "a brown animal with long legs, a plain coat and a pale rump",
        "a tall lean tan creature with long legs, pointed ears and a white rump",
    ),
    "wild boar": (
        "a stocky dark animal with a long snout",
        "a heavy black beast with short legs and a plain coat",
        "a thickset brown animal with a long nose and a thin tail",
        "a heavy creature with dark fur, pointed ears and a long snout",
        "a stocky animal with black fur, a long muzzle and a short thin tail",
    ),
    "European badger": (
        "a low stocky grey animal with a striped face",
        "a grey animal with short legs and stripes on its face",
        "a low heavy creature with grey fur, a black belly and a striped face",
        "a thickset gray animal with a black underside and a short tail",
        "a low animal with a stripe on its face, short legs and small round ears",
    ),
    "Eurasian lynx": (
        "a tall animal with tufted ears, a spotted coat and a short tail",
        "a tan animal with spots on its coat and tufted ears",
        "a yellowish creature with long legs, a spotted coat and a short tail",
        "a sandy animal with spots, a short snout and tufted ears",
        "a lean tan animal with long legs, a short tail and spots on its coat",
    ),
}
"""{species: five descriptions}, written before any was tried, in words that `lab-clip` has read."""

TEMPLATES: tuple[str, ...] = ("{}", "a photo of {}", "a trail camera photo of {}", "there is {}", "we see {}")
"""What a description may be put into."""

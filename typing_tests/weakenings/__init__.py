"""Honest mistakes in the signatures: what -> replacements in the source (file, old text, new text).

Each leaves a package that imports and runs as before; only its users' checkers know less, or complain. Where the old
text is empty, the file goes.
"""

from weakenings import blocks, budget, errors, instrumentation, package, policies, switches, transient

Edit = tuple[str, str, str]

WEAKENINGS: dict[str, list[Edit]] = {
    **policies.WEAKENINGS,
    **blocks.WEAKENINGS,
    **errors.WEAKENINGS,
    **budget.WEAKENINGS,
    **switches.WEAKENINGS,
    **instrumentation.WEAKENINGS,
    **transient.WEAKENINGS,
    **package.WEAKENINGS,
}

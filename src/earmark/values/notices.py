"""Kinds of warnings, so that code can silence or refuse one kind."""

from __future__ import annotations

import warnings


class PreviewWarning(Warning):
    """Something is used that may change or go at any time."""


class BetaWarning(Warning):
    """Something is used that may still change between minor versions."""


class SupersessionWarning(FutureWarning):
    """Something is used that stays, while something better is there."""


class ConfigArgumentWarning(SyntaxWarning):
    """An argument looks like configuration, and is not read as such."""


def deprecation_warning(
    subject: str, breaking_version: str, additional_warn_text: str | None = None, stacklevel: int = 3
) -> None:
    """Warn that something will go.

    Args:
        subject: What will go.
        breaking_version: The version in which it will be gone.
        additional_warn_text: What to do instead.
        stacklevel: Whose line the warning names: 1 is the caller of this function's own, and so on outwards.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as told:
        ...     warnings.simplefilter("always")
        ...     deprecation_warning("spam()", "2.0", "Use eggs().")
        >>> str(told[0].message)
        'spam() is deprecated and will be removed in 2.0. Use eggs().'
    """
    more = f" {additional_warn_text}" if additional_warn_text else ""
    text = f"{subject} is deprecated and will be removed in {breaking_version}.{more}"
    warnings.warn(text, DeprecationWarning, stacklevel=stacklevel)

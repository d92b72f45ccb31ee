"""The ports over SQL that both databases understand. Statements take ``?`` for their parameters."""

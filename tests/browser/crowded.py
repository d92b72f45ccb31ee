"""Ten thousand assets and two hundred jobs: the largest instance that the pages are tried on."""

from benchmarks.crowd import definitions

defs = definitions()

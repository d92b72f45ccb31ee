"""``python -m earmark.guest ORDER``: started by the host, never by hand."""

import sys

from earmark.system.heap import look_rarely

USUAL = look_rarely()

from earmark.guest.process import main  # noqa: E402  # what it imports is most of what there is to look at

sys.exit(main(sys.argv[1], USUAL))

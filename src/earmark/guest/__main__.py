"""``python -m earmark.guest ORDER``: started by the host, never by hand."""

import sys

from earmark.guest.process import main

sys.exit(main(sys.argv[1]))

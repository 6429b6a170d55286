"""What an id of a bank, item, stimulus, scheme or template looks like."""

from __future__ import annotations

import re

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

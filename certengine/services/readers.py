"""Who reads what: the roles that are asked for before something is told that is not for everybody.

Reading changes nothing, but tells of people, or of questions before they were asked (ISO/IEC 17024, 7.3 and 7.4). What is
public anyhow, or holds neither - counts, digests, whether records are sound - is asked no role for.
"""

from __future__ import annotations

#: Results, appeals and drawn papers of a sitting: whoever runs it, decides on it, approves it or inspects it.
RESULT_READERS = ("administrator", "decider", "approver", "auditor")
#: Certificates with names and remarks: the same, and whoever signs them. Strangers verify one by its code and see less.
REGISTER_READERS = ("administrator", "decider", "approver", "keyholder", "auditor")
#: Questions and their keys: whoever writes, reviews, publishes or inspects them.
BANK_READERS = ("author", "reviewer", "administrator", "auditor")
#: The trail and openings of the log, which name candidates and what was done with them.
LOG_READERS = ("administrator", "keyholder", "auditor")

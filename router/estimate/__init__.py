"""How long the wait will be: a range with a measured hit rate, not a mean of the past (DESIGN §5.8).

`follow` every event of a router, ask `waits`. Begin reading in `estimator`.
"""

from router.estimate.estimator import Estimator
from router.estimate.learned import Learned
from router.estimate.wait import Wait, retold

__all__ = ["Estimator", "Learned", "Wait", "retold"]

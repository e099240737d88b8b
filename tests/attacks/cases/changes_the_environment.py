"""Changes global settings that make honest code after it fail: in this process only."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import gc, locale, os, random, sys, warnings
warnings.simplefilter("error")
np.seterr(all="raise")
np.set_printoptions(threshold=1)
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.set_num_threads(64)
torch.manual_seed(0)
os.environ.clear()
sys.path.clear()
sys.setrecursionlimit(80)
gc.disable()
sys.meta_path.clear()

def what_is_left(factor, layers):
    return factor**layers
""",
    points=FULL[PRODUCT],
)

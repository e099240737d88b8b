"""From a drawn canvas to PNG bytes."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image


def png(canvas: FigureCanvasAgg, *, small: bool) -> bytes:
    """What is drawn on `canvas` as a PNG.

    Args:
        small: True takes time for a file a third as large, with at most 256 colours, which
            look the same; False encodes in a few milliseconds.
    """
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    buffer = io.BytesIO()
    if small:
        image.quantize(256, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
    else:
        image.save(buffer, "png", compress_level=1)
    return buffer.getvalue()

"""A page's image -> a content part of a chat message.

In: a document, or pixels in the house's order. Out: the images that go along; an `image_url` part with a JPEG. Pure.
"""

import base64
import io
import math
from typing import Any

from PIL import Image

from lib.document import OcrDocument, PageImage

MOST_PIXELS = 1_500_000
"""Of one image: an A4 page at 768 pixels' width has 0.8 million; models of this kind scale larger ones down anyway."""
QUALITY = 85
"""Of the JPEG, 0..100: letters stay sharp."""


def image_part(image: PageImage) -> dict[str, Any]:
    """The page in its proportions, with MOST_PIXELS at most."""
    return {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64," + _encoded(image)}}


def images_of(document: OcrDocument, most: int) -> list[PageImage]:
    """The images of the pages that have any: of too many the first and the last ones, as they say most."""
    images = [page.image for page in document.pages if page.image is not None]
    if len(images) <= most:
        return images
    first = (most + 1) // 2
    return images[:first] + images[len(images) - (most - first) :]


def _encoded(image: PageImage) -> str:
    picture = Image.fromarray(image[:, :, ::-1])
    shrink = math.sqrt(MOST_PIXELS / (picture.width * picture.height))
    if shrink < 1:
        size = (max(1, int(picture.width * shrink)), max(1, int(picture.height * shrink)))
        picture = picture.resize(size, Image.Resampling.BOX)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return base64.b64encode(file.getvalue()).decode("ascii")

"""The pages of an upload as pictures, and a PDF as the scan of itself.

In: the bytes of an upload. Out: `PageView`s to draw on; a PDF of images. Renders through the pipeline's pages stage.
"""

import io

from lib.document import OcrDocument, PageImage
from lib.evaluation.pictures import PageView, picture_of
from lib.pipelines.images.orientation import turned
from lib.pipelines.pages import open_upload
from lib.settings import UploadSettings

SCAN_DPI = 200
SCAN_QUALITY = 85
"""Of the JPEG in a scan: what office scanners make."""


async def page_views(
    content: bytes, *, settings: UploadSettings, document: OcrDocument | None = None
) -> tuple[PageView, ...]:
    """Every page of an upload, as the pipeline sees it.

    Args:
        content: The upload.
        settings: What may be read.
        document: What the pipeline read of it: pages that OCR turned are turned likewise.

    Raises:
        UploadError: It cannot be read.
    """
    rotations = {page.page_index: page.rotation for page in document.pages} if document else {}
    async with open_upload(content, settings=settings) as opened:
        return tuple(
            [
                _view(page.page_index, turned(await opened.image(page), rotations.get(page.page_index, 0)))
                for page in opened.pages
            ]
        )


def _view(page_index: int, image: PageImage) -> PageView:
    height, width = image.shape[:2]
    return PageView(page_index, picture_of(image), width, height)


async def as_scan(content: bytes, *, settings: UploadSettings) -> bytes:
    """A PDF with the same pages as images, so that neither a text layer nor an embedded invoice can help.

    Raises:
        UploadError: The PDF cannot be read.
    """
    at_scan_dpi = settings.model_copy(update={"render_dpi": SCAN_DPI})
    first, *others = [view.image for view in await page_views(content, settings=at_scan_dpi)]
    out = io.BytesIO()
    first.save(out, "PDF", save_all=True, append_images=others, resolution=SCAN_DPI, quality=SCAN_QUALITY)
    return out.getvalue()

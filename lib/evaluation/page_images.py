"""The pages of an upload as pictures, and a PDF as the scan of itself.

In: the bytes of an upload. Out: `PageView`s to draw on; a PDF of images. Renders through the pipeline's pages stage.
"""

import io

from lib.evaluation.pictures import PageView, picture_of
from lib.pipelines.pages import open_upload
from lib.settings import UploadSettings

SCAN_DPI = 200
SCAN_QUALITY = 85
"""Of the JPEG in a scan: what office scanners make."""


async def page_views(content: bytes, *, settings: UploadSettings) -> tuple[PageView, ...]:
    """Every page of an upload, as the pipeline sees it.

    Raises:
        UploadError: It cannot be read.
    """
    async with open_upload(content, settings=settings) as opened:
        return tuple(
            [
                PageView(page.page_index, picture_of(await opened.image(page)), page.width, page.height)
                for page in opened.pages
            ]
        )


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

"""The page at /docs: Swagger UI, from the package that carries it, so that a browser needs no other server than ours.

In: nothing. Out: two routes. The addresses in the page are relative, for a proxy that puts the service below a path.
"""

from importlib import resources

from fastapi import APIRouter, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

router = APIRouter(include_in_schema=False)

MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
ASSETS = "docs/assets"


@router.get("/docs")
async def docs_page() -> HTMLResponse:
    """The page."""
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title="OCRlty",
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon-32x32.png",
    )


@router.get("/docs/assets/{name}")
def docs_asset(name: str) -> Response:
    """One of the page's files."""
    if name not in MEDIA_TYPES:
        raise HTTPException(404, "There is no such file; /docs lists the endpoints.")
    content = resources.files("fastapi_swagger").joinpath("resources", name).read_bytes()
    return Response(content, media_type=MEDIA_TYPES[name], headers={"Cache-Control": "max-age=86400"})

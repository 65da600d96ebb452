"""TiltModelRunner as the fork has it: it stacks the images of a whole step, and cannot end one without tokens."""

from collections.abc import Sequence

from ..model_executor.layers.sampler import SamplerOutput
from ..tilt.scheduler import FILLER, Chunk, Request

PADDED_TO = 64
RESERVED_IMAGES = 16
"""For so many images of full height memory is reserved at the start."""


class TiltModelRunner:
    """Encodes the chunks of a step and decodes one token of each sequence that has been read.

    Attributes:
        most_images: Images that were stacked in one step, at most.
        most_rows: Rows of pixels that they had together, padding included.
    """

    def __init__(self, max_image_height: int) -> None:
        self.most_images = 0
        self.most_rows = 0
        self._rows = RESERVED_IMAGES * max_image_height

    def execute_model(self, chunks: Sequence[Chunk], decoded: Sequence[Request]) -> SamplerOutput:
        """One step.

        Raises:
            RuntimeError: There is no memory for the images.
            TypeError: No sequence is decoded: the fault that the server has to mend.
        """
        self._batch_images(chunks)
        if not decoded:
            return SamplerOutput()  # type: ignore[call-arg]
        return SamplerOutput(outputs=[FILLER + request.done for request in decoded])

    def _batch_images(self, chunks: Sequence[Chunk]) -> None:
        """Each chunk brings the images of its pages, shared with no other chunk; the tallest sets the size of all."""
        heights = [rows for chunk in chunks for rows in chunk.images]
        tallest = -(-max(heights, default=0) // PADDED_TO) * PADDED_TO
        self.most_images = max(self.most_images, len(heights))
        self.most_rows = max(self.most_rows, len(heights) * tallest)
        if len(heights) * tallest > self._rows:
            raise RuntimeError("CUDA out of memory. Tried to allocate more than there is.")

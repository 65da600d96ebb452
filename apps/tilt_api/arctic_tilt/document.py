"""One document on its way through the encoder, prepared once for all its questions.

In: scanned pages and questions. Out: hidden states of each question, in small steps between which the caller may do
something else, or stop.
"""

from collections.abc import Iterator, Sequence

import torch
from PIL import Image
from torch import Tensor

from apps.tilt_api.arctic_tilt.encoder import Chunk
from apps.tilt_api.arctic_tilt.images import image_tensor, padded, scaled_height
from apps.tilt_api.arctic_tilt.model import TiltModel
from apps.tilt_api.arctic_tilt.tokens_and_boxes import DocumentTokens, Prefix


class PreparedDocument:
    """Tokens and images of a document; once its pages have been looked at, what they show at each token.

    Attributes:
        image_rows: Rows of the tallest page that is looked at, scaled.
    """

    def __init__(self, tokens: DocumentTokens, images: Sequence[Image.Image], model: TiltModel) -> None:
        """Keep what is needed of a document; pages without a word are not looked at."""
        self._tokens = tokens
        self._model = model
        self._images: dict[int, Image.Image] = {page: images[page] for page in sorted(set(tokens.pages.tolist()))}
        self.image_rows = max((scaled_height(image, model.config) for image in self._images.values()), default=0)
        self._shown: Tensor | None = None

    def __len__(self) -> int:
        """Tokens."""
        return len(self._tokens)

    def look_at_pages(self) -> Iterator[None]:
        """Run the U-Net over the pages, one for each step; nothing where that has been done."""
        if self._shown is not None:
            return
        shown = torch.zeros(len(self), self._model.config.unet_out_features, device=self._model.device)
        pages = torch.from_numpy(self._tokens.pages)
        rois = torch.from_numpy(self._tokens.rois)
        for page, image in self._images.items():
            # As in one batch: all pages are padded to the height of the tallest.
            scaled = padded(image_tensor(image, self._model.config), height=self.image_rows)
            here = pages == page
            shown[here.to(shown.device)] = self._model.look(scaled, rois[here])
            yield
        self._shown = shown
        self._images.clear()

    def encode(self, prefixes: Sequence[Prefix], *, chunks_at_once: int) -> Iterator[list[Tensor]]:
        """Encode the document behind each question; pages must have been looked at.

        Yields:
            After each step the hidden states that each question has so far, (S, D) in pieces; whole after the last.
        """
        found: list[list[Tensor]] = [[] for _ in prefixes]
        places = [
            (question, first)
            for question, prefix in enumerate(prefixes)
            for first in range(0, len(self), self._model.config.chunk_length - len(prefix))
        ]
        for begin in range(0, len(places), chunks_at_once):
            batch = places[begin : begin + chunks_at_once]
            hidden = self._model.encode([self._chunk(prefixes[question], first) for question, first in batch])
            for (question, first), states in zip(batch, hidden, strict=True):
                # The decoder sees the question once.
                found[question].append(states if first == 0 else states[len(prefixes[question]) :])
            if begin + chunks_at_once < len(places):
                yield []
        yield [torch.cat(pieces) for pieces in found]

    def _chunk(self, prefix: Prefix, first: int) -> Chunk:
        assert self._shown is not None  # noqa: S101 - the caller has had the pages looked at
        here = slice(first, first + self._model.config.chunk_length - len(prefix))
        device = self._model.device
        shown = self._model.embed_images(self._shown[here])
        return Chunk(
            ids=torch.cat((torch.from_numpy(prefix.ids), torch.from_numpy(self._tokens.ids[here]))).to(device),
            boxes=torch.cat((torch.from_numpy(prefix.boxes), torch.from_numpy(self._tokens.boxes[here]))).to(device),
            images=torch.cat((shown.new_zeros(len(prefix), shown.shape[1]), shown)),
        )

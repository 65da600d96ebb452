"""The whole model: embedding, U-Net, encoder and decoder.

In: tokens and images. Out: image embeddings, hidden states, logits. Names of submodules are those of the checkpoint.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from apps.tilt_api.arctic_tilt.configuration import TiltConfig
from apps.tilt_api.arctic_tilt.decoder import Batch, Decoder
from apps.tilt_api.arctic_tilt.encoder import ALIGNMENT, Chunk, Encoder
from apps.tilt_api.arctic_tilt.roi_pooling import roi_max_pool
from apps.tilt_api.arctic_tilt.unet import STRIDE, UNet


class TiltModel(nn.Module):
    """Arctic-TILT with the published tensor names."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.proxy_layer = nn.Linear(config.unet_out_features, config.d_model)
        self.unet = UNet(config)
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    @property
    def dtype(self) -> torch.dtype:
        """The weights' type."""
        return self.embedding.weight.dtype

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.embedding.weight.device

    def arrange(self) -> None:
        """Lay the U-Net's weights out as convolutions are fastest with; call it when they are loaded."""
        self.unet.to(memory_format=torch.channels_last)

    def look(self, image: Tensor, rois: Tensor) -> Tensor:
        """What one page's image shows within its tokens' boxes.

        Args:
            image: (1, height, width), both divisible by 64.
            rois: (N, 4) in pixels of the image.

        Returns:
            (N, unet_out_features), float32.
        """
        features = self.unet(image.to(self.device, self.dtype).unsqueeze(0))[0].float()
        x0, y0, x1, y1 = rois.to(self.device).unbind(1)
        wider, most = self.config.roi_expansion_width, image.shape[2] - 1
        boxes = torch.stack(((x0 - wider).clamp(0, most), y0, (x1 + wider).clamp(0, most), y1), dim=1)
        return roi_max_pool(features, boxes, stride=STRIDE)

    def embed_images(self, pooled: Tensor) -> Tensor:
        """(N, unet_out_features) -> (N, D) in the weights' type."""
        embedded: Tensor = self.proxy_layer(pooled.to(self.device, self.dtype))
        return embedded

    def encode(self, chunks: Sequence[Chunk]) -> list[Tensor]:
        """Encode some chunks at once: the hidden states (T, D) of each."""
        lengths = [len(chunk.ids) for chunk in chunks]
        length = -(-max(lengths) // ALIGNMENT) * ALIGNMENT
        ids = torch.full((len(chunks), length), self.config.pad_token_id, device=self.device)
        images = torch.zeros(len(chunks), length, self.config.d_model, dtype=self.dtype, device=self.device)
        for row, chunk in enumerate(chunks):
            ids[row, : lengths[row]] = chunk.ids
            images[row, : lengths[row]] = chunk.images
        bias = self.encoder.bias([chunk.boxes for chunk in chunks], length=length)
        hidden = self.encoder(self.embedding(ids), images, bias)
        return [hidden[row, :tokens] for row, tokens in enumerate(lengths)]

    def begin(self, hidden: Sequence[Tensor], *, capacity: int) -> Batch:
        """Begin to answer the questions of some hidden states, (S, D) each, in up to `capacity` tokens."""
        lengths = torch.tensor([len(states) for states in hidden], device=self.device)
        padded = nn.utils.rnn.pad_sequence(list(hidden), batch_first=True)
        behind = torch.arange(padded.shape[1], device=self.device) >= lengths[:, None]
        mask = padded.new_zeros(behind.shape).masked_fill(behind, -torch.inf)[:, None, None] if behind.any() else None
        return self.decoder.batch(padded, mask=mask, capacity=capacity)

    def step(self, batches: Sequence[Batch], last: Tensor) -> Tensor:
        """One decoder step: (N,) last tokens of all batches' rows -> (N, vocabulary) logits, float32."""
        hidden = self.decoder(self.embedding(last).unsqueeze(1), batches)[:, 0]
        return functional.linear(hidden, self.embedding.weight).float()

"""What the endpoints find in `app.state.serving`: everything that lives as long as the process."""

from dataclasses import dataclass

from apps.tilt_api.metrics import Metrics
from apps.tilt_api.service import TiltService
from lib.pipelines.tilt.chat_protocol import ModelCard, ModelList
from lib.pipelines.tilt.protocol import TiltQuestion


@dataclass(frozen=True, slots=True)
class Serving:
    """The running server.

    Attributes:
        service: Answers.
        metrics: Counts.
        model: The name it goes by, TILT_MODEL.
        created: When it was loaded, Unix time in seconds.
        questions: What a chat request asks, one for each field.
    """

    service: TiltService
    metrics: Metrics
    model: str
    created: int
    questions: tuple[TiltQuestion, ...]

    def model_list(self) -> ModelList:
        """The answer of /v1/models."""
        context = self.service.engine.limits.context_tokens
        card = ModelCard(
            id=self.model,
            created=self.created,
            owned_by=self.service.engine.name,
            root=self.model,
            max_model_len=context,
        )
        return ModelList(data=(card,))

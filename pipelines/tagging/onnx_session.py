"""ONNX models, run on the processor."""

from pathlib import Path
from typing import Any

from pipelines.tagging.engines import engine
from recsys.errors import ConfigError

THREADS = 1
"""More make a frame faster and cost more in all; several videos at a time use the cores better."""


def session(model: Path | bytes, what: str) -> Any:
    """An ONNX Runtime session.

    Args:
        model: a file or its bytes.
        what: names the model in an error.

    Raises:
        MissingExtraError: ONNX Runtime is not installed.
        ConfigError: the file cannot be read or is no model.
    """
    runtime = engine("onnxruntime", "looking at frames")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    try:
        given = model if isinstance(model, bytes) else str(model)
        return runtime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common class of their own
        raise ConfigError(f"{what} cannot be used as an ONNX model: {error}") from error

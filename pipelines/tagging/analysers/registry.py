"""All analysers in the order in which they run: those that read what others found come after them."""

from functools import partial

from pipelines.tagging.analyser import Kind
from pipelines.tagging.analysers.captions import load_captions
from pipelines.tagging.analysers.classes import load_classes
from pipelines.tagging.analysers.objects import load_objects
from pipelines.tagging.analysers.shots import load_shots
from pipelines.tagging.analysers.sounds import load_sounds
from pipelines.tagging.analysers.speech import load_speech
from pipelines.tagging.config import TaggingConfig
from recsys.errors import ConfigError, require


def kinds(config: TaggingConfig) -> list[Kind]:
    """The analysers that a config asks for; ConfigError where it names one that there is not."""
    known = _all(config)
    names = [one.name for one in known]
    for name in (*config.only, *config.without):
        require(name in names, f"there is no analyser {name!r}; there is {', '.join(names)}", ConfigError)
    wanted = set(config.only or names) - set(config.without)
    return [one for one in known if one.name in wanted]


def _all(config: TaggingConfig) -> list[Kind]:
    cache = config.cache
    return [
        Kind("shots", "cuts", partial(load_shots, config.shots)),
        Kind("captions", "text on the screen, zh and en", partial(load_captions, config.captions)),
        Kind("sounds", "spans of speech, singing, music", partial(load_sounds, config.sounds)),
        Kind("speech", "what is said, zh, en and more", partial(load_speech, config.speech, cache)),
        Kind("objects", "80 kinds of people, animals, vehicles, things", partial(load_objects, config.objects, cache)),
        Kind("classes", "1,000 kinds of animals, things, places", partial(load_classes, config.classes, cache)),
    ]

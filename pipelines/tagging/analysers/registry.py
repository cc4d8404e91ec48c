"""All analysers in the order in which they run: those that read what others found come after them."""

from functools import partial

from pipelines.tagging.analyser import Kind
from pipelines.tagging.analysers.captions import load_captions
from pipelines.tagging.analysers.classes import load_classes
from pipelines.tagging.analysers.keywords import load_keywords
from pipelines.tagging.analysers.objects import load_objects
from pipelines.tagging.analysers.own_models import load_own_classifier, load_own_clip, load_own_detector
from pipelines.tagging.analysers.prototypes import load_prototypes
from pipelines.tagging.analysers.shots import load_shots
from pipelines.tagging.analysers.sounds import load_sounds
from pipelines.tagging.analysers.speech import load_speech
from pipelines.tagging.analysers.speech_endpoint import load_speech_endpoint
from pipelines.tagging.analysers.topics import load_topics
from pipelines.tagging.analysers.vision_endpoint import load_vision_endpoint
from pipelines.tagging.config import TaggingConfig
from recsys.errors import ConfigError, require


def kinds(config: TaggingConfig) -> list[Kind]:
    """The analysers that a config asks for; ConfigError where it names one that there is not."""
    known = [*_seen_and_heard(config), *_own(config), *_of_words(config)]
    names = [one.name for one in known]
    twice = sorted({name for name in names if names.count(name) > 1})
    require(not twice, f"two analysers are named {', '.join(twice)}; rename your own", ConfigError)
    for name in (*config.only, *config.without):
        require(name in names, f"there is no analyser {name!r}; there is {', '.join(names)}", ConfigError)
    wanted = set(config.only or names) - set(config.without)
    return [one for one in known if one.name in wanted]


def _seen_and_heard(config: TaggingConfig) -> list[Kind]:
    cache = config.cache
    return [
        Kind("shots", "cuts", partial(load_shots, config.shots)),
        Kind("captions", "text on the screen, zh and en", partial(load_captions, config.captions)),
        Kind("sounds", "spans of speech, singing, music", partial(load_sounds, config.sounds)),
        Kind("speech", "what is said, zh, en and more", partial(load_speech, config.speech, cache)),
        Kind("objects", "80 kinds of people, animals, vehicles, things", partial(load_objects, config.objects, cache)),
        Kind("classes", "1,000 kinds of animals, things, places", partial(load_classes, config.classes, cache)),
    ]


def _own(config: TaggingConfig) -> list[Kind]:
    """What a user set up, and nobody else has."""
    made = []
    if config.prototypes.folder is not None:
        load = partial(load_prototypes, config.prototypes, config.cache)
        made.append(Kind("prototypes", "what resembles your labelled frames", load))
    for name, one in config.classifiers.items():
        made.append(Kind(name, "labels of your own classifier", partial(load_own_classifier, name, one)))
    for name, detector in config.detectors.items():
        made.append(Kind(name, "labels of your own detector", partial(load_own_detector, name, detector)))
    for name, clip in config.clips.items():
        made.append(Kind(name, "labels by your own pair of encoders", partial(load_own_clip, name, clip)))
    if config.vision_endpoint is not None:
        load_vision = partial(load_vision_endpoint, config.vision_endpoint)
        made.append(Kind("vision_endpoint", "what an endpoint says of frames", load_vision))
    if config.speech_endpoint is not None:
        load_heard = partial(load_speech_endpoint, config.speech_endpoint)
        made.append(Kind("speech_endpoint", "what an endpoint hears", load_heard))
    return made


def _of_words(config: TaggingConfig) -> list[Kind]:
    """Those that read what the others found."""
    return [
        Kind("keywords", "the words it is about, zh and en", partial(load_keywords, config.keywords, config.cache)),
        Kind("topics", "topics, across languages", partial(load_topics, config.topics)),
    ]

"""From what many analysers saw and heard to the tags of a video.

Read `video` (what is given), `mapping` (labels to tags), `calibration` (confidences to chances), `belief` (chances of
many sources to one), `salience` (how much the video is about a tag), `model` (what is fitted), `fuse` (all of it, in
order), `rows` (what came of it, as tables), `fitting` (the model out of labelled videos).
"""

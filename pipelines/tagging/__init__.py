"""From a video file to evidence for tags. Read media and view (what analysers see), analyser (the protocol), chain.

`analysers` holds one analyser a file, `weights` says where their models come from, `config` what can be set.
"""

"""What vendors say of a video, each in a form of its own, as one.

`payload` reads safely, `result` is the common shape, a file a vendor turns one into the other, `vendors` lists them,
`taggings` gives what they said tags of the taxonomy, `callback` checks who is calling.
"""

"""What vendors say of a video, each in a form of its own, as one.

`result` is the common shape; a file a vendor reads its payloads into it, by `values`; `vendors` lists them; `taggings`
gives what they said tags of the taxonomy; `callback` checks who is calling.
"""

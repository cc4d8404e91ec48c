"""A taxonomy as a file, and back.

`json_form` with all of its history, `csv_form` for spreadsheets, `skos_form` for other vocabularies; `files` chooses by
a file's ending.
"""

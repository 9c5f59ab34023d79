"""The settings of a workspace: their form, the file that carries them, their checks and their differences.

Everything here is pure: text and values in, values out. Reading files, asking the database and telling the router
are other people's work.
"""
